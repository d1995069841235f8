"""What the host reads out of templates."""

from pathlib import Path
from typing import Any

import pytest

from selfhosted import template
from selfhosted.errors import TemplateError
from selfhosted.intrinsics import Resolver
from selfhosted.log_files import LogFile
from tests.selfhosted.running_host import PROJECT

ENDPOINT = "http://127.0.0.1:1"
TABLE_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/s-t"


@pytest.fixture(scope="module")
def application() -> template.Application:
    path = PROJECT / "template.yaml"
    return template.read(
        template.expanded(path),
        PROJECT,
        stack="test",
        endpoint=ENDPOINT,
        parameters={"Greeting": "good day"},
    )


def test_functions(application: template.Application) -> None:
    functions = {function.name: function for function in application.functions}
    assert functions.keys() == {"Echo", "Slow", "Worker", "Tick"}
    slow = functions["Slow"]
    assert (slow.timeout, slow.memory, slow.reserved) == (1, 256, 2)
    assert slow.folder == PROJECT / "functions" / "slow"
    assert slow.environment == {"GREETING": "good day", "RESULTS_TABLE": "results"}
    assert functions["Echo"].environment["WORK_QUEUE_URL"] == f"{ENDPOINT}/000000000000/work.fifo"
    assert application.layers == (PROJECT / "layers" / "core",)


def test_queues_and_their_consumers(application: template.Application) -> None:
    queues = {queue.name: queue for queue in application.queues}
    work = queues["work.fifo"]
    assert (work.fifo, work.visibility, work.deduplicates_per_group) == (True, 2, True)
    assert work.redrive == template.Redrive("work-dead.fifo", 3)
    assert queues["manual.fifo"].deduplicates_per_group is False
    sources = {source.queue: source for source in application.event_sources}
    assert sources["work.fifo"] == template.EventSource("work.fifo", "Worker", 5, True, 2)


def test_tables_schedules_and_routes(application: template.Application) -> None:
    (table,) = application.tables
    assert (table.name, table.ttl) == ("results", "expires_at")
    assert "PointInTimeRecoverySpecification" not in table.request
    expressions = {schedule.expression for schedule in application.schedules}
    assert expressions == {"rate(1 minute)", "rate(5 minutes)"}
    assert template.Route("ANY", "/rest/{proxy+}", "Echo") in application.routes


def resolver(**sections: Any) -> Resolver:
    return Resolver(sections, stack="s", endpoint=ENDPOINT, parameters={})


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Fn::Sub": "${AWS::StackName}-${!Literal}-x"}, "s-${Literal}-x"),
        ({"Fn::Sub": ["${A}-${AWS::Region}", {"A": {"Ref": "P"}}]}, "p-us-east-1"),
        ({"Fn::Join": ["/", ["a", {"Ref": "P"}]]}, "a/p"),
        ({"Fn::If": ["IsP", "yes", "no"]}, "yes"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::FindInMap": ["M", {"Ref": "P"}, "k"]}, "v"),
        ({"Fn::GetAtt": ["T", "Arn"]}, "arn:aws:dynamodb:us-east-1:000000000000:table/s-t"),
        (
            {"Fn::Sub": "${T.Arn}/index/x"},
            "arn:aws:dynamodb:us-east-1:000000000000:table/s-t/index/x",
        ),
    ],
)
def test_intrinsic_functions(node: Any, expected: str) -> None:
    names = {"TableName": {"Fn::Sub": "${AWS::StackName}-t"}}
    known = resolver(
        Parameters={"P": {"Default": "p"}},
        Conditions={"IsP": {"Fn::Equals": [{"Ref": "P"}, "p"]}},
        Mappings={"M": {"p": {"k": "v"}}},
        Resources={"T": {"Type": "AWS::DynamoDB::Table", "Properties": names}},
    )
    assert known.value(node) == expected


def test_what_is_not_defined_is_named() -> None:
    with pytest.raises(TemplateError, match="refers to Nobody"):
        resolver().value({"Ref": "Nobody"})
    with pytest.raises(TemplateError, match="Fn::Cidr"):
        resolver().value({"Fn::Cidr": []})
    with pytest.raises(TemplateError, match="parameter P has no default"):
        resolver(Parameters={"P": {"Type": "String"}})


def test_logs_end_before_the_disk_does(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "a.log", limit=100)
    for n in range(50):
        log.write(b"%019d\n" % n)
    log.close()
    files = sorted((tmp_path / "logs").iterdir())
    assert [file.name for file in files] == ["a.log", "a.log.1", "a.log.2", "a.log.3"]
    assert all(file.stat().st_size <= 100 for file in files)
    assert files[0].read_bytes().endswith(b"%019d\n" % 49)
    assert files[3].read_bytes().startswith(b"%019d\n" % 30)
