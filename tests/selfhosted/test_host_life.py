"""Starts, stops, crashes, and several hosts on one database."""

import json
import os
import signal
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from selfhosted import connection
from selfhosted.errors import HostError
from tests.selfhosted.conftest import Start
from tests.selfhosted.running_host import PROJECT, RunningHost, alive, eventually


def done(host: RunningHost, name: str) -> list[str]:
    return [note["name"] for note in host.notes("done", name)]


def assert_ended(pids: list[int], seconds: float = 5) -> None:
    eventually(lambda: not [pid for pid in pids if alive(pid)], seconds)


def test_sigterm_ends_everything_and_lets_requests_finish(start: Start) -> None:
    host = start().wait_ready()
    pids = host.pids()
    assert len(pids) >= 5
    with socket.create_connection(("127.0.0.1", int(host.url.rsplit(":", 1)[1]))) as caller:
        caller.sendall(b"POST /echo/a?do=sleep&seconds=1 HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(0.3)
        began = time.monotonic()
        assert host.signal(signal.SIGTERM) == 0
        assert time.monotonic() - began < 6
        caller.settimeout(2)
        assert b" 200 OK" in caller.recv(65_536)
    assert_ended(pids)
    with pytest.raises(HostError, match="no host is running"):
        connection.environment(host.data)


def test_a_killed_host_leaves_no_orphans_and_loses_nothing(start: Start) -> None:
    host = start().wait_ready()
    host.send("work.fifo", "g", name="m1", do="hang")
    for n in range(2, 6):
        host.send("work.fifo", "g", name=f"m{n}")
    host.client("sqs").send_message(
        QueueUrl=host.queue("loose"), MessageBody='{"name": "late"}', DelaySeconds=3
    )
    moment = datetime.now(UTC) + timedelta(seconds=3)
    host.client("scheduler").create_schedule(
        Name="s",
        ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": "arn:aws:sqs:us-east-1:000000000000:loose",
            "RoleArn": "arn:aws:iam::000000000000:role/x",
            "Input": '{"name": "scheduled"}',
        },
    )
    eventually(lambda: host.notes("seen", "m1"))
    pids = host.pids()
    host.signal(signal.SIGKILL)
    assert_ended(pids)
    with pytest.raises(HostError, match="has ended or does not answer"):
        connection.environment(host.data)
    again = start().wait_ready()
    # Long before the lease of ten seconds is over: the dead host's work is taken up at once.
    eventually(lambda: len(done(again, "m")) == 5, 6)
    assert done(again, "m") == [f"m{n}" for n in range(1, 6)]
    attempts = [note["attempt"] for note in again.notes("seen", "m1")]
    assert attempts == ["1", "2"]
    assert eventually(lambda: done(again, "late") and done(again, "scheduled"))


def test_a_stopped_host_goes_on_where_it_was(start: Start) -> None:
    host = start().wait_ready()
    host.client("sqs").send_message(
        QueueUrl=host.queue("loose"), MessageBody='{"name": "kept"}', DelaySeconds=2
    )
    keys = (host.data / "credentials.json").read_text()
    assert host.signal(signal.SIGTERM) == 0
    again = start().wait_ready()
    assert eventually(lambda: done(again, "kept") == ["kept"])
    assert (again.data / "credentials.json").read_text() == keys


def test_the_database_is_started_again_when_it_dies(start: Start) -> None:
    host = start().wait_ready()
    database = host.state()["database_pid"]
    os.kill(database, signal.SIGKILL)
    host.send("work.fifo", "g", name="after")
    assert eventually(lambda: done(host, "after") == ["after"])
    assert host.state()["database_pid"] not in (None, database)
    assert "the database has ended and is started again" in host.errors()


def test_two_hosts_share_the_work_of_one_database(start: Start) -> None:
    first = start("first").wait_ready()
    key = {name: first.variables[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    endpoint = first.variables["AWS_ENDPOINT_URL_DYNAMODB"]
    second = start("second", arguments=("--database", endpoint), environment=key).wait_ready()
    time.sleep(1.5)  # The first lets go of its half, the second takes it.
    groups = [f"g{n}" for n in range(12)]
    for n in range(6):
        for group in groups:
            host = (first, second)[n % 2]
            host.send("work.fifo", group, name=f"x{group}-{n}", seconds=0.005)
    wanted = 6 * len(groups)
    assert eventually(lambda: len(done(first, "x")) >= wanted, 20)
    for group in groups:
        assert done(first, f"x{group}-") == [f"x{group}-{n}" for n in range(6)]
    workers = [set(host.state()["functions"]["Worker"]) for host in (first, second)]
    pids = {int(note["pid"]) for note in first.notes("seen", "x")}
    assert all(pids & own for own in workers), "both hosts have worked"

    for n in range(20):
        first.send("work.fifo", f"g{n}", name=f"y{n:02d}", seconds=0.2)
    eventually(lambda: {int(note["pid"]) for note in first.notes("seen", "y")} & workers[1])
    second.signal(signal.SIGKILL)
    assert eventually(lambda: set(done(first, "y")) == {f"y{n:02d}" for n in range(20)}, 20)


def test_one_host_per_data_directory(start: Start) -> None:
    start().wait_ready()
    second = start()
    assert second.process.wait(20) == 2
    assert "another host is already running with the data directory" in second.errors()


def test_a_taken_port_is_told_in_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        host = start(arguments=("--port", str(port)))
        assert host.process.wait(20) == 2
    assert host.errors().splitlines() == [f"error: cannot open port {port}: Address already in use"]


def template_with(folder: Path, change: dict[str, Any]) -> Path:
    """A project of one function; `change` goes into its properties."""
    (folder / "functions").mkdir(parents=True)
    (folder / "functions" / "handler.py").write_text("import nothing_of_that_name\n")
    properties = {
        "CodeUri": "functions",
        "Handler": "handler.handler",
        "Runtime": "python3.13",
        **change,
    }
    resources = {"Broken": {"Type": "AWS::Serverless::Function", "Properties": properties}}
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}
    (folder / "template.yaml").write_text(json.dumps(template))
    return folder / "template.yaml"


def test_a_function_that_cannot_start_is_named(start: Start, tmp_path: Path) -> None:
    host = start(template=template_with(tmp_path / "project", {}))
    assert host.process.wait(30) == 1
    last = host.errors().splitlines()[-1]
    assert last.startswith("error: function Broken does not start: Unable to import module")
    assert "nothing_of_that_name" in last


def test_a_broken_template_is_named(start: Start, tmp_path: Path) -> None:
    unknown = {"Environment": {"Variables": {"A": {"Ref": "Nobody"}}}}
    host = start(template=template_with(tmp_path / "project", unknown))
    assert host.process.wait(30) == 1
    assert "error: the template refers to Nobody" in host.errors()
    missing = start("other", template=PROJECT / "none.yaml")
    assert missing.process.wait(30) == 2
    assert "error: there is no template at" in missing.errors()
