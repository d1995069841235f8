"""What Telegram answers, and what that means to the sender: over HTTP, in the Bot API's shapes."""

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from switchboard.channels.port import Moved
from switchboard.channels.telegram.client import Telegram
from switchboard.domain.effects import Button
from switchboard.domain.errors import Misconfigured, Postponed, Refused, Unreachable
from tests.channels.bot_api import TOKEN, BotApi, message, refused

GROUP = -1000000000001
BUTTONS = ((Button(text="Забрать заказ", data="claim:amocrm-1:1"),),)
PERSON = 990000011
SHARE = ((Button(text="Поделиться номером", contact=True),),)
LINK = ((Button(text="Открыть", url="https://t.me/example_jobs_bot?start=x"),),)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


@pytest.fixture
def api() -> Iterator[BotApi]:
    started = BotApi()
    yield started
    started.stop()


@pytest.fixture
def telegram(api: BotApi, runner: asyncio.Runner) -> Iterator[Telegram]:
    client = Telegram(TOKEN, api.base_url, None, runner)
    yield client
    runner.run(client._bot._request[0].shutdown())
    runner.run(client._bot._request[1].shutdown())


def test_a_message_is_sent_as_html_without_a_preview(api: BotApi, telegram: Telegram) -> None:
    api.answers = [message(17, GROUP)]
    assert telegram.send(GROUP, "<b>Заказ</b>", BUTTONS) == 17
    ((path, form),) = api.calls
    assert path == f"/bot{TOKEN}/sendMessage"
    assert (form["chat_id"], form["text"], form["parse_mode"]) == (
        str(GROUP),
        "<b>Заказ</b>",
        "HTML",
    )
    assert json.loads(form["link_preview_options"]) == {"is_disabled": True}
    assert json.loads(form["reply_markup"]) == {
        "inline_keyboard": [[{"text": "Забрать заказ", "callback_data": "claim:amocrm-1:1"}]]
    }


def test_a_button_may_be_a_link_and_a_message_may_have_none(
    api: BotApi, telegram: Telegram
) -> None:
    api.answers = [message(1), message(2)]
    telegram.send(GROUP, "x", LINK)
    telegram.send(GROUP, "x", ())
    assert json.loads(api.calls[0][1]["reply_markup"])["inline_keyboard"][0][0]["url"] == (
        "https://t.me/example_jobs_bot?start=x"
    )
    assert "reply_markup" not in api.calls[1][1]


def test_the_button_for_ones_own_number_stands_in_place_of_the_keyboard(
    api: BotApi, telegram: Telegram
) -> None:
    api.answers = [message(1), message(2)]
    telegram.send(PERSON, "x", SHARE)
    assert json.loads(api.calls[0][1]["reply_markup"]) == {
        "keyboard": [[{"text": "Поделиться номером", "request_contact": True}]],
        "one_time_keyboard": True,
        "resize_keyboard": True,
    }
    # Telegram shows one kind of keyboard at a time: the other's buttons have no place there.
    telegram.send(PERSON, "x", (*SHARE, *BUTTONS))
    assert api.calls[1][1]["reply_markup"] == api.calls[0][1]["reply_markup"]


def test_an_edited_message_takes_buttons_of_its_own_alone(api: BotApi, telegram: Telegram) -> None:
    """Telegram refuses an edit with any other keyboard."""
    api.answers = [message(1), message(2)]
    assert telegram.edit(PERSON, 1, "x", SHARE) is True
    assert "reply_markup" not in api.calls[0][1]
    assert telegram.edit(PERSON, 1, "x", (*SHARE, *BUTTONS)) is True
    assert list(json.loads(api.calls[1][1]["reply_markup"])) == ["inline_keyboard"]


def test_an_edit_says_whether_the_message_is_there(api: BotApi, telegram: Telegram) -> None:
    unchanged = (
        "Bad Request: message is not modified: specified new message content and reply markup "
        "are exactly the same as a current content and reply markup of the message"
    )
    api.answers = [
        message(17),
        refused(400, unchanged),
        refused(400, "Bad Request: message to edit not found"),
        refused(400, "Bad Request: message can't be edited"),
        refused(400, "Bad Request: MESSAGE_ID_INVALID"),
    ]
    found = [telegram.edit(GROUP, 17, "x", ()) for _ in range(5)]
    assert found == [True, True, False, False, False]
    path, form = api.calls[0]
    assert path.endswith("/editMessageText")
    assert (form["chat_id"], form["message_id"]) == (str(GROUP), "17")


def test_retry_after_is_telegrams_own_time(api: BotApi, telegram: Telegram) -> None:
    api.answers = [refused(429, "Too Many Requests: retry after 17", retry_after=17)] * 2
    for call in (telegram.send, lambda *_: telegram.edit(GROUP, 1, "x", ())):
        with pytest.raises(Postponed) as postponed:
            call(GROUP, "x", ())
        assert (postponed.value.seconds, postponed.value.doubt) == (17.0, False)


@pytest.mark.parametrize(
    "answer",
    [
        refused(403, "Forbidden: bot was blocked by the user"),
        refused(403, "Forbidden: user is deactivated"),
        refused(403, "Forbidden: bot can't initiate conversation with a user"),
        refused(403, "Forbidden: bot was kicked from the supergroup chat"),
        refused(400, "Bad Request: chat not found"),
        refused(400, "Bad Request: PEER_ID_INVALID"),
        refused(400, "Bad Request: user not found"),
    ],
    ids=lambda answer: answer["description"],
)
def test_a_person_who_cannot_be_written_to(
    api: BotApi, telegram: Telegram, answer: dict[str, Any]
) -> None:
    api.answers = [answer]
    with pytest.raises(Unreachable):
        telegram.send(GROUP, "x", ())


def test_a_group_that_became_a_supergroup(api: BotApi, telegram: Telegram) -> None:
    text = "Bad Request: group chat was upgraded to a supergroup chat"
    api.answers = [refused(400, text, migrate_to_chat_id=GROUP)]
    with pytest.raises(Moved) as moved:
        telegram.send(-4100200300, "x", ())
    assert moved.value.new == GROUP


@pytest.mark.parametrize(
    "text",
    [
        'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0',
        "Bad Request: message text is empty",
        "Bad Request: not enough rights to send text messages to the chat",
    ],
)
def test_what_telegram_will_never_take_is_refused(
    api: BotApi, telegram: Telegram, text: str
) -> None:
    api.answers = [refused(400, text), refused(400, text)]
    with pytest.raises(Refused):
        telegram.send(GROUP, "x", ())
    with pytest.raises(Refused):
        telegram.edit(GROUP, 1, "x", ())


@pytest.mark.parametrize(
    "answer", [refused(401, "Unauthorized"), refused(404, "Not Found")], ids=["401", "404"]
)
def test_a_token_that_is_not_accepted_is_a_matter_for_a_person(
    api: BotApi, telegram: Telegram, answer: dict[str, Any]
) -> None:
    api.answers = [answer]
    with pytest.raises(Misconfigured) as misconfigured:
        telegram.send(GROUP, "x", ())
    assert TOKEN not in str(misconfigured.value)


@pytest.mark.parametrize(
    "answer",
    [
        "hang up",
        refused(500, "Internal Server Error"),
        refused(502, "Bad Gateway"),
        b"<html>Bad Gateway</html>",
    ],
    ids=["hang up", "500", "502", "a proxy's page"],
)
def test_when_the_answer_is_lost_it_may_have_gone_out(
    api: BotApi, telegram: Telegram, answer: Any
) -> None:
    api.answers = [answer]
    with pytest.raises(Postponed) as postponed:
        telegram.send(GROUP, "Секрет", ())
    assert (postponed.value.seconds, postponed.value.doubt) == (None, True)
    assert "Секрет" not in postponed.value.reason
    assert TOKEN not in postponed.value.reason


def test_when_nothing_was_connected_it_certainly_has_not(runner: asyncio.Runner) -> None:
    with socket.socket() as reserved:
        # Bound and not listening: whoever connects is refused, and nobody else gets the port.
        reserved.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}/bot"
        with pytest.raises(Postponed) as postponed:
            Telegram(TOKEN, address, None, runner).send(GROUP, "x", ())
    assert postponed.value.doubt is False


def test_one_client_goes_on_after_every_kind_of_failure(api: BotApi, telegram: Telegram) -> None:
    api.answers = ["hang up", refused(429, "Too Many Requests", retry_after=1), message(9)]
    for _ in range(2):
        with pytest.raises(Postponed):
            telegram.send(GROUP, "x", ())
    assert telegram.send(GROUP, "x", ()) == 9
