"""WhatsApp's door: it opens to Meta's signature alone, what it hears is in the inbox before it is
answered, and nobody's phone is told on."""

import base64
import json
from typing import Any

import pytest

from switchboard.doors.whatsapp import LARGEST
from switchboard.runtime import http
from tests.doors.house import CRM_SECRET, Answer, Event, House
from tests.doors.whatsapp_webhooks import (
    APP_SECRET,
    CHALLENGE,
    CLIENT,
    EFFECT,
    FROM,
    PHONE_ID,
    SECRETS,
    VERIFY_TOKEN,
    asked,
    change,
    event,
    failed,
    listener,
    posted,
    said,
    signature,
    wamid,
    webhook,
    with_part,
)
from tests.flows.survey_story import BRANCH, NOW
from tests.store.conftest import Tables

TEXT = "Всё хорошо, Секретина"
WEBHOOK = webhook(change(said(TEXT), failed()))


def made(moto: Any, moto_tables: Tables, **changes: Any) -> House:
    house = House(moto, moto_tables("jobs"), moto_tables("settings"), listener(**changes))
    house.environ |= SECRETS
    return house


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> House:
    return made(moto, moto_tables)


def ask(house: House, given: Event) -> Answer:
    return house.whatsapp(http.request(given))


def silent(house: House) -> None:
    told = house.said.getvalue()
    for secret in (FROM, "900000001", wamid()[6:20], TEXT, APP_SECRET, VERIFY_TOKEN):
        assert secret not in told
        assert json.dumps(secret)[1:-1] not in told


def refused(house: House, answer: Answer, status: int) -> None:
    assert answer["statusCode"] == status
    assert house.queue.messages == []
    (line,) = house.log
    assert (line["level"], line["message"]) == ("WARNING", "refused")
    silent(house)


# Meta asks whether the address is ours.


def test_the_challenge_comes_back_to_who_knows_the_token(house: House) -> None:
    answer = ask(house, asked())
    assert answer["statusCode"] == 200
    assert answer["body"] == CHALLENGE
    assert answer["headers"]["content-type"].startswith("text/plain")
    assert house.queue.messages == []
    assert [line["message"] for line in house.log] == ["verified"]
    silent(house)


@pytest.mark.parametrize(
    "given",
    [
        {"verify_token": "another"},
        {"verify_token": ""},
        {"verify_token": None},
        {"verify_token": "я"},
        {"verify_token": VERIFY_TOKEN + " "},
        {"verify_token": f"{VERIFY_TOKEN},{VERIFY_TOKEN}"},
        {"mode": "unsubscribe"},
        {"mode": None},
        {"mode": "subscribe,subscribe"},
        {"challenge": None},
        {"challenge": ""},
        {"challenge": "1,2"},
        {"challenge": "<script>"},
        {"challenge": "1\n"},
        {"challenge": "1" * 201},
        {"verify_token": APP_SECRET},
    ],
    ids=str,
)
def test_nobody_else_gets_anything_back(house: House, given: dict[str, Any]) -> None:
    refused(house, ask(house, asked(**given)), 403)


def test_a_question_without_a_query_is_refused(house: House) -> None:
    refused(house, ask(house, event("GET")), 403)


@pytest.mark.parametrize("branch", ["", "another", "..", "\udcff"])
def test_a_branch_that_is_not_there_asks_in_vain(house: House, branch: str) -> None:
    refused(house, ask(house, asked() | {"pathParameters": {"branch": branch}}), 403)


def test_without_a_token_in_the_playbook_nobody_can_set_it_up(
    moto: Any, moto_tables: Tables
) -> None:
    house = made(moto, moto_tables, verify_token=None)
    refused(house, ask(house, asked(verify_token="")), 403)


def test_a_token_that_is_not_set_is_nobodys(house: House) -> None:
    del house.environ["TEST_WHATSAPP_VERIFY"]
    refused(house, ask(house, asked(verify_token="")), 403)


# What it is told.


def test_words_and_failures_are_in_the_inbox(house: House) -> None:
    answer = ask(house, posted(WEBHOOK))
    assert answer["statusCode"] == 200
    words, failure = house.queue.events
    assert words.pop("id")
    assert words == {
        "kind": "client_said",
        "chat": None,
        "client": CLIENT,
        "text": TEXT,
        "reply": False,
        "at": NOW.isoformat().replace("+00:00", "Z"),
    }
    assert failure.pop("id")
    assert failure == {
        "kind": "message_failed",
        "channel": "whatsapp",
        "effect": EFFECT,
        "code": 131026,
    }
    groups = [message["MessageGroupId"] for message in house.queue.messages]
    assert groups == [f"{BRANCH}.client-{CLIENT}", f"{BRANCH}.message-{EFFECT}"]
    (line,) = house.log
    assert line["message"] == "webhook"
    assert line["outcome"] == "accepted"
    assert (line["messages"], line["failures"], line["ignored"]) == (1, 1, [])
    silent(house)


def test_no_phone_goes_into_the_queue_not_even_in_base64(house: House) -> None:
    ask(house, posted(WEBHOOK))
    queued = json.dumps(house.queue.messages)
    assert FROM not in queued
    assert wamid()[6:20] not in queued


def test_a_webhook_that_comes_again_has_the_same_names(house: House) -> None:
    for _ in range(2):
        assert ask(house, posted(WEBHOOK))["statusCode"] == 200
    names = [message["MessageDeduplicationId"] for message in house.queue.messages]
    assert names[:2] == names[2:]
    assert len(set(names)) == 2


def test_all_entries_and_changes_are_heard(house: House) -> None:
    parts = [json.loads(webhook(change(said("раз", 1)), change(said("два", 2))))]
    parts.append(json.loads(webhook(change(said("три", 3), said("четыре", 4)))))
    whole = parts[0] | {"entry": [entry for part in parts for entry in part["entry"]]}
    ask(house, posted(json.dumps(whole).encode()))
    assert [one["text"] for one in house.queue.events] == ["раз", "два", "три", "четыре"]


def test_another_number_of_the_same_account_is_passed_over(house: House) -> None:
    answer = ask(house, posted(webhook(change(said(TEXT), failed(), phone_id=PHONE_ID + "0"))))
    assert answer["statusCode"] == 200
    assert house.queue.messages == []
    (line,) = house.log
    assert (line["outcome"], line["ignored"]) == ("ignored", ["number.other"])
    silent(house)


def test_what_leads_nowhere_is_said_once_for_each_reason(house: House) -> None:
    statuses = [failed(status=name) for name in ("sent", "delivered", "sent")]
    updates = [with_part("sticker", {}), said(sender=""), *statuses]
    assert ask(house, posted(webhook(change(*updates))))["statusCode"] == 200
    (line,) = house.log
    assert line["ignored"] == [
        *("message.no_phone", "message.sticker", "status.delivered", "status.sent"),
    ]


def test_a_line_of_the_log_has_an_end(house: House) -> None:
    names = ["".join(chr(ord("a") + int(digit)) for digit in str(n)) for n in range(1000)]
    ask(house, posted(webhook(change(*(with_part(name, {}) for name in names)))))
    (line,) = house.log
    assert len(line["ignored"]) == 10


def test_where_nobody_is_asked_nobodys_words_are_heard(moto: Any, moto_tables: Tables) -> None:
    house = made(moto, moto_tables)
    house.store.publish(house.playbook.model_copy(update={"reviews": None}), NOW)
    ask(house, posted(WEBHOOK))
    assert [one["kind"] for one in house.queue.events] == ["message_failed"]
    assert house.log[-1]["ignored"] == ["message.unasked"]
    silent(house)


# Whose word it takes.


@pytest.mark.parametrize(
    "signed",
    [
        None,
        "",
        "sha256=",
        signature(WEBHOOK, "another secret"),
        signature(WEBHOOK, CRM_SECRET),
        signature(WEBHOOK, ""),
        signature(WEBHOOK + b" "),
        signature(WEBHOOK).removeprefix("sha256="),
        signature(WEBHOOK).upper(),
        signature(WEBHOOK).replace("sha256", "SHA256"),
        signature(WEBHOOK).replace("sha256", "sha1"),
        signature(WEBHOOK) + "0",
        f"{signature(WEBHOOK)},{signature(WEBHOOK)}",
        "sha256=" + "я" * 64,
        "\udcff",
        "x" * 5000,
    ],
)
def test_only_its_own_signature_opens_it(house: House, signed: str | None) -> None:
    refused(house, ask(house, posted(WEBHOOK, signed=signed)), 401)


def test_while_a_secret_is_replaced_both_are_good(moto: Any, moto_tables: Tables) -> None:
    names = ["env:TEST_WHATSAPP_SECRET", "env:TEST_WHATSAPP_NEXT"]
    house = made(moto, moto_tables, app_secrets=names)
    # The second is named before it is set.
    assert ask(house, posted(WEBHOOK))["statusCode"] == 200
    house.environ["TEST_WHATSAPP_NEXT"] = "the next one"
    for secret in (APP_SECRET, "the next one"):
        signed = signature(WEBHOOK, secret)
        assert ask(house, posted(WEBHOOK, signed=signed))["statusCode"] == 200
    signed = signature(WEBHOOK, "the last one")
    assert ask(house, posted(WEBHOOK, signed=signed))["statusCode"] == 401


def test_the_signature_is_of_the_bytes_as_they_came(house: House) -> None:
    """Meta escapes what is not ASCII; read and written anew, the same JSON is other bytes."""
    again = json.dumps(json.loads(WEBHOOK), ensure_ascii=False).encode()
    assert again != WEBHOOK
    assert ask(house, posted(again, signed=signature(WEBHOOK)))["statusCode"] == 401
    assert ask(house, posted(again))["statusCode"] == 200


def test_a_body_in_base64_is_read_as_it_was_sent(house: House) -> None:
    given = posted(WEBHOOK)
    given |= {"body": base64.b64encode(WEBHOOK).decode(), "isBase64Encoded": True}
    assert ask(house, given)["statusCode"] == 200
    assert len(house.queue.messages) == 2


@pytest.mark.parametrize("secrets", [None, ["env:TEST_WHATSAPP_ABSENT"]])
def test_without_a_secret_it_is_closed(
    moto: Any, moto_tables: Tables, secrets: list[str] | None
) -> None:
    house = made(moto, moto_tables, app_secrets=secrets)
    refused(house, ask(house, posted(WEBHOOK, signed=signature(WEBHOOK, ""))), 401)


def test_a_branch_without_whatsapp_is_closed(moto: Any, moto_tables: Tables) -> None:
    by = listener().model_copy(update={"whatsapp": None})
    house = House(moto, moto_tables("jobs"), moto_tables("settings"), by)
    house.environ |= SECRETS
    refused(house, ask(house, posted(WEBHOOK)), 401)


@pytest.mark.parametrize("branch", ["", "another", "../demo", "\udcff", "x" * 5000])
def test_a_branch_that_is_not_there_is_closed(house: House, branch: str) -> None:
    refused(house, ask(house, posted(WEBHOOK, branch=branch)), 401)


@pytest.mark.parametrize("method", ["", "HEAD", "PUT", "DELETE", "post"])
def test_other_methods_are_none_of_its(house: House, method: str) -> None:
    given = posted(WEBHOOK)
    given["requestContext"]["http"]["method"] = method
    refused(house, ask(house, given), 405)


# What is wrong with it.


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"\xff\xfe", b'{"object":"page","entry":[]}', WEBHOOK[:-1]]
)
def test_what_is_no_webhook_is_refused(house: House, body: bytes) -> None:
    refused(house, ask(house, posted(body)), 400)


def test_as_much_as_meta_may_send_is_taken_and_no_more(house: House) -> None:
    largest = WEBHOOK + b" " * (LARGEST - len(WEBHOOK))
    refused(house, ask(house, posted(largest + b" ")), 413)
    assert ask(house, posted(largest))["statusCode"] == 200


def test_an_inbox_that_is_down_is_no_answer_and_what_it_took_is_known_again(house: House) -> None:
    class FullAfterOne(list[dict[str, str]]):
        def append(self, message: dict[str, str]) -> None:
            super().append(message)
            house.queue.down = True

    body = webhook(change(said("раз", 1), said("два", 2), said("три", 3)))
    house.queue.messages = FullAfterOne()
    with pytest.raises(ConnectionError):
        ask(house, posted(body))
    # Nothing overtakes what was not taken.
    assert [one["text"] for one in house.queue.events] == ["раз"]
    (first,) = house.queue.messages
    house.queue.messages, house.queue.down = [], False
    assert ask(house, posted(body))["statusCode"] == 200
    assert [one["text"] for one in house.queue.events] == ["раз", "два", "три"]
    assert house.queue.messages[0]["MessageDeduplicationId"] == first["MessageDeduplicationId"]
    silent(house)


def test_a_webhook_of_nothing_is_thanked(house: House) -> None:
    assert ask(house, posted(webhook()))["statusCode"] == 200
    assert house.queue.messages == []
