"""WhatsApp: the request in the Cloud API's shape, and what its error codes mean to the sender."""

import httpx
import pytest

from switchboard.channels.connect import connect_phones
from switchboard.channels.port import PhoneMessage, Phones
from switchboard.crm.connect import Surroundings
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused, Unreachable
from tests.channels.phones import LINK, PHONE, Gateway, message, phones, whatsapp
from tests.crm.standins import Trouble, failing, status
from tests.crm.surroundings import Clock, amocrm, playbook

SENT = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": PHONE, "wa_id": "79000000021"}],
    "messages": [{"id": "wamid.TEST", "message_status": "accepted"}],
}


def refused(code: int, http: int = 400, kind: str = "OAuthException") -> Trouble:
    said = {
        "error": {
            "message": f"(#{code}) {PHONE}",
            "type": kind,
            "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": PHONE},
        }
    }
    return status(http, said)


@pytest.fixture
def api() -> Gateway:
    return Gateway()


@pytest.fixture
def client(api: Gateway, around: Surroundings) -> Phones:
    return phones("whatsapp", whatsapp(), around._replace(http=api.http))


def test_a_template_is_sent_with_its_variables_and_its_button(api: Gateway, client: Phones) -> None:
    api.answers.append(SENT)
    assert client.send(PHONE, message(), "survey-1.ask", again=False) == "wamid.TEST"
    (request,) = api.requests
    assert str(request.url) == "https://graph.facebook.com/v23.0/106500000000001/messages"
    assert request.headers["Authorization"] == "Bearer token-TEST"
    body = [{"type": "text", "text": "Анна"}, {"type": "text", "text": "Шины у дома"}]
    button = {
        "type": "button",
        "sub_type": "url",
        "index": "0",
        "parameters": [{"type": "text", "text": "aB3dE5gH7jK9"}],
    }
    assert api.bodies() == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": PHONE,
            "type": "template",
            "template": {
                "name": "tyres_survey",
                "language": {"code": "ru"},
                "components": [{"type": "body", "parameters": body}, button],
            },
            "biz_opaque_callback_data": "survey-1.ask",
        }
    ]


def test_words_of_our_own_go_as_they_are_to_who_has_just_written(
    api: Gateway, client: Phones
) -> None:
    api.answers.append(SENT)
    words = PhoneMessage(about="answer", text="Вопрос 1\n<из 3>", values={}, free=True)
    assert client.send(PHONE, words, "survey-1.q2", again=False) == "wamid.TEST"
    assert api.bodies() == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": PHONE,
            "type": "text",
            "text": {"body": "Вопрос 1\n<из 3>"},
            "biz_opaque_callback_data": "survey-1.q2",
        }
    ]


def test_words_that_are_too_long_are_cut(api: Gateway, client: Phones) -> None:
    api.answers.append(SENT)
    words = PhoneMessage(about="answer", text="ж" * 5000, values={}, free=True)
    client.send(PHONE, words, "k", again=False)
    assert api.bodies()[0]["text"] == {"body": "ж" * 4096}


def test_a_link_may_stand_in_the_text(api: Gateway, client: Phones) -> None:
    api.answers.append(SENT)
    client.send(PHONE, message("review"), "k", again=False)
    (component,) = api.bodies()[0]["template"]["components"]
    assert [one["text"] for one in component["parameters"]] == ["Анна", LINK]


def test_a_message_without_a_link_has_no_button(api: Gateway, client: Phones) -> None:
    api.answers.append(SENT)
    client.send(PHONE, message("apology", link="", code=""), "k", again=False)
    assert api.bodies()[0]["template"]["components"] == []


def test_a_variable_is_one_line(api: Gateway, client: Phones) -> None:
    api.answers.append(SENT)
    values = {"first_name": "Анна\n\tМария", "company": "Шины      у дома"}
    client.send(PHONE, message(values=values), "k", again=False)
    body = api.bodies()[0]["template"]["components"][0]
    assert [one["text"] for one in body["parameters"]] == ["Анна Мария", "Шины у дома"]


def test_what_has_no_template_goes_by_another_channel(api: Gateway, client: Phones) -> None:
    with pytest.raises(Unreachable):
        client.send(PHONE, message("expired"), "k", again=False)
    assert api.requests == []


def test_a_client_without_a_name_is_written_to_by_another_channel(
    api: Gateway, client: Phones
) -> None:
    with pytest.raises(Unreachable):
        client.send(PHONE, message(values={"first_name": " ", "company": "x"}), "k", again=False)
    assert api.requests == []


def test_a_value_that_no_message_has_is_the_playbooks_mistake(client: Phones) -> None:
    with pytest.raises(Misconfigured):
        client.send(PHONE, message(values={"first_name": "Анна"}), "k", again=False)


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        *[
            (refused(code), Unreachable)
            for code in (130472, 130497, 131021, 131026, 131030, 131047, 131048, 131049)
        ],
        *[
            (refused(code), Misconfigured)
            for code in (0, 3, 10, 33, 190, 200, 299, 368, 131005, 131031, 131037, 131042, 131045)
        ],
        *[(refused(code), Misconfigured) for code in (132000, 132005, 132012, 132016, 132018)],
        (refused(132001, 404), Misconfigured),
        (refused(10, 403), Misconfigured),
        (refused(190, 401), Misconfigured),
        (refused(100, kind="GraphMethodException"), Misconfigured),
        (status(401), Misconfigured),
        (status(403), Misconfigured),
        (status(302, Location="https://example.test"), Misconfigured),
    ],
)
def test_what_an_error_means(
    api: Gateway, client: Phones, trouble: Trouble, expected: type[Exception]
) -> None:
    api.answers.append(trouble)
    with pytest.raises(expected) as error:
        client.send(PHONE, message(), "k", again=False)
    assert type(error.value) is expected
    assert "7900" not in str(error.value)


@pytest.mark.parametrize(
    "trouble", [refused(100), refused(131008), refused(131009), refused(131050), status(404)]
)
def test_what_is_never_accepted(api: Gateway, client: Phones, trouble: Trouble) -> None:
    api.answers.append(trouble)
    with pytest.raises(Refused) as error:
        client.send(PHONE, message(), "k", again=False)
    assert type(error.value) is Refused
    assert "7900" not in error.value.reason


@pytest.mark.parametrize(
    ("trouble", "seconds"),
    [
        (refused(4), 60),
        (refused(80007), 60),
        (refused(130429), 5),
        (refused(130429, 429), 5),
        (refused(131056), 64),
        (status(429, **{"Retry-After": "9"}), 9),
    ],
)
def test_too_much_is_waited_for(
    api: Gateway, client: Phones, trouble: Trouble, seconds: float
) -> None:
    api.answers.append(trouble)
    with pytest.raises(Postponed) as postponed:
        client.send(PHONE, message(), "k", again=False)
    assert (postponed.value.seconds, postponed.value.doubt) == (seconds, False)
    assert not isinstance(postponed.value, Outage)


def test_a_rate_that_is_hit_holds_back_everybody(
    api: Gateway, client: Phones, clock: Clock
) -> None:
    api.answers.extend([refused(130429), SENT])
    with pytest.raises(Postponed):
        client.send(PHONE, message(), "k", again=False)
    with pytest.raises(Postponed):
        client.send("+79000000022", message(), "l", again=False)
    assert len(api.requests) == 1
    clock.forward(5)
    client.send("+79000000022", message(), "l", again=False)


@pytest.mark.parametrize(
    "trouble",
    [
        refused(1),
        refused(2, 503),
        refused(131000, 500),
        refused(131016, 503),
        refused(999999, 500),
        status(502, "<html></html>"),
        status(200, "<html></html>"),
        status(200, {"messages": []}),
        status(200, {"messages": [{"id": ""}]}),
        failing(httpx.ReadTimeout),
    ],
)
def test_a_message_that_may_have_gone_leaves_a_doubt(
    api: Gateway, client: Phones, trouble: Trouble
) -> None:
    api.answers.append(trouble)
    with pytest.raises(Outage) as outage:
        client.send(PHONE, message(), "k", again=False)
    assert outage.value.doubt


def test_a_message_that_never_left_leaves_none(api: Gateway, client: Phones) -> None:
    api.answers.append(failing(httpx.ConnectError))
    with pytest.raises(Outage) as outage:
        client.send(PHONE, message(), "k", again=False)
    assert not outage.value.doubt


def test_a_branch_without_channels_has_no_phones(around: Surroundings) -> None:
    book = playbook(amocrm())
    assert connect_phones(book, "whatsapp", around) is None
    assert connect_phones(book, "sms", around) is None
