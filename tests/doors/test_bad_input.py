"""What strangers and broken senders put through the doors: a defined answer, a reason in the log
without personal data, never a 5xx, and nothing changed."""

import json
from typing import Any

import pytest

from switchboard.runtime import http
from tests.doors.house import House, telegram_event
from tests.doors.updates import CLAIM, pressed, wrote
from tests.flows.story import BRANCH, IVAN, NOW

NAME, PHONE, TEXT = "Секретина", "+79000000007", "a talk that nobody may read"
PRIVATE = IVAN.model_copy(update={"first_name": NAME, "last_name": PHONE, "login": "hidden_login"})
LEAD = "leads[status][0][id]=41000001&leads[status][0][name]=" + NAME + PHONE
BIG = 10_000_000
DEEP = 100_000


def _silent(house: House) -> None:
    said = house.said.getvalue()
    for secret in (NAME, PHONE, TEXT, "hidden_login", "telegram-secret", "crm-secret"):
        assert secret not in said
        assert json.dumps(secret)[1:-1] not in said


def _refused(house: House, answer: dict[str, Any], status: int, before: Any) -> None:
    assert answer["statusCode"] == status
    assert house.stands == before
    assert house.queue.messages == []
    (line,) = house.log
    assert line["level"] == "WARNING"
    assert line["message"] == "refused"
    assert line["reason"]
    _silent(house)


@pytest.mark.parametrize(
    "secret",
    [None, "", "wrong", "telegram-secret ", "TELEGRAM-SECRET", "секрет", "\udcff", "x" * 5000],
    ids=["none", "empty", "wrong", "longer", "case", "not ascii", "a surrogate", "long"],
)
def test_telegrams_door_opens_to_its_secret_alone(house: House, secret: str | None) -> None:
    before = house.stands
    answer = house.update(pressed(CLAIM, PRIVATE), secret=secret)
    _refused(house, answer, 401, before)


@pytest.mark.parametrize(
    "secret", ["", "wrong", "секрет", "\udcff", "crm-secret/", "x" * 5000, "telegram-secret"]
)
def test_the_crms_door_opens_to_its_secret_alone(house: House, secret: str) -> None:
    before = house.stands
    _refused(house, house.webhook(LEAD, secret=secret), 401, before)


@pytest.mark.parametrize("given", ["", "telegram-secret", None])
def test_with_no_secret_configured_the_doors_are_closed(house: House, given: str | None) -> None:
    for value in ("", None):
        for name in ("TEST_SECRET", "TEST_CRM_SECRET"):
            house.environ.pop(name)
            if value is not None:
                house.environ[name] = value
        before = house.stands
        assert house.update(pressed(), secret=given)["statusCode"] == 401
        assert house.webhook(LEAD, secret=given or "")["statusCode"] == 401
        assert house.stands == before
        house.environ |= dict.fromkeys(("TEST_SECRET", "TEST_CRM_SECRET"), "x")


@pytest.mark.parametrize("branch", ["", "nobody", "Demo", "demo ", "../demo", "d" * 300, "демо"])
def test_a_branch_that_is_not_there_is_refused_like_a_wrong_secret(
    house: House, branch: str
) -> None:
    known = house.update(pressed(), secret="wrong")
    assert house.update(pressed(), branch=branch) == known
    assert house.webhook(LEAD, branch=branch) == known
    assert house.queue.messages == []


@pytest.mark.parametrize("provider", ["", "generic", "AMOCRM", "bitrix24", "../amocrm"])
def test_a_crm_that_is_not_this_branchs_is_refused_in_the_same_way(
    house: House, provider: str
) -> None:
    before = house.stands
    _refused(house, house.webhook(LEAD, provider=provider), 401, before)


def test_an_event_without_path_headers_and_body_is_refused(house: House) -> None:
    for bare in ({}, {"pathParameters": None, "headers": None, "body": None}):
        assert house.telegram(http.request(bare))["statusCode"] == 401
        assert house.crm(http.request(bare))["statusCode"] == 401


_MALFORMED: dict[str, str | bytes] = {
    "empty": "",
    "not json": f"{NAME} {PHONE}",
    "half": '{"update_id": 1, "message": {"text": "' + TEXT,
    "a list": f'["{TEXT}"]',
    "a string": f'"{TEXT}"',
    "null": "null",
    "no update_id": json.dumps({"message": {"text": TEXT}}),
    "update_id is text": json.dumps({"update_id": TEXT}),
    "update_id is huge": '{"update_id": ' + "9" * 5000 + "}",
    "update_id is too large": '{"update_id": ' + "9" * 40 + "}",
    "update_id below zero": '{"update_id": -1}',
    "update_id is infinite": '{"update_id": Infinity}',
    "deep": '{"update_id": 1, "x": ' + "[" * DEEP + "]" * DEEP + "}",
    "deep objects": '{"update_id": 1, "x": ' + '{"a":' * DEEP + "1" + "}" * DEEP + "}",
    "unclosed": "[" * DEEP,
    "surrogate": '{"update_id": 1, "message": {"text": "\\ud800"}}',
    "raw surrogate": '{"update_id": 1, "message": {"text": "\ud800"}}',
    "not utf-8": b'{"update_id": 1, "message": "\xff\xfe"}',
    "utf-16": json.dumps({"update_id": 1}).encode("utf-16"),
    "zeros": b"\x00" * 100,
}


@pytest.mark.parametrize("name", _MALFORMED)
def test_what_is_no_update_is_malformed(house: House, name: str) -> None:
    before = house.stands
    _refused(house, house.update(_MALFORMED[name]), 400, before)


def test_base64_that_is_none_is_malformed(house: House) -> None:
    event = telegram_event(pressed()) | {"isBase64Encoded": True, "body": "%%% no base64"}
    before = house.stands
    _refused(house, house.telegram(http.request(event)), 400, before)


def test_a_body_in_base64_is_read_like_any_other(house: House) -> None:
    answer = house.update(pressed(), in_base64=True)
    assert json.loads(answer["body"])["method"] == "answerCallbackQuery"
    assert house.webhook(LEAD, in_base64=True)["statusCode"] == 200
    assert [one["kind"] for one in house.queue.events] == ["settle", "deal_touched"]


def test_ten_megabytes_are_too_large_for_either_door(house: House) -> None:
    before = house.stands
    text = json.dumps(wrote(TEXT * (BIG // len(TEXT))))
    assert house.update(text)["statusCode"] == 413
    assert house.webhook("a=" + "b" * BIG)["statusCode"] == 413
    assert house.stands == before
    assert all(line["bytes"] > 9_000_000 for line in house.log)
    _silent(house)


_WRONG: list[Any] = [None, True, 0, -1, 2**63, 10**40, 1.5, "", TEXT, "\x00", [], [TEXT], {}]
_WRONG += [{"id": TEXT}, {"id": 10**30}, {"id": None}]


@pytest.mark.parametrize("value", _WRONG, ids=repr)
def test_wrong_types_anywhere_in_an_update_have_an_outcome_and_change_nothing(
    house: House, value: Any
) -> None:
    good = pressed(CLAIM, PRIVATE)
    query = good["callback_query"]
    message = query["message"]
    wrong = [
        {**good, "callback_query": value},
        {**good, "callback_query": {**query, "id": value}},
        {**good, "callback_query": {**query, "from": value}},
        {**good, "callback_query": {**query, "from": {**query["from"], "id": value}}},
        {**good, "callback_query": {**query, "data": value}},
        {**good, "callback_query": {**query, "message": value}},
        {**good, "callback_query": {**query, "message": {**message, "chat": value}}},
        {**good, "callback_query": {**query, "message": {**message, "chat": {"id": value}}}},
        {**good, "callback_query": None, "message": value},
        wrote(value, PRIVATE),
        wrote(TEXT, PRIVATE, chat=value or 0),
        wrote(TEXT, PRIVATE, **{"from": value}),
        wrote(TEXT, PRIVATE, chat={"id": value, "type": "private"}),
        wrote(TEXT, PRIVATE, chat={"id": 1, "type": value}),
    ]
    before = house.stands
    for update in wrong:
        assert house.update(update)["statusCode"] in (200, 400)
        assert house.log[-1]["message"] in ("update", "refused", "press")
    assert house.stands == before
    assert house.queue.messages == []
    _silent(house)


@pytest.mark.parametrize(
    "value", [2**52, -(2**52), 10**18, 10**400], ids=["52", "-52", "18", "400"]
)
def test_ids_that_telegram_cannot_have_move_no_group(house: House, value: int) -> None:
    for moved in (
        wrote("", chat={"id": -1, "type": "group"}, migrate_to_chat_id=value),
        wrote("", chat={"id": value, "type": "group"}, migrate_to_chat_id=-1),
    ):
        assert house.update(moved)["statusCode"] == 200
    assert house.queue.messages == []


@pytest.mark.parametrize("first_name", ["\x00", "‮evil", "<b>x</b>", "я" * 256, "{first_name}", ""])
def test_a_strange_name_is_shown_as_it_is_and_wins_like_any_other(
    house: House, first_name: str
) -> None:
    stranger = PRIVATE.model_copy(update={"first_name": first_name})
    assert house.update(pressed(CLAIM, stranger))["statusCode"] == 200
    told = json.loads(house.update(pressed(CLAIM, IVAN.model_copy(update={"id": 5})))["body"])
    assert told["text"].startswith(f"Заказ уже занят, исполнитель: {first_name}"[:200])
    assert len(told["text"]) <= 200
    _silent(house)


def test_what_people_say_and_who_they_are_never_gets_into_the_log(house: House) -> None:
    house.update(pressed(CLAIM, PRIVATE))
    house.update(pressed(TEXT, PRIVATE))
    house.update(wrote(TEXT + PHONE, PRIVATE))
    house.update(wrote("/start " + TEXT, PRIVATE))
    house.update({"update_id": 5, "edited_message": {"text": TEXT}})
    house.update({"update_id": 5, TEXT: 1, NAME: 1, PHONE: 1})
    house.webhook(LEAD)
    house.webhook(LEAD.replace("leads", NAME))
    house.webhook(f"message[add][0][text]={TEXT}&message[add][0][author][name]={NAME}")
    assert len(house.log) >= 9
    _silent(house)


_BAD_FORMS = {
    "empty": "",
    "no form": f"{NAME} {PHONE}",
    "json": json.dumps({"leads": {"status": [{"id": 1, "name": NAME}]}}),
    "no deal in it": f"account[subdomain]=example&name={NAME}",
    "id is text": f"leads[status][0][id]={TEXT}",
    "id is huge": "leads[status][0][id]=" + "9" * 5000,
    "id is a path": "leads[status][0][id]=../../1",
    "id holds a nul": "leads[status][0][id]=1%00",
    "deep": "leads" + "[a]" * DEEP + "=1",
    "unclosed": "leads" + "[" * DEEP + "=1",
    "many": "&".join(["a[b]=1"] * 30_000),
    "a long key": "a" * 10_000 + "=1",
}


@pytest.mark.parametrize("name", _BAD_FORMS)
def test_a_webhook_that_cannot_be_read_is_malformed(house: House, name: str) -> None:
    before = house.stands
    answer = house.webhook(_BAD_FORMS[name])
    if name == "no deal in it":
        assert answer["statusCode"] in (200, 400)
        assert house.stands == before
        assert house.queue.messages == []
        _silent(house)
        return
    _refused(house, answer, 400, before)


def test_a_webhook_of_another_content_type_is_malformed(house: House) -> None:
    before = house.stands
    _refused(house, house.webhook(LEAD, content_type="application/json"), 400, before)


def test_a_webhook_is_durable_before_it_is_answered(house: House) -> None:
    house.queue.down = True
    with pytest.raises(ConnectionError):
        house.webhook(LEAD)
    house.queue.down = False
    assert house.webhook(LEAD)["statusCode"] == 200
    assert house.queue.events == [
        {"kind": "deal_touched", "provider": "amocrm", "deal": "41000001"}
    ]


def test_the_same_webhook_twice_is_two_receipts_of_one_subject(house: House) -> None:
    for _ in range(2):
        house.webhook(LEAD)
    groups = {message["MessageGroupId"] for message in house.queue.messages}
    receipts = {message["MessageDeduplicationId"] for message in house.queue.messages}
    assert groups == {f"{BRANCH}.amocrm-41000001"}
    assert len(receipts) == 2


def test_secrets_rotate_without_a_moment_of_closed_doors(house: House) -> None:
    changed = house.playbook.model_copy(
        update={
            "telegram": house.playbook.telegram.model_copy(
                update={"webhook_secrets": ("env:NEXT_SECRET", "env:TEST_SECRET", "env:UNSET")}
            )
        }
    )
    house.store.publish(changed.model_copy(update={"branch": "rotating"}), NOW)
    house.environ["NEXT_SECRET"] = "next"
    for secret in ("next", "telegram-secret"):
        answer = house.update(pressed("menu"), branch="rotating", secret=secret)
        assert answer["statusCode"] == 200
    assert house.update(pressed("menu"), branch="rotating", secret="")["statusCode"] == 401
