"""Telegram's door: presses are answered at once and in truth; nothing else gets through."""

import json
from typing import Any

import pytest

from switchboard.domain.identity import JobLink, Worker, deep_link_token
from tests.doors.house import EVENTS, SECRET, House
from tests.doors.updates import CLAIM, CONTACT, pressed, wrote
from tests.flows.story import BRANCH, IVAN, JOB, NOW, OLGA, OTHER_CHAT, WORKERS_CHAT

WON = "Заказ ваш! Контакты клиента — в личных сообщениях."
YOURS = "Этот заказ уже ваш."
TAKEN_BY_IVAN = "Заказ уже занят, исполнитель: Иван."
SENT = "Отправляю номер в личные сообщения."
NO_SUCH = "Такого заказа нет."
ELSEWHERE = "Этот заказ предлагается в другом чате."


def _toast(answer: dict[str, Any]) -> str:
    assert answer["statusCode"] == 200
    said = json.loads(answer["body"])
    assert said["method"] == "answerCallbackQuery"
    assert len(said.get("text", "")) <= 200
    return str(said.get("text", ""))


def test_a_press_is_decided_in_the_answer_and_the_rest_follows(house: House) -> None:
    answer = house.update(pressed())
    assert json.loads(answer["body"]) == {
        "method": "answerCallbackQuery",
        "callback_query_id": f"{IVAN.id}000000001",
        "text": WON,
    }
    assert house.queue.events == [{"kind": "settle", "job": JOB}]
    assert house.queue.messages[0]["MessageGroupId"] == f"{BRANCH}.{JOB}"


def test_everybody_gets_the_truth(house: House) -> None:
    assert _toast(house.update(pressed(CONTACT, OLGA))) == SENT
    assert _toast(house.update(pressed())) == WON
    assert _toast(house.update(pressed(CLAIM, OLGA, id="2"))) == TAKEN_BY_IVAN
    assert _toast(house.update(pressed(CONTACT, OLGA, id="3"))) == TAKEN_BY_IVAN
    assert _toast(house.update(pressed(id="4"))) == YOURS
    assert _toast(house.update(pressed(CONTACT, id="5"))) == SENT
    # The two that lost left nothing to do but a line for the journal, and that can wait.
    assert len(house.queue.messages) == 3


def test_telegram_repeating_an_update_gets_the_same_answer(house: House) -> None:
    answers = {house.update(pressed())["body"] for _ in range(3)}
    assert len(answers) == 1
    ids = {message["MessageDeduplicationId"] for message in house.queue.messages}
    assert len(ids) == 1
    assert len(house.jobs.load(BRANCH, JOB).waiting) == 1


def test_every_fiftieth_press_of_a_burst_asks_for_the_log_to_be_carried_away(house: House) -> None:
    for number in range(100):
        worker = Worker(id=991000000 + number, first_name="Имя")
        house.update(pressed(CLAIM, worker))
    assert len(house.queue.messages) == 3


def test_a_press_is_answered_though_the_inbox_is_down(house: House) -> None:
    house.queue.down = True
    assert _toast(house.update(pressed())) == WON
    assert house.log[-2]["reason"] == "ConnectionError"
    assert house.jobs.load(BRANCH, JOB).unsettled


@pytest.mark.parametrize(
    ("update", "toast"),
    [
        (pressed("menu:main"), NO_SUCH),
        (pressed(""), NO_SUCH),
        (pressed("claim:amocrm-1"), NO_SUCH),
        (pressed(f"claim:{JOB}:1 "), NO_SUCH),
        (pressed(f"claim:{JOB}:1\n"), NO_SUCH),
        (pressed(f"claim:{JOB}:-1"), NO_SUCH),
        (pressed(f"claim:{JOB}:١"), NO_SUCH),
        (pressed(f"claim:{JOB}:9999999"), NO_SUCH),
        (pressed(f"release:{JOB}:1"), NO_SUCH),
        (pressed(f"CLAIM:{JOB}:1"), NO_SUCH),
        (pressed("claim:amocrm-../../etc:1"), NO_SUCH),
        (pressed("claim:amocrm-404:1"), NO_SUCH),
        (pressed("x" * 100_000), NO_SUCH),
        (pressed(f"claim:{JOB}:7"), NO_SUCH),
        (pressed(None), NO_SUCH),
        (pressed(None, game_short_name="example"), NO_SUCH),
        (pressed(message=None, inline_message_id="AgAA"), NO_SUCH),
        (pressed(message=None), NO_SUCH),
        (pressed(chat=OTHER_CHAT), ELSEWHERE),
        (pressed(chat=IVAN.id), ELSEWHERE),
        (pressed(chat=-WORKERS_CHAT), ELSEWHERE),
    ],
)
def test_a_press_on_what_is_not_there_is_told_so_and_changes_nothing(
    house: House, update: Any, toast: str
) -> None:
    before = house.stands
    assert _toast(house.update(update)) == toast
    assert house.stands == before
    assert house.queue.messages == []


def test_a_button_of_another_branch_is_no_button_here(house: House) -> None:
    other = house.playbook.model_copy(update={"branch": "other"})
    house.store.publish(other, NOW)
    before = house.stands
    assert _toast(house.update(pressed(), branch="other")) == NO_SUCH
    assert house.stands == before
    assert _toast(house.update(pressed())) == WON


def test_a_group_that_became_a_supergroup_presses_by_its_new_id(house: House) -> None:
    assert _toast(house.update(pressed(chat=OTHER_CHAT))) == ELSEWHERE
    house.store.record_migration(BRANCH, WORKERS_CHAT, OTHER_CHAT)
    # The door's own copy of the playbook is seconds old; the press that does not fit makes it look.
    assert _toast(house.update(pressed(chat=OTHER_CHAT))) == WON
    assert _toast(house.update(pressed(chat=OTHER_CHAT, worker=OLGA))) == TAKEN_BY_IVAN


def test_start_and_its_link_go_to_the_inbox_and_nothing_is_answered(house: House) -> None:
    token = deep_link_token(SECRET, BRANCH, JobLink(job=JOB, offer=1), OLGA.id)
    for text in ("/start", f"/start {token}", f"/start@example_jobs_bot {token}"):
        assert house.update(wrote(text, OLGA)) == _EMPTY
    said = house.queue.events
    assert [one["link"] for one in said] == [None, *[{"job": JOB, "offer": 1}] * 2]
    assert [one["link_refused"] for one in said] == [False, False, False]


@pytest.mark.parametrize(
    "token",
    [
        deep_link_token(SECRET, BRANCH, JobLink(job=JOB, offer=1), IVAN.id),
        deep_link_token("another-secret", BRANCH, JobLink(job=JOB, offer=1), OLGA.id),
        deep_link_token(SECRET, "other", JobLink(job=JOB, offer=1), OLGA.id),
        f"{JOB}-1-",
        f"{JOB}-1-AAAAAAAAAAAAAAAA",
        "x" * 64,
    ],
)
def test_a_link_that_is_not_his_is_said_to_be_none(house: House, token: str) -> None:
    house.update(wrote(f"/start {token}", OLGA))
    (said,) = house.queue.events
    assert (said["link"], said["link_refused"]) == (None, True)


_EMPTY = {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}

_OUTCOMES = {
    "press_claim": WON,
    "press_contact": SENT,
    "press_of_a_message_too_old_to_show": WON,
    "press_of_a_button_we_never_made": NO_SUCH,
    "press_under_an_inline_message": NO_SUCH,
    "press_of_a_game": NO_SUCH,
    "press_of_a_survey": "",
    "start": "started",
    "start_with_a_link": "started",
    "start_in_a_group": "talk in a group",
    "private_talk": "private talk",
    "private_contact_shared": "private talk",
    "private_photo": "private talk",
    "private_contact_by_the_button": "private talk",
    "private_contact_of_another": "private talk",
    "private_contact_sent_on": "private talk",
    "private_answer_in_words": "private talk",
    "group_talk": "talk in a group",
    "group_member_joined": "talk in a group",
    "group_anonymous_admin": "talk in a group",
    "group_became_a_supergroup": "chat_migrated",
    "supergroup_came_from_a_group": "talk in a group",
    "edited_message": "kind edited_message",
    "channel_post": "kind channel_post",
    "edited_channel_post": "kind edited_channel_post",
    "bot_was_blocked": "kind my_chat_member",
    "chat_member": "kind chat_member",
    "chat_join_request": "kind chat_join_request",
    "message_reaction": "kind message_reaction",
    "inline_query": "kind inline_query",
    "poll_answer": "kind poll_answer",
    "pre_checkout_query": "kind pre_checkout_query",
    "business_message": "kind business_message",
    "purchased_paid_media": "kind purchased_paid_media",
}


@pytest.mark.parametrize("name", sorted(path.stem for path in (EVENTS / "telegram").glob("*.json")))
def test_every_update_as_really_sent_has_its_outcome(house: House, name: str) -> None:
    event = json.loads((EVENTS / "telegram" / f"{name}.json").read_text(encoding="utf-8"))
    assert len(event["body"].encode()) == int(event["headers"]["Content-Length"])
    before = house.stands
    answer = house.update(event["body"])
    expected = _OUTCOMES[name]
    if name.startswith("press"):
        assert _toast(answer) == expected
        return
    assert answer == _EMPTY
    assert house.stands == before
    line = house.log[-1]
    assert line.get("reason", line["outcome"]) == expected
    assert len(house.queue.messages) == (expected in ("started", "chat_migrated"))


def test_a_message_of_5000_characters_is_talk_like_any_other(house: House) -> None:
    assert house.update(wrote("/start " + "я" * 5000)) == _EMPTY
    assert house.update(wrote("/start" + " " * 500_000 + "!")) == _EMPTY
    assert house.queue.messages == []
