"""What a line of the log says and what it must not say, and how it is counted."""

import io
import json
import logging
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from switchboard.domain.bonus import Place
from switchboard.domain.effects import (
    AddNote,
    Channel,
    MoveBonus,
    Outbound,
    Parcel,
    SendMessage,
    TellClient,
)
from switchboard.domain.events import (
    ClientAnswered,
    ClientSaid,
    ContactShared,
    Envelope,
    Event,
    LinkPressed,
    SaleClosed,
    SurveyFilled,
)
from switchboard.domain.identity import Worker, sale_id
from switchboard.runtime import metrics
from switchboard.runtime.lines import (
    event_named,
    of_effect,
    of_event,
    waited_until,
    without_persons,
)
from switchboard.runtime.logs import Fault, Log, logger
from tests.flows.story import NOW

Json = dict[str, Any]
PERSON = "Иван Примеров +7 900 000-00-07"


class Said:
    """A log, and its lines."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        # Loggers of one name share their handlers, so each test has a name of its own.
        self.service = f"test_{secrets.token_hex(4)}"
        powertools = Logger(service=self.service, stream=self._stream, utc=True)
        self.log = Log(powertools, metrics.Metrics("stack"))

    @property
    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    @property
    def text(self) -> str:
        return self._stream.getvalue()


@pytest.fixture
def said() -> Said:
    return Said()


def test_a_line_has_what_it_is_about_and_nothing_of_the_one_before(said: Said) -> None:
    with said.log.invocation(trace="first", branch="demo"):
        said.log.info("begun")
    with said.log.invocation(trace="second"):
        said.log.info("begun")
        said.log.about(trace="third", effect="post")
        said.log.info("done")
    said.log.info("between")
    about = [
        {name: line[name] for name in ("trace", "branch", "effect") if name in line}
        for line in said.lines
    ]
    assert about == [
        {"trace": "first", "branch": "demo"},
        {"trace": "second"},
        {"trace": "third", "effect": "post"},
        {},
    ]


def test_a_fault_is_told_by_type_and_place_and_goes_on_without_its_words(said: Said) -> None:
    with pytest.raises(Fault) as raised, said.log.invocation(trace="t"):
        raise LookupError(PERSON)
    assert str(raised.value) == "LookupError"
    # The runtime writes the chain of exceptions too.
    assert raised.value.__suppress_context__
    [line] = said.lines
    assert (line["message"], line["fault"], line["trace"]) == ("fault", "LookupError", "t")
    assert line["place"].startswith("test_logs.py:")
    assert "000-00-07" not in said.text
    assert "exception" not in line


@pytest.fixture
def root() -> Iterator[io.StringIO]:
    """The root logger as an operator may set it who wants to see everything."""
    written, former = io.StringIO(), logging.getLogger().level
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    yield written
    logging.getLogger().removeHandler(handler)
    logging.getLogger().setLevel(former)


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "telegram.Bot", "botocore.auth"])
def test_libraries_do_not_tell_what_they_call(root: io.StringIO, name: str) -> None:
    logger()
    logging.getLogger(name).info("POST https://api.telegram.org/bot000000:TEST/sendMessage")
    logging.getLogger("ours").info("heard")
    assert root.getvalue() == "heard\n"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("worker-990000001", "worker-…"),
        ("start.990000001.4711", "start.….4711"),
        ("amocrm-41000001:2:start.990000001", "amocrm-41000001:2:start.…"),
        ("amocrm-41000001:1:contact.4711", "amocrm-41000001:1:contact.4711"),
        ("amocrm-41000001", "amocrm-41000001"),
    ],
)
def test_ids_of_persons_are_left_out_of_names(name: str, shown: str) -> None:
    assert without_persons(name) == shown


CLIENT_EVENTS: list[tuple[Event, str]] = [
    (ClientSaid(id="1", chat=990000011, text=PERSON, at=NOW), "worker-…"),
    (
        ContactShared(
            id="1",
            worker=Worker(id=990000011, first_name="Иван", last_name="Примеров", login="primerov"),
            phone="79000000007",
            own=True,
            at=NOW,
        ),
        "worker-…",
    ),
    (SaleClosed(id=sale_id("ЦБ-000123"), phone="79000000007"), f"sale-{sale_id('ЦБ-000123')}"),
    (
        ClientAnswered(
            id="1",
            survey="bitrix24-501",
            run=1,
            question=0,
            value=9,
            chat=990000011,
            at=NOW,
        ),
        "bitrix24-501",
    ),
    (
        SurveyFilled(id="1", survey="bitrix24-501", run=1, answers={"text": PERSON}, at=NOW),
        "bitrix24-501",
    ),
    (LinkPressed(code="Code00000001", survey="bitrix24-501", at=NOW), "bitrix24-501"),
]


@pytest.mark.parametrize(
    ("event", "subject"), CLIENT_EVENTS, ids=[one.kind for one, _ in CLIENT_EVENTS]
)
def test_an_events_line_holds_nothing_of_the_client(event: Event, subject: str) -> None:
    envelope = Envelope(branch="tyres", trace="t", event=event)
    said = {**of_event(envelope), **event_named(envelope)}
    assert said == {"trace": "t", "branch": "tyres", "kind": event.kind, "subject": subject}


def _tells(channel: Channel, chat: int | None = None) -> TellClient:
    return TellClient(
        id="bitrix24-501:1:q1",
        client="c-anna",
        deal="501",
        channel=channel,
        chat=chat,
        about="survey",
        text=PERSON,
        values={"first_name": "Иван"},
    )


def _moves(place: Place) -> MoveBonus:
    return MoveBonus(
        id=f"c-anna:b-1:grant:{place}",
        client="c-anna",
        deal="501",
        place=place,
        movement="grant",
        bonus="b-1",
        amount=300,
        balance=300,
    )


@pytest.mark.parametrize(
    ("effect", "provider"),
    [
        (_tells("telegram", 990000011), "telegram"),
        (_tells("whatsapp"), "whatsapp"),
        (_tells("sms"), "sms"),
        (_moves("loyalty"), "loyalty"),
        (_moves("crm"), "bitrix24"),
        (AddNote(id="bitrix24-501:1:said.1", deal="501", text=PERSON), "bitrix24"),
        (SendMessage(id="start.990000011.7", chat=990000011, text=PERSON), "telegram"),
    ],
)
def test_an_effects_line_says_what_goes_where_and_not_to_whom(
    effect: Outbound, provider: str
) -> None:
    parcel = Parcel(branch="tyres", trace="t", playbook=1, effect=effect)
    said = of_effect(parcel, "bitrix24")
    assert said["provider"] == provider
    assert set(said) == {"trace", "branch", "kind", "effect", "provider"}
    assert "990000011" not in json.dumps(said)
    assert "Иван" not in json.dumps(said, ensure_ascii=False)


def test_how_long_a_message_has_waited() -> None:
    sent = int(NOW.timestamp() * 1000) - 2500
    assert waited_until(NOW, {"attributes": {"SentTimestamp": str(sent)}}) == {"waited_s": 2.5}
    # Clocks of two machines may differ.
    later = {"attributes": {"SentTimestamp": str(sent + 60_000)}}
    assert waited_until(NOW, later) == {"waited_s": 0.0}
    assert waited_until(NOW, {"attributes": {}}) == {}


def test_a_figure_is_written_as_powertools_writes_it(
    said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    said.log.info("press", outcome="won", job="amocrm-1")
    [line] = said.lines
    powertools = Metrics(namespace="stack", service=said.service)
    powertools.add_dimension("outcome", "won")
    powertools.add_metric("Presses", MetricUnit.Count, 1)
    powertools.flush_metrics()
    theirs = json.loads(capsys.readouterr().out)
    [ours_directive] = line["_aws"]["CloudWatchMetrics"]
    [their_directive] = theirs["_aws"]["CloudWatchMetrics"]
    [our_names], [their_names] = ours_directive.pop("Dimensions"), their_directive.pop("Dimensions")
    assert sorted(our_names) == sorted(their_names)
    assert ours_directive == their_directive
    assert {name: line[name] for name in our_names} == {name: theirs[name] for name in their_names}
    assert [line["Presses"]] == theirs["Presses"]
    # Milliseconds, of the same moment.
    assert abs(line["_aws"]["Timestamp"] - theirs["_aws"]["Timestamp"]) < 60_000


def test_a_providers_error_is_counted_by_function_and_by_provider(said: Said) -> None:
    said.log.about(trace="t", kind="send_contact", provider="telegram")
    said.log.warning("provider failed", outcome="postponed", reason="x", provider="amocrm")
    [line] = said.lines
    dimensions = {
        directive["Metrics"][0]["Name"]: directive["Dimensions"]
        for directive in line["_aws"]["CloudWatchMetrics"]
    }
    assert dimensions == {
        "Effects": [["service", "kind", "provider", "outcome"]],
        "ProviderErrors": [["service"], ["provider"]],
    }
    assert line["provider"] == "amocrm"


def test_a_line_without_a_dimension_is_not_counted_by_it(said: Said) -> None:
    said.log.info("postponed", outcome="postponed", reason="x")
    said.log.info("swept", settled=3, found=0, oldest_s=42)
    said.log.info("something else")
    unknown, swept, other = said.lines
    assert "_aws" not in unknown
    assert "_aws" not in other
    assert (swept["Waiting"], swept["OldestWaiting"]) == (3, 42)


def test_no_dimension_can_have_many_values() -> None:
    """Each combination is a metric that is paid for: a branch or a job must never be one."""
    enumerations = {"outcome", "kind", "provider"}
    for measures in metrics.MEASURES.values():
        for measure in measures:
            assert {*measure.by, *measure.also} <= enumerations
