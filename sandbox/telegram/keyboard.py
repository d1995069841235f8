"""Inline keyboards: what Telegram accepts under a message."""

import json
from typing import Any

from sandbox.telegram.errors import bad_request
from sandbox.wire import Json

LINKS = ("http://", "https://", "tg://", "t.me/")


def parse(value: Any) -> Json | None:
    """The keyboard as Telegram stores it, or None; raises BotApiError 400."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value else None
        except ValueError as error:
            raise bad_request("can't parse reply keyboard markup JSON object") from error
    if not value:
        return None
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in value:
        return value if {"keyboard", "remove_keyboard", "force_reply"} & set(value) else None
    rows = value["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
        )
    kept = [[_button(button) for button in row] for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


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
