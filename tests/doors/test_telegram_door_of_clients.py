"""Telegram's door of a branch that asks its clients: their buttons, their words, their numbers."""

import json
from typing import Any

import pytest

from switchboard.domain.identity import Worker
from tests.doors.house import EVENTS, House
from tests.doors.updates import pressed, wrote
from tests.flows.survey_story import BRANCH, CHAT, NOW, OTHER_CHAT
from tests.pipeline.reviews import playbook
from tests.store.conftest import Tables

ANNA = Worker(id=CHAT, first_name="Секретина", last_name="Клиентова", login="hidden_login")
BUTTON = "s:bitrix24-501:1:0:9"
PHONE, TEXT = "79000000011", "Мастер забыл у меня свой ключ"
_EMPTY = {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> House:
    return House(moto, moto_tables("jobs"), moto_tables("settings"), playbook())


def _press(house: House, data: str = BUTTON, chat: int = CHAT, **query: Any) -> dict[str, Any]:
    return house.update(pressed(data, ANNA, chat, **query), branch=BRANCH)


def _share(house: House, user: int | None = CHAT, **message: Any) -> dict[str, Any]:
    contact = {"phone_number": PHONE, "first_name": "Секретина", "user_id": user}
    if user is None:
        del contact["user_id"]
    update = wrote("", ANNA, contact=contact, **message)
    return house.update(update, branch=BRANCH)


def _silent(house: House) -> None:
    said = house.said.getvalue()
    for secret in (PHONE, TEXT, "Секретина", "hidden_login", str(CHAT)):
        assert secret not in said
        assert json.dumps(secret)[1:-1] not in said


def test_a_button_is_answered_without_a_word_once_it_is_in_the_inbox(house: House) -> None:
    answer = _press(house)
    assert json.loads(answer["body"]) == {
        "method": "answerCallbackQuery",
        "callback_query_id": f"{CHAT}000000001",
    }
    (event,) = house.queue.events
    assert {name: event[name] for name in ("kind", "survey", "run", "question", "value")} == {
        "kind": "client_answered",
        "survey": "bitrix24-501",
        "run": 1,
        "question": 0,
        "value": 9,
    }
    assert event["chat"] == CHAT
    assert house.queue.messages[0]["MessageGroupId"] == f"{BRANCH}.bitrix24-501"
    _silent(house)


def test_a_button_that_did_not_get_into_the_inbox_is_not_answered(house: House) -> None:
    """Telegram repeats what was not answered, and the client's button goes on waiting."""
    house.queue.down = True
    with pytest.raises(ConnectionError):
        _press(house)
    house.queue.down = False
    assert "answerCallbackQuery" in _press(house)["body"]
    assert len(house.queue.messages) == 1


def test_telegram_repeating_an_update_puts_it_under_the_same_name(house: House) -> None:
    for _ in range(2):
        _press(house)
        house.update(wrote(TEXT, ANNA), branch=BRANCH)
    names = [message["MessageDeduplicationId"] for message in house.queue.messages]
    assert len(names) == 4
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    "data",
    [
        "s:bitrix24-501:1:0",
        "s:bitrix24-501:1:0:9:9",
        "s:bitrix24-501:1:0:100",
        "s:bitrix24-501:1:100:9",
        "s:bitrix24-501:10000:0:9",
        "s:bitrix24-501:-1:0:9",
        "s:bitrix24-501:1:0:٩",
        "s:bitrix24-501:1:0:9\n",
        "s:bitrix24-../..:1:0:9",
        "s::1:0:9",
        "S:bitrix24-501:1:0:9",
        f"s:bitrix24-{'5' * 21}:1:0:9",
    ],
)
def test_a_button_that_we_never_made_is_no_button(house: House, data: str) -> None:
    said = json.loads(_press(house, data)["body"])
    assert said["text"] == "Такого заказа нет."
    assert house.queue.messages == []


def test_a_button_of_a_message_that_is_not_shown_is_none(house: House) -> None:
    assert "text" in json.loads(_press(house, message=None)["body"])
    assert house.queue.messages == []


def test_words_go_to_the_inbox_and_are_not_logged(house: House) -> None:
    assert house.update(wrote(TEXT, ANNA), branch=BRANCH) == _EMPTY
    (event,) = house.queue.events
    assert (event["kind"], event["chat"], event["text"]) == ("client_said", CHAT, TEXT)
    assert house.queue.messages[0]["MessageGroupId"] == f"{BRANCH}.worker-{CHAT}"
    assert house.log[-1]["outcome"] == "client_said"
    _silent(house)


def test_a_photos_words_are_words(house: House) -> None:
    photo = wrote(None, ANNA, photo=[{"file_id": "x"}], caption=TEXT)
    del photo["message"]["text"]
    house.update(photo, branch=BRANCH)
    assert [one["text"] for one in house.queue.events] == [TEXT]


@pytest.mark.parametrize("text", ["", "   ", "/help", "/settings@example_tyres_bot", "\n"])
def test_what_holds_no_words_for_a_person_is_ignored(house: House, text: str) -> None:
    assert house.update(wrote(text, ANNA), branch=BRANCH) == _EMPTY
    assert house.queue.messages == []
    assert house.log[-1]["reason"] == "private talk"


@pytest.mark.parametrize("text", ["я" * 4096, "я" * 100_000, "\x00", "\ufffe\uffff", "‮9"])
def test_whatever_he_writes_the_queue_takes_it(house: House, text: str) -> None:
    assert house.update(wrote(text, ANNA), branch=BRANCH) == _EMPTY
    (event,) = house.queue.events
    assert event["text"] == text[:4096]


def test_words_in_a_group_are_nobodys_answer(house: House) -> None:
    group = {"id": -1000000000001, "type": "supergroup"}
    house.update(wrote("9", ANNA, chat=group), branch=BRANCH)
    assert house.queue.messages == []


def test_his_own_number_goes_to_the_inbox_and_not_to_the_log(house: House) -> None:
    assert _share(house) == _EMPTY
    (event,) = house.queue.events
    assert (event["kind"], event["own"], event["phone"]) == ("contact_shared", True, PHONE)
    assert event["worker"]["id"] == CHAT
    _silent(house)


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (None, {}),
        (OTHER_CHAT, {}),
        # His own card, of which somebody else or he himself has kept an old copy.
        (CHAT, {"forward_origin": {"type": "user", "sender_user": {"id": OTHER_CHAT}}}),
        (CHAT, {"forward_origin": {"type": "hidden_user", "sender_user_name": "Х"}}),
    ],
)
def test_another_card_is_said_to_be_none_of_his_and_its_number_goes_nowhere(
    house: House, user: int | None, message: dict[str, Any]
) -> None:
    assert _share(house, user, **message) == _EMPTY
    (event,) = house.queue.events
    assert (event["kind"], event["own"], event["phone"]) == ("contact_shared", False, "")
    assert PHONE not in house.queue.messages[0]["MessageBody"]


def test_a_branch_without_reviews_hears_answers_to_what_it_has_asked_before_and_no_talk(
    house: House,
) -> None:
    house.store.publish(
        playbook().model_copy(update={"branch": "dispatch-only", "reviews": None}), NOW
    )
    for update in (wrote(TEXT, ANNA), wrote("", ANNA, contact={"phone_number": PHONE})):
        assert house.update(update, branch="dispatch-only") == _EMPTY
    assert house.queue.messages == []
    assert {line["outcome"] for line in house.log} == {"ignored"}
    answer = house.update(pressed(BUTTON, ANNA, CHAT), branch="dispatch-only")
    assert "text" not in json.loads(answer["body"])
    assert [event["kind"] for event in house.queue.events] == ["client_answered"]
    _silent(house)


_KINDS = {
    "press_of_a_survey": ("client_answered", None),
    "private_contact_by_the_button": ("contact_shared", True),
    "private_contact_shared": ("contact_shared", True),
    "private_contact_of_another": ("contact_shared", False),
    "private_contact_sent_on": ("contact_shared", False),
    "private_answer_in_words": ("client_said", None),
    "private_talk": ("client_said", None),
}


@pytest.mark.parametrize("name", _KINDS)
def test_every_update_of_a_client_as_really_sent_has_its_event(house: House, name: str) -> None:
    event = json.loads((EVENTS / "telegram" / f"{name}.json").read_text(encoding="utf-8"))
    assert house.update(event["body"], branch=BRANCH)["statusCode"] == 200
    (told,) = house.queue.events
    kind, own = _KINDS[name]
    assert (told["kind"], told.get("own")) == (kind, own)
    assert bool(told.get("phone")) is bool(own)
