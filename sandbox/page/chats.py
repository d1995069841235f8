"""Telegram's people, chats and messages as the page shows them."""

from sandbox.telegram.api import TelegramStandIn
from sandbox.telegram.chats import Chat, Message
from sandbox.wire import Json

SHOWN_MESSAGES = 40


def person(telegram: TelegramStandIn, user_id: int) -> Json:
    chats = telegram.chats
    user, chat = chats.users[user_id], chats.chats[user_id]
    press = telegram.presses.last_of(user_id)
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "username": user.username,
        "started": user.started,
        "blocked": user.blocked,
        "phone": f"+{user.phone}" if user.phone else None,
        "member": bool(telegram.settings.group) and user_id in chats.group().members,
        "press": press.to_json() if press else None,
        "keyboard": chat.reply_keyboard(),
        "messages": messages(telegram, chat),
    }


def group_chat(telegram: TelegramStandIn) -> Json:
    group = telegram.chats.group()
    shown = messages(telegram, group)
    if group.migrated_from:
        # People see one history, though the bot's chat has a new id.
        old = telegram.chats.chats[group.migrated_from]
        shown = (messages(telegram, old) + shown)[-SHOWN_MESSAGES:]
    return {
        "id": group.id,
        "type": group.type,
        "title": group.title,
        "members": len(group.members),
        "messages": shown,
    }


def messages(telegram: TelegramStandIn, chat: Chat) -> list[Json]:
    kept = [message for message in chat.messages.values() if not message.deleted]
    return [_message(telegram, message) for message in kept[-SHOWN_MESSAGES:]]


def _message(telegram: TelegramStandIn, message: Message) -> Json:
    sender = message.sender
    return {
        "chat_id": message.chat_id,
        "id": message.id,
        "from": sender.id if sender else 0,
        "name": sender.first_name if sender else "",
        "bot": sender is telegram.chats.bot,
        "html": message.content.safe_html,
        "contact": message.contact,
        "rows": (message.keyboard or {}).get("inline_keyboard", []),
        "at": message.date,
        "edited": message.edited_at,
        "past": [version.text for version in message.past],
        "service": _service(message),
    }


def _service(message: Message) -> str | None:
    if message.service is None:
        return None
    if "migrate_to_chat_id" in message.service:
        return "Группа преобразована в супергруппу"
    return "Супергруппа создана из группы"
