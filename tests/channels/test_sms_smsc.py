"""SMSC.ru: forms in, JSON out, and what its numbers of errors mean to the sender."""

import httpx
import pytest

from switchboard.channels.port import Phones
from switchboard.channels.sms.smsc import message_id
from switchboard.crm.connect import Surroundings
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused, Unreachable
from tests.channels.phones import PHONE, Gateway, message, phones, sms
from tests.crm.standins import Trouble, failing, status
from tests.crm.surroundings import Clock

KEY = "survey-1.ask"
ID = message_id("tyres", KEY)
SENT = {"id": int(ID), "cnt": 1}
NOT_FOUND = {"error": "message not found", "error_code": 3}


def refused(code: int) -> dict[str, object]:
    return {"error": f"text with {PHONE}", "error_code": code}


@pytest.fixture
def api() -> Gateway:
    return Gateway()


@pytest.fixture
def client(api: Gateway, around: Surroundings) -> Phones:
    return phones("sms", sms(sender="TYRES"), around._replace(http=api.http))


def test_a_message_is_sent_as_a_form(api: Gateway, client: Phones) -> None:
    api.answers.append(SENT)
    assert client.send(PHONE, message(), KEY, again=False) == ID
    assert api.forms() == [
        (
            "/sys/send.php",
            {
                "login": "tyres",
                "psw": "psw-TEST",
                "fmt": "3",
                "charset": "utf-8",
                "phones": PHONE,
                "mes": message().text,
                "id": ID,
                "sender": "TYRES",
            },
        )
    ]
    assert api.requests[0].url.query == b""


def test_without_a_sender_the_accounts_own_is_used(api: Gateway, around: Surroundings) -> None:
    api.answers.append(SENT)
    phones("sms", sms(), around._replace(http=api.http)).send(PHONE, message(), KEY, again=False)
    assert "sender" not in api.forms()[0][1]


def test_an_id_is_a_keys_own_and_within_smscs_range() -> None:
    found = [int(message_id("tyres", f"survey-{number}.ask")) for number in range(200)]
    assert len(set(found)) == len(found)
    assert all(0 < one <= 2_147_483_647 for one in found)
    assert message_id("other", KEY) != ID


@pytest.mark.parametrize("state", [-1, 0, 1, 2, 3, 20, 22, 23, 25, "1"])
def test_what_smsc_has_is_not_sent_again(api: Gateway, client: Phones, state: object) -> None:
    api.answers.append({"status": state, "last_date": "22.11.2026 12:00:00"})
    assert client.send(PHONE, message(), KEY, again=True) == ID
    ((path, form),) = api.forms()
    assert path == "/sys/status.php"
    assert (form["phone"], form["id"]) == (PHONE, ID)


@pytest.mark.parametrize("said", [NOT_FOUND, {"status": -3}, {"status": 24}])
def test_what_smsc_has_not_is_sent(api: Gateway, client: Phones, said: dict[str, object]) -> None:
    api.answers.extend([said, SENT])
    assert client.send(PHONE, message(), KEY, again=True) == ID
    assert [path for path, _ in api.forms()] == ["/sys/status.php", "/sys/send.php"]


@pytest.mark.parametrize(
    "trouble",
    [status(500), status(200, "<html></html>"), status(200, {}), status(200, {"status": None})],
)
def test_as_long_as_the_status_is_not_known_nothing_is_sent(
    api: Gateway, client: Phones, trouble: Trouble
) -> None:
    api.answers.append(trouble)
    with pytest.raises(Outage):
        client.send(PHONE, message(), KEY, again=True)
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1, Misconfigured),
        (2, Misconfigured),
        (3, Outage),
        (4, Outage),
        (5, Misconfigured),
        (6, Refused),
        (7, Unreachable),
        (8, Unreachable),
        (9, Postponed),
        (77, Refused),
    ],
)
def test_what_an_error_means(
    api: Gateway, client: Phones, code: int, expected: type[Exception]
) -> None:
    api.answers.append(refused(code))
    with pytest.raises(expected) as error:
        client.send(PHONE, message(), KEY, again=False)
    assert type(error.value) is expected
    assert "7900" not in str(error.value)


def test_an_error_may_have_no_number(api: Gateway, client: Phones) -> None:
    api.answers.append({"error": "что-то"})
    with pytest.raises(Refused):
        client.send(PHONE, message(), KEY, again=False)


def test_an_empty_account_is_waited_for(api: Gateway, client: Phones) -> None:
    api.answers.append(refused(3))
    with pytest.raises(Outage) as outage:
        client.send(PHONE, message(), KEY, again=False)
    assert (outage.value.seconds, outage.value.doubt) == (900, False)


def test_a_repeated_request_is_asked_after_when_the_minute_is_over(
    api: Gateway, client: Phones
) -> None:
    api.answers.append(refused(9))
    with pytest.raises(Postponed) as postponed:
        client.send(PHONE, message(), KEY, again=False)
    assert (postponed.value.seconds, postponed.value.doubt) == (61, True)


def test_statuses_asked_for_too_often_leave_no_doubt(api: Gateway, client: Phones) -> None:
    api.answers.append(refused(9))
    with pytest.raises(Postponed) as postponed:
        client.send(PHONE, message(), KEY, again=True)
    assert not postponed.value.doubt


def test_a_blocked_address_keeps_everybody_away(api: Gateway, client: Phones, clock: Clock) -> None:
    api.answers.extend([refused(4), SENT])
    for number in range(3):
        with pytest.raises(Postponed):
            client.send(PHONE, message(), f"{KEY}-{number}", again=False)
    assert len(api.requests) == 1
    clock.forward(900)
    client.send(PHONE, message(), KEY, again=False)


@pytest.mark.parametrize(
    "trouble",
    [
        status(500),
        status(503),
        status(200, "<html></html>"),
        status(200, []),
        status(200, {"cnt": 1}),
        failing(httpx.ReadTimeout),
    ],
)
def test_a_message_that_may_have_gone_leaves_a_doubt(
    api: Gateway, client: Phones, trouble: Trouble
) -> None:
    api.answers.append(trouble)
    with pytest.raises(Outage) as outage:
        client.send(PHONE, message(), KEY, again=False)
    assert outage.value.doubt


@pytest.mark.parametrize(
    ("code", "expected"), [(401, Misconfigured), (403, Misconfigured), (404, Refused)]
)
def test_what_the_web_server_refuses(
    api: Gateway, client: Phones, code: int, expected: type[Exception]
) -> None:
    api.answers.append(status(code))
    with pytest.raises(expected):
        client.send(PHONE, message(), KEY, again=False)
