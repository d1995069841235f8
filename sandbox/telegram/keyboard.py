"""Keyboards: what Telegram accepts under a message and under the input field of a person."""

import json
from typing import Any

from sandbox.telegram.errors import bad_request
from sandbox.wire import Json

LINKS = ("http://", "https://", "tg://", "t.me/")


# Wordings of refusals: tdlib's ReplyMarkup.cpp, with the Bot API's small first letter.
PRIVATE_ONLY = {
    "request_contact": "phone number can be requested in private chats only",
    "request_location": "location can be requested in private chats only",
}


def parse(value: Any, *, private: bool) -> Json | None:
    """The keyboard of a new message as Telegram stores it, or None; raises BotApiError 400."""
    value = _object(value)
    if not value:
        return None
    if "inline_keyboard" in value:
        return _inline(value)
    if "keyboard" in value:
        return _reply(value, private=private)
    return value if {"remove_keyboard", "force_reply"} & set(value) else None


def parse_edited(value: Any) -> Json | None:
    """The same for a message that is edited: only inline keyboards can be changed."""
    value = _object(value)
    if value and "inline_keyboard" not in value:
        raise bad_request("inline keyboard expected")
    return _inline(value) if value else None


def _object(value: Any) -> Json:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value else None
        except ValueError as error:
            raise bad_request("can't parse reply keyboard markup JSON object") from error
    if not value:
        return {}
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    return value


def _rows(value: Json, name: str, kind: str) -> list[list[Any]]:
    rows = value[name]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(f'field "{name}" of the {kind} must be an Array of Arrays')
    return [row for row in rows if row]


def _inline(value: Json) -> Json | None:
    rows = _rows(value, "inline_keyboard", "InlineKeyboardMarkup")
    kept = [[_button(button) for button in row] for row in rows]
    return {"inline_keyboard": kept} if kept else None


def _reply(value: Json, *, private: bool) -> Json | None:
    rows = _rows(value, "keyboard", "ReplyKeyboardMarkup")
    kept = [[_key(key, private=private) for key in row] for row in rows]
    return value | {"keyboard": kept} if kept else None


def _key(key: Any, *, private: bool) -> Json:
    key = {"text": key} if isinstance(key, str) else key
    if not isinstance(key, dict) or not str(key.get("text", "")).strip():
        raise bad_request('can\'t parse keyboard button: field "text" is empty')
    for wish, refusal in PRIVATE_ONLY.items():
        if key.get(wish) and not private:
            raise bad_request(refusal)
    return key


def _button(button: Any) -> Json:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad_request('can\'t parse inline keyboard button: field "text" is empty')
    if "callback_data" in button:
        data = str(button["callback_data"])
        if not 1 <= len(data.encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
        return {"text": str(button["text"]), "callback_data": data}
    if "url" in button:
        url = str(button["url"])
        if not url.startswith(LINKS):
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: wrong HTTP URL")
        return {"text": str(button["text"]), "url": url}
    raise bad_request(
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
    )
