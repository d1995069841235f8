"""WhatsApp's webhooks read, and what is passed over with a word why."""

import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from switchboard.channels.whatsapp.parse import Ignored, Malformed, Told, parse
from switchboard.domain.events import ClientSaid, Envelope, MessageFailed
from tests.doors.whatsapp_webhooks import (
    CLIENT,
    EFFECT,
    FROM,
    PHONE_ID,
    change,
    failed,
    said,
    wamid,
    webhook,
    with_part,
)
from tests.flows.survey_story import BRANCH, NOW


def read(body: bytes) -> Sequence[Told | Ignored]:
    return parse(body, BRANCH, PHONE_ID, NOW)


def only(*updates: dict[str, Any]) -> Told:
    (told,) = read(webhook(change(*updates)))
    assert isinstance(told, Told)
    return told


def why(*updates: dict[str, Any]) -> str:
    (told,) = read(webhook(change(*updates)))
    assert isinstance(told, Ignored)
    return told.why


def words(*updates: dict[str, Any]) -> str:
    event = only(*updates).event
    assert isinstance(event, ClientSaid)
    return event.text


def test_a_text_is_the_clients_words() -> None:
    told = only(said("Всё/хорошо, 10"))
    assert told.event == ClientSaid(
        id=told.once.rpartition(".")[2], client=CLIENT, text="Всё/хорошо, 10", at=NOW
    )
    assert told.once.startswith(f"{BRANCH}.whatsapp.")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (with_part("button", {"text": "Отлично", "payload": "p"}), "Отлично"),
        (
            with_part("interactive", {"type": "button_reply", "button_reply": {"title": "Да"}}),
            "Да",
        ),
        (
            with_part("interactive", {"list_reply": {"id": "1", "title": "9", "description": "x"}}),
            "9",
        ),
        (with_part("image", {"id": "1", "caption": "Вот колесо"}), "Вот колесо"),
        (with_part("video", {"id": "1", "caption": "Вот"}), "Вот"),
        (with_part("document", {"filename": "a.pdf", "caption": "Счёт"}), "Счёт"),
    ],
    ids=["template button", "button", "list", "image", "video", "document"],
)
def test_choices_and_captions_are_words_too(message: dict[str, Any], text: str) -> None:
    assert words(message) == text


@pytest.mark.parametrize(
    ("timestamp", "seconds_ago"),
    [(3600, 3600), (0, 0), (-3600, 0), ("soon", 0), (None, 0), ("9" * 30, 0)],
    ids=["an hour ago", "now", "in the future", "no number", "none", "too long"],
)
def test_it_was_written_when_whatsapp_says_and_never_later_than_now(
    timestamp: Any, seconds_ago: int
) -> None:
    if isinstance(timestamp, int):
        timestamp = str(int(NOW.timestamp()) - timestamp)
    changes = {} if timestamp is None else {"timestamp": timestamp}
    message = said("9") | changes
    if timestamp is None:
        del message["timestamp"]
    event = only(message).event
    assert isinstance(event, ClientSaid)
    assert event.at == NOW - timedelta(seconds=seconds_ago)


def test_half_of_an_emoji_spoils_no_other_message() -> None:
    body = webhook(change(said("Отлично HALF"), said("9", 2)))
    first, second = read(body.replace(b"HALF", rb"\ud83d"))
    assert isinstance(first, Told)
    assert isinstance(second, Told)
    assert isinstance(first.event, ClientSaid)
    assert first.event.text == "Отлично ?"
    assert second == only(said("9", 2))
    first.event.model_dump_json()


@pytest.mark.parametrize("empty", ["messages", "statuses"])
def test_an_empty_list_may_be_null(empty: str) -> None:
    one = change(said()) if empty == "statuses" else change(failed())
    one["value"][empty] = None
    (told,) = read(webhook(one))
    assert isinstance(told, Told)


def test_a_templates_button_is_told_from_what_he_has_written() -> None:
    button = only(with_part("button", {"text": "Ответить в чате", "payload": "p"})).event
    text = only(said("Ответить в чате")).event
    assert isinstance(button, ClientSaid)
    assert isinstance(text, ClientSaid)
    assert (button.reply, text.reply) == (True, False)


def test_words_are_as_long_as_whatsapp_lets_them_be() -> None:
    assert words(said("щ" * 5000)) == "щ" * 4096


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (with_part("audio", {"id": "1", "voice": True}), "message.audio"),
        (with_part("sticker", {"id": "1"}), "message.sticker"),
        (with_part("image", {"id": "1"}), "message.image"),
        (with_part("reaction", {"message_id": "x", "emoji": "👍"}), "message.reaction"),
        (with_part("interactive", {"nfm_reply": {"body": "Sent"}}), "message.interactive"),
        (with_part("system", {"body": f"User changed from {FROM}"}), "message.system"),
        (with_part("unsupported", None), "message.unsupported"),
        (with_part("Клиент", {}), "message.unknown"),
        (said("  \n "), "message.text"),
        (said(text={"body": 5}), "message.unknown"),
        (said(id=""), "message.unknown"),
        (said(group_id="120363"), "message.in_group"),
        (said(sender=""), "message.no_phone"),
        (said(sender="RU.1349120865530274"), "message.no_phone"),
        (said(sender="0079000000011"), "message.no_phone"),
        (said(sender="9" * 16), "message.no_phone"),
        (said(sender=f"{FROM}\n"), "message.no_phone"),
        (said(sender=79000000011), "message.unknown"),
    ],
)
def test_what_nobody_can_read_or_answer_is_passed_over(
    message: dict[str, Any], reason: str
) -> None:
    assert why(message) == reason


def test_who_shows_only_his_user_name_is_passed_over() -> None:
    message = said(from_user_id="RU.13491208655302741918", username="anna")
    del message["from"]
    assert why(message) == "message.no_phone"


def test_a_failure_names_our_effect_and_its_code() -> None:
    told = only(failed(131047))
    assert isinstance(told.event, MessageFailed)
    assert told.event == MessageFailed(
        id=told.event.id, channel="whatsapp", effect=EFFECT, code=131047
    )
    assert told.once == f"{BRANCH}.whatsapp.{told.once.split('.')[2]}.failed"
    assert told.once.split(".")[2].startswith(told.event.id)


@pytest.mark.parametrize(
    "errors",
    [[], [{"title": "?"}], [{"code": "131026"}], [{"code": 10**30}], [{"code": -1}], [None]],
)
def test_a_failure_without_a_code_is_one_all_the_same(errors: list[Any]) -> None:
    event = only(failed(errors=errors)).event
    assert isinstance(event, MessageFailed)
    assert (event.effect, event.code) == (EFFECT, 0)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *((failed(status=name), f"status.{name}") for name in ("sent", "delivered", "read")),
        (failed(status="Анна"), "status.unknown"),
        (failed(status=None), "status.unknown"),
        (failed(biz_opaque_callback_data=""), "status.not_ours"),
        (failed(biz_opaque_callback_data="order 5"), "status.not_ours"),
        (failed(biz_opaque_callback_data="заказ"), "status.not_ours"),
        (failed(biz_opaque_callback_data="x" * 89), "status.not_ours"),
        (failed(biz_opaque_callback_data={"id": 1}), "status.unknown"),
    ],
)
def test_other_statuses_lead_nowhere(status: dict[str, Any], reason: str) -> None:
    assert why(status) == reason


def test_a_failure_without_callback_data_is_another_programs() -> None:
    status = failed()
    del status["biz_opaque_callback_data"]
    assert why(status) == "status.not_ours"


def test_the_longest_effect_fits_into_a_name_of_a_group() -> None:
    """Together with the longest branch: a queue takes 128 characters."""
    event = only(failed(biz_opaque_callback_data="x" * 88)).event
    envelope = Envelope(branch="b" * 31, trace="", event=event)
    assert len(f"{envelope.branch}.{envelope.subject}") <= 128


def test_everything_in_a_body_is_read_in_its_order() -> None:
    first = change(said("раз", 1), failed(number=2))
    entries = json.loads(webhook(first, change(said("чужое", 3), phone_id="1")))
    more = json.loads(webhook(change(field="account_update"), change(said("два", 4))))
    entries["entry"] += more["entry"]
    told = read(json.dumps(entries).encode())
    assert [one.why if isinstance(one, Ignored) else one.event.kind for one in told] == [
        *("client_said", "message_failed", "number.other", "field.account_update", "client_said"),
    ]
    events = [one.event for one in told if isinstance(one, Told)]
    assert [one.text for one in events if isinstance(one, ClientSaid)] == ["раз", "два"]


@pytest.mark.parametrize("strange", [None, 5, "x", [], {}, [[]], {"changes": None}])
def test_a_strange_part_keeps_back_no_other(strange: Any) -> None:
    whole = json.loads(webhook(change(said())))
    (entry,) = whole["entry"]
    entry["changes"][0]["value"]["messages"].insert(0, strange)
    entry["changes"].insert(0, strange)
    whole["entry"].insert(0, strange)
    told = read(json.dumps(whole).encode())
    assert [isinstance(one, Told) for one in told] == [False, False, False, True]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"{}", b"5", b'"x"', b"{", b"\xff", b"entry=1"),
        b'{"object":"whatsapp_business_account"}',
        b'{"object":"whatsapp_business_account","entry":{}}',
        b'{"object":"whatsapp_business_account","entry":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"object":"page","entry":[]}',
    ],
)
def test_what_is_no_webhook_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body)


def test_a_webhook_of_nothing_is_none_the_less_one() -> None:
    assert read(webhook()) == ()


def test_a_repeated_message_has_the_same_name_and_another_has_another() -> None:
    names = {only(said(text, number)).once for number in (1, 2) for text in ("раз", "два")}
    assert len(names) == 2
    assert only(failed(number=1)).once not in names
    assert only(failed(131026)).once == only(failed(131047)).once


def test_no_phone_leaves_the_parser() -> None:
    """WhatsApp's own name of a message is the phone in base64."""
    assert FROM.encode() in base64.b64decode(wamid().removeprefix("wamid."))
    for told in (only(said()), only(failed())):
        everything = told.once + told.event.model_dump_json()
        assert FROM not in everything
        assert wamid()[6:20] not in everything


@pytest.mark.parametrize("name", ["x" * 512, "wamid.я=/+", "\x00", "wamid.A B\n"])
def test_any_name_of_a_message_becomes_one_that_a_queue_takes(name: str) -> None:
    once = only(said(id=name)).once
    assert once.isascii()
    assert once.isprintable()
    assert len(f"{'b' * 31}{once.removeprefix(BRANCH)}.failed") <= 128
