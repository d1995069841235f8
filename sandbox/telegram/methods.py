"""Methods of the Bot API that a bot of ours uses."""

import json
import time
from collections.abc import Callable
from typing import Any

from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.telegram import keyboard, markup
from sandbox.telegram.chats import Chat, Chats, Message, Version
from sandbox.telegram.errors import BotApiError, bad_request, forbidden, migrated, too_many_requests
from sandbox.telegram.pace import Pace
from sandbox.telegram.presses import Presses
from sandbox.telegram.webhook import Webhook
from sandbox.wire import Json

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


class BotMethods:
    """Dispatches by name. Raises BotApiError for every refusal."""

    def __init__(
        self, chats: Chats, presses: Presses, pace: Pace, webhook: Webhook, feed: Feed
    ) -> None:
        self.chats = chats
        self.presses = presses
        self.pace = pace
        self.webhook = webhook
        self.feed = feed
        self._methods: dict[str, Callable[[Json], Any]] = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "editmessagetext": self._edit_text,
            "editmessagereplymarkup": self._edit_markup,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_callback,
            "getchat": self._get_chat,
            "getchatmember": self._get_chat_member,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._webhook_info,
            "getupdates": self._get_updates,
        }

    def call(self, method: str, parameters: Json) -> Any:
        """Method names are case-insensitive, as in Telegram."""
        found = self._methods.get(method.lower())
        if found is None:
            raise BotApiError(404, "Not Found: method not found")
        return found(parameters)

    def chat_of(self, parameters: Json) -> Chat:
        """The chat of a request, or Telegram's reason why the bot cannot use it."""
        chat_id = integer(parameters.get("chat_id"), "chat_id is empty")
        chat = self.chats.chats.get(chat_id)
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to:
            raise migrated(chat.migrated_to)
        if not chat.is_group:
            self._reachable(chat_id)
        elif self.chats.bot.id not in chat.members:
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        return chat

    def _reachable(self, user_id: int) -> None:
        user = self.chats.users[user_id]
        if user.deactivated:
            raise forbidden("user is deactivated")
        if user.blocked:
            raise forbidden("bot was blocked by the user")
        if not user.started:
            raise forbidden("bot can't initiate conversation with a user")

    def _paced(self, chat: Chat) -> None:
        wait = self.pace.admit(chat.id, group=chat.is_group, now=time.monotonic())
        if wait is not None:
            raise too_many_requests(wait)

    def _get_me(self, parameters: Json) -> Json:
        del parameters
        abilities = dict.fromkeys(
            ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries"),
            True,
        )
        return self.chats.bot.to_json() | abilities

    def _send_message(self, parameters: Json) -> Json:
        chat = self.chat_of(parameters)
        content = markup.parse(str(parameters.get("text", "")), parameters.get("parse_mode"))
        buttons = keyboard.parse(parameters.get("reply_markup"), private=not chat.is_group)
        self._paced(chat)
        message = self.chats.write(chat, self.chats.bot, content, buttons)
        if not message.is_inline():
            chat.asking = message if "keyboard" in (buttons or {}) else None
        options = nested(parameters.get("link_preview_options"))
        message.preview_disabled = bool(options.get("is_disabled"))
        self.feed.tell("telegram", f"Бот пишет {self.where(chat)}: «{brief(content.text)}»")
        return self.chats.message_json(message)

    def _own_message(self, parameters: Json, verb: str) -> Message:
        chat = self.chat_of(parameters)
        number = integer(parameters.get("message_id"), "message identifier is not specified")
        message = chat.messages.get(number)
        if message is None or message.deleted:
            raise bad_request(f"message to {verb} not found")
        own = message.sender is self.chats.bot and not message.service
        # A message that brought a reply keyboard stays as it is (tdlib, can_edit_message).
        if verb == "edit" and not (own and message.is_inline()):
            raise bad_request("message can't be edited")
        return message

    def _edit_text(self, parameters: Json) -> Json:
        message = self._own_message(parameters, "edit")
        content = markup.parse(str(parameters.get("text", "")), parameters.get("parse_mode"))
        return self._edit(message, content, keyboard.parse_edited(parameters.get("reply_markup")))

    def _edit_markup(self, parameters: Json) -> Json:
        message = self._own_message(parameters, "edit")
        buttons = keyboard.parse_edited(parameters.get("reply_markup"))
        return self._edit(message, message.content, buttons)

    def _edit(self, message: Message, content: markup.Marked, buttons: Json | None) -> Json:
        same_text = (content.text, content.entities) == (
            message.content.text,
            message.content.entities,
        )
        if same_text and buttons == message.keyboard:
            raise bad_request(NOT_MODIFIED)
        chat = self.chats.chats[message.chat_id]
        if self.pace.limits.edits_count:
            self._paced(chat)
        labels = [button["text"] for button in message.buttons()]
        message.past.append(Version(message.content.text, labels, now()))
        message.content, message.keyboard = content, buttons
        message.edited_at = now()
        self.feed.tell(
            "telegram", f"Бот меняет сообщение {self.where(chat)}: «{brief(content.text)}»"
        )
        return self.chats.message_json(message)

    def _delete_message(self, parameters: Json) -> bool:
        message = self._own_message(parameters, "delete")
        message.deleted = True
        chat = self.chats.chats[message.chat_id]
        self.feed.tell("telegram", f"Бот удаляет сообщение {self.where(chat)}")
        return True

    def _answer_callback(self, parameters: Json) -> bool:
        answer: Json = {
            "text": str(parameters.get("text") or ""),
            "show_alert": flag(parameters.get("show_alert")),
            "url": parameters.get("url"),
        }
        press = self.presses.answer(str(parameters.get("callback_query_id", "")), answer)
        name = self.chats.users[press.user_id].first_name
        said = f"«{answer['text']}»" if answer["text"] else "без текста"
        self.feed.tell("telegram", f"{name} видит ответ: {said} · {press.answered_ms:.0f} мс")
        return True

    def _get_chat(self, parameters: Json) -> Json:
        chat = self.chat_of(parameters)
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
        return self.chats.chat_json(chat) | {
            "accent_color_id": 1,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys((*gifts, "gifts_from_channels"), False),
            "permissions": {"can_send_messages": True},
        }

    def _get_chat_member(self, parameters: Json) -> Json:
        chat = self.chat_of(parameters)
        user_id = integer(parameters.get("user_id"), "invalid user_id specified")
        user = self.chats.users.get(user_id)
        if user is None:
            raise bad_request("invalid user_id specified")
        status = "member" if user_id in chat.members else "left"
        return {"status": status, "user": user.to_json()}

    def _set_webhook(self, parameters: Json) -> bool:
        url = str(parameters.get("url", ""))
        if url and not url.startswith(("http://", "https://")):
            raise bad_request("bad webhook: invalid webhook URL specified")
        self.webhook.set(url, drop=flag(parameters.get("drop_pending_updates")))
        self.webhook.secret = str(parameters.get("secret_token", ""))
        self.webhook.allowed = listed(parameters.get("allowed_updates"))
        connections = parameters.get("max_connections")
        if connections is not None:
            self.webhook.connections(min(100, max(1, int(connections))))
        return True

    def _delete_webhook(self, parameters: Json) -> bool:
        self.webhook.delete(drop=flag(parameters.get("drop_pending_updates")))
        return True

    def _webhook_info(self, parameters: Json) -> Json:
        del parameters
        info: Json = {
            "url": self.webhook.url,
            "has_custom_certificate": False,
            "pending_update_count": self.webhook.pending,
            "max_connections": self.webhook.max_connections,
        }
        if self.webhook.allowed:
            info["allowed_updates"] = self.webhook.allowed
        if self.webhook.last_error:
            info["last_error_date"] = self.webhook.last_error["at"]
            info["last_error_message"] = self.webhook.last_error["message"]
        return info

    async def before(self, method: str, parameters: Json) -> None:
        """What a method waits for before it is called: getUpdates for an update."""
        if method.lower() != "getupdates":
            return
        self._polled()
        if "allowed_updates" in parameters:
            self.webhook.allowed = listed(parameters["allowed_updates"])
        offset = integer(parameters.get("offset") or 0, "offset must be an integer")
        if offset:
            self.webhook.kept.confirm(offset)
        seconds = integer(parameters.get("timeout") or 0, "timeout must be an integer")
        if not await self.webhook.kept.arrival(min(50, seconds)):
            self._polled()
            raise BotApiError(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )

    def _polled(self) -> None:
        if self.webhook.url:
            raise BotApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )

    def _get_updates(self, parameters: Json) -> list[Json]:
        self._polled()
        limit = integer(parameters.get("limit") or 100, "limit must be an integer")
        return [update.payload for update in self.webhook.kept.first(max(1, min(100, limit)))]

    def where(self, chat: Chat) -> str:
        """The chat in the plain words of the journal."""
        if chat.is_group:
            return "в группу"
        user = self.chats.users[chat.id]
        return f"лично: {user.first_name}"


def integer(value: Any, reason: str) -> int:
    """Raises BotApiError 400 with this reason unless the value is a whole number."""
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise bad_request(reason) from error


def flag(value: Any) -> bool:
    """A Boolean as JSON or as a form gives it."""
    return str(value or "").lower() in {"true", "1"}


def listed(value: Any) -> list[str]:
    """A list that may have come as a JSON string inside a form."""
    found = json.loads(value) if isinstance(value, str) and value else value
    return list(found) if isinstance(found, list) else []


def nested(value: Any) -> Json:
    """An object that may have come as a JSON string inside a form."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def brief(text: str, limit: int = 70) -> str:
    """The first line, for the journal."""
    line = next((part for part in text.splitlines() if part.strip()), "")
    return line if len(line) <= limit else line[: limit - 1] + "…"
