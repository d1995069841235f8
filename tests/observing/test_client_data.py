"""What a client says and his phone go through the workers as they are wired, and into no line of
the log; a dead letter keeps what is needed to send it again, and no longer than that."""

import io
import json
import secrets
from typing import Any, cast

import httpx
import pytest
from aws_lambda_powertools import Logger

from switchboard.domain.deal import Contact
from switchboard.domain.effects import AddNote, Outbound, Parcel, SendMessage, TellClient
from switchboard.domain.events import ClientSaid, ContactShared, Envelope, Event, SaleClosed
from switchboard.domain.identity import Worker
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime.logs import Log
from switchboard.runtime.metrics import Metrics
from switchboard.runtime.outside import Outside
from switchboard.runtime.wiring_workers import (
    InboxSettings,
    Providers,
    SenderSettings,
    inbox,
    sender,
)
from switchboard.store.database import Database
from switchboard.store.deliveries import Dead, Deliveries
from tests.flows.survey_story import BRANCH, CHAT, NOW, OTHER_CHAT
from tests.pipeline.outside import MessengerInMemory
from tests.pipeline.reviews import CLIENT, KINDS, playbook
from tests.store.conftest import Tables

PHONE, DIGITS = "+7 900 000-00-11", "9000000011"
NAME, LOGIN, TEXT = "Секретина", "hidden_login", "Мастер забыл у меня ключ"
ANNA = Worker(id=CHAT, first_name=NAME, last_name="Клиентова", login=LOGIN)
CONTACT = Contact(name=NAME, phone=PHONE, first_name=NAME)


class Sqs:
    """Takes everything and gives nothing back."""

    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []

    def send_message(self, **message: Any) -> None:
        self.put.append(message)

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.put += request["Entries"]
        return {}

    def change_message_visibility(self, **_: Any) -> None:
        return


class Lambda:
    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class House:
    """The two workers that see a client's data, and a CRM that answers what it is told to."""

    def __init__(self, moto: Any, tables: Tables) -> None:
        self.said = io.StringIO()
        self.sqs = Sqs()
        self.messenger = MessengerInMemory()
        self.fault: Exception | None = None
        names = {f"{kind}_table": tables(kind) for kind in (*KINDS, "deliveries", "journal")}
        self.deliveries = Deliveries(Database(moto), names["deliveries_table"])
        PlaybookStore(Database(moto), names["settings_table"]).publish(playbook(), NOW)
        outside = Outside(
            dynamodb=lambda: moto,
            sqs=lambda: cast("Any", self.sqs),
            scheduler=lambda: cast("Any", self.sqs),
            parameter=lambda _: "",
            environ=dict.fromkeys(
                ("TEST_CRM_CODE", "TEST_SECRET", "TEST_LINK_KEY", "TEST_TOKEN"), "secret-value"
            ),
            now=lambda: NOW,
            monotonic=lambda: 0.0,
            sleep=lambda _: None,
            log=self._log,
        )
        providers = Providers(
            http=lambda: httpx.Client(transport=httpx.MockTransport(self._crm)),
            bots=lambda _: lambda _: self.messenger,
        )
        queues = dict.fromkeys(
            ("inbox_queue_url", "outbound_queue_url", "timer_queue_url", "timer_queue_arn"), "q"
        )
        roles = {"scheduler_role_arn": "r", "scheduler_group": "g"}
        known = {**names, **queues, **roles}
        self._inbox = inbox(
            InboxSettings(**{name: known[name] for name in InboxSettings.model_fields}),
            outside,
            providers,
        )
        self._sender = sender(
            SenderSettings(**{name: known[name] for name in SenderSettings.model_fields}),
            outside,
            providers,
        )

    def _log(self) -> Log:
        # A name of its own, since loggers of one name share their handlers.
        powertools = Logger(service=secrets.token_hex(6), stream=self.said, utc=True)
        return Log(powertools, Metrics("test"))

    def _crm(self, request: httpx.Request) -> httpx.Response:
        del request
        if self.fault is not None:
            raise self.fault
        return httpx.Response(400, text=f"<html>{NAME} {PHONE} {TEXT}</html>")

    def tell(self, event: Event, attempt: int = 1) -> Any:
        envelope = Envelope(branch=BRANCH, trace="trace", event=event)
        return self._inbox(_batch(envelope.model_dump_json(), attempt), Lambda())

    def deliver(self, effect: Outbound, attempt: int = 1) -> Any:
        parcel = Parcel(branch=BRANCH, trace="trace", playbook=1, effect=effect)
        return self._sender(_batch(parcel.model_dump_json(), attempt), Lambda())

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said.getvalue().splitlines()]

    @property
    def dead(self) -> list[Dead]:
        return list(self.deliveries.dead(BRANCH))

    def is_silent(self) -> bool:
        said = self.said.getvalue()
        words = (
            PHONE,
            DIGITS,
            NAME,
            LOGIN,
            TEXT,
            str(CHAT),
            str(OTHER_CHAT),
            "secret-value",
            "000-00-11",
        )
        return not any(word in said or json.dumps(word)[1:-1] in said for word in words)


def _batch(body: str, attempt: int) -> dict[str, Any]:
    record = {
        "messageId": f"m-{secrets.token_hex(4)}",
        "receiptHandle": f"r-{secrets.token_hex(4)}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(attempt), "MessageGroupId": "g"},
    }
    return {"Records": [record]}


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> House:
    return House(moto, moto_tables)


SAID = ClientSaid(id="2", chat=CHAT, text=f"{TEXT} {PHONE}", at=NOW)
SHARED = ContactShared(id="1", worker=ANNA, phone=f"7{DIGITS}", own=True, at=NOW)
SALE = SaleClosed(id="a2b3", phone=PHONE)


def test_a_client_goes_through_the_inbox_unnamed(house: House) -> None:
    foreign = SHARED.model_copy(update={"id": "3", "own": False})
    strange = SHARED.model_copy(update={"id": "4", "phone": f"нет {PHONE}"})
    for event in (SHARED, SAID, foreign, strange, SALE.model_copy(update={"phone": TEXT})):
        assert house.tell(event) == {"batchItemFailures": []}
    outcomes = [line["outcome"] for line in house.lines]
    assert outcomes == ["known", "told", "foreign_card", "foreign_card", "no phone"]
    assert house.is_silent()
    # What goes on from here is what he is answered, and nowhere is his number.
    assert all(DIGITS not in json.dumps(one) for one in house.sqs.put)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (None, "dead"),
        (httpx.ConnectError(f"{NAME} {PHONE}"), "postponed"),
        (LookupError(f"{NAME} {PHONE}"), None),
    ],
    ids=["the CRM refuses", "the CRM is away", "a fault of ours"],
)
def test_whatever_goes_wrong_with_a_sale_it_names_nobody(
    house: House, fault: Exception | None, outcome: str | None
) -> None:
    house.fault = fault
    house.tell(SALE)
    assert house.lines[-1].get("outcome") == outcome
    assert house.is_silent()


def test_a_dead_event_keeps_what_is_needed_to_send_it_again(house: House) -> None:
    house.fault = LookupError(f"{NAME} {PHONE}")
    house.tell(SALE, attempt=8)
    (letter,) = house.dead
    assert house.is_silent()
    # Its name and its reason are shown to whoever looks; the body is sent again, and not shown.
    assert (letter.queue, letter.reason) == ("inbox", "fault: LookupError")
    assert DIGITS not in letter.id + letter.reason
    assert Envelope.model_validate_json(letter.body).event == SALE
    house.deliveries.finish(BRANCH, letter.id, None)
    assert house.dead == []
    assert house.deliveries.message(BRANCH, letter.id) is not None


def test_a_clients_words_go_through_the_sender_unseen(house: House) -> None:
    note = AddNote(id="bitrix24-501:1:said.7", deal="501", text=f"Клиент пишет: {TEXT} {PHONE}")
    told = SendMessage(id=f"start.{CHAT}.7", chat=CHAT, text=f"{NAME}, {TEXT}")
    asked = TellClient(
        id="bitrix24-501:1:q1",
        client=CLIENT,
        deal="501",
        channel="telegram",
        chat=OTHER_CHAT,
        about="apology",
        text=f"{NAME}, {TEXT}",
    )
    house.deliver(note)
    house.deliver(told)
    house.deliver(asked)
    assert [line["message"] for line in house.lines] == ["dead letter", "effect", "effect"]
    assert house.is_silent()
    (letter,) = house.dead
    assert TEXT not in letter.id + letter.reason
    assert TEXT in letter.body


def test_a_message_that_cannot_be_read_is_not_quoted(house: House) -> None:
    for worker in (house._inbox, house._sender):
        worker(_batch(json.dumps({"branch": BRANCH, "event": {"kind": PHONE}}), 8), Lambda())
    assert {line["message"] for line in house.lines} == {"fault", "dead letter"}
    assert house.is_silent()
