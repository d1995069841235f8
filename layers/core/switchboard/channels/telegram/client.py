"""Telegram outbound, through python-telegram-bot: it knows the API and its errors.

RetryAfter → Postponed with Telegram's own time · Forbidden → Unreachable · ChatMigrated → Moved
TimedOut → Outage in doubt · NetworkError → Outage, in doubt unless nothing was connected
InvalidToken → Misconfigured · BadRequest → by what it says, since Telegram gives it no code
"""

import asyncio
import re
import warnings
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning

from switchboard.channels.port import Moved
from switchboard.domain.effects import Button, Rows
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused, Unreachable

T = TypeVar("T")

_UNCHANGED = "message is not modified"
_NOT_THERE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_QUOTED = re.compile('"[^"]*"?')
_UNREACHABLE = ("chat not found", "peer_id_invalid", "user not found")


class Telegram:
    """One bot. `runner` is the process's event loop, for the library is asynchronous only."""

    def __init__(
        self, token: str, base_url: str, proxy: str | None, runner: asyncio.Runner
    ) -> None:
        request = HTTPXRequest(
            proxy=proxy, connect_timeout=5, read_timeout=10, write_timeout=10, pool_timeout=5
        )
        self._bot = Bot(token, base_url=base_url, request=request)
        self._runner = runner

    def send(self, chat: int, text: str, buttons: Rows) -> int:
        sent: Message = self._call(
            self._bot.send_message(
                chat_id=chat,
                text=text,
                parse_mode=ParseMode.HTML,
                reply_markup=_keys(buttons) or _under(buttons),
                # A preview fetches the links in our messages, as if somebody had clicked.
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        return sent.message_id

    def edit(self, chat: int, message: int, text: str, buttons: Rows) -> bool:
        try:
            self._call(
                self._bot.edit_message_text(
                    chat_id=chat,
                    message_id=message,
                    text=text,
                    parse_mode=ParseMode.HTML,
                    reply_markup=_under(buttons),
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
            )
        except Refused as refused:
            said = refused.reason.lower()
            if _UNCHANGED in said:
                return True
            if any(words in said for words in _NOT_THERE):
                return False
            raise
        return True

    def _call(self, call: Coroutine[Any, Any, T]) -> T:
        with warnings.catch_warnings():
            # The library warns that `retry_after` will be a timedelta one day; we take either.
            warnings.simplefilter("ignore", PTBDeprecationWarning)
            try:
                return self._runner.run(call)
            except TelegramError as error:
                raise _translated(error) from error


def _translated(error: TelegramError) -> Exception:
    match error:
        case RetryAfter():
            seconds = error.retry_after
            wait = seconds if isinstance(seconds, int | float) else seconds.total_seconds()
            return Postponed("telegram: too many requests", float(wait))
        case ChatMigrated():
            return Moved(error.new_chat_id)
        case Forbidden():
            return Unreachable(f"telegram: {_without_quotes(error.message)}")
        case InvalidToken():
            return Misconfigured("telegram: the bot's token is not accepted")
        case BadRequest():
            said = _without_quotes(error.message)
            if any(words in said.lower() for words in _UNREACHABLE):
                return Unreachable(f"telegram: {said}")
            return Refused(f"telegram: {said}")
        case TimedOut() | NetworkError():
            unconnected = isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout)
            return Outage("telegram", "no answer", doubt=not unconnected)
        case _:
            return Refused(f"telegram: {type(error).__name__}")


def _without_quotes(said: str) -> str:
    """Telegram's reason, which goes to the log, without the words of our text that it quotes."""
    return _QUOTED.sub('"…"', said)


def _keys(buttons: Rows) -> ReplyKeyboardMarkup | None:
    """The button that sends a person's own card stands in place of his keyboard, not under the
    message, and goes when it was pressed (Bot API, `KeyboardButton.request_contact`)."""
    keys = [[one.text for one in row if one.contact] for row in buttons]
    rows = [[KeyboardButton(text, request_contact=True) for text in row] for row in keys if row]
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True) if rows else None


def _under(buttons: Rows) -> InlineKeyboardMarkup | None:
    """The buttons under a message. An edited message takes no others."""
    rows = [[_button(one) for one in row if not one.contact] for row in buttons]
    return InlineKeyboardMarkup([row for row in rows if row]) if any(rows) else None


def _button(button: Button) -> InlineKeyboardButton:
    if button.url:
        return InlineKeyboardButton(button.text, url=button.url)
    return InlineKeyboardButton(button.text, callback_data=button.data)
