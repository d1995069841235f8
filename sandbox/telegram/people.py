"""What people do in Telegram: write, press, share a contact, block, make a group a supergroup."""

from dataclasses import dataclass

from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.telegram.chats import Chat, Chats, Message, User
from sandbox.telegram.markup import Marked, plain
from sandbox.telegram.presses import Press, Presses
from sandbox.telegram.webhook import Webhook
from sandbox.wire import Json

START_PAYLOAD_LIMIT = 64


class Impossible(ValueError):
    """A person cannot do that; the message says why."""


@dataclass(frozen=True)
class Card:
    """A contact card. `owner` is its Telegram user, None where Telegram knows of none."""

    phone: str
    first_name: str
    last_name: str = ""
    owner: int | None = None

    def to_json(self) -> Json:
        shown: Json = {"phone_number": self.phone, "first_name": self.first_name}
        if self.last_name:
            shown["last_name"] = self.last_name
        if self.owner is not None:
            shown["user_id"] = self.owner
        return shown


STRANGER = Card("79000000099", "Пётр", "Посторонний")
"""Somebody whose card people pass on: he is not in Telegram."""


class People:
    """Every action makes the update that Telegram would make of it."""

    def __init__(self, chats: Chats, presses: Presses, webhook: Webhook, feed: Feed) -> None:
        self._chats = chats
        self._presses = presses
        self._webhook = webhook
        self._feed = feed

    def user(self, user_id: int) -> User:
        user = self._chats.users.get(user_id)
        if user is None:
            raise Impossible(f"there is no user {user_id}")
        return user

    def _message(self, chat_id: int, message_id: int) -> Message:
        chat = self._chats.chats.get(chat_id)
        message = chat.messages.get(message_id) if chat else None
        if message is None or message.deleted:
            raise Impossible(f"there is no message {message_id} in chat {chat_id}")
        return message

    def press(
        self,
        user_id: int,
        chat_id: int,
        message_id: int,
        button: str | int = 0,
        data: str | None = None,
    ) -> Press:
        """Press a button by its label or position; `data` forges callback data instead."""
        user = self.user(user_id)
        message = self._message(chat_id, message_id)
        label, pressed = ("", data) if data is not None else _button(message, button)
        press = self._presses.add(user_id, chat_id, message_id, label, pressed or "")
        query: Json = {
            "id": press.id,
            "from": user.to_json(),
            "message": self._chats.message_json(message),
            "chat_instance": str(7_000_000_000 - chat_id),
            "data": press.data,
        }
        if user_id < 920_000_000:
            self._feed.tell("person", f"{user.first_name} нажимает «{label or press.data}»")
        self._webhook.send("callback_query", f"callback:{user_id}", query)
        return press

    def start(self, user_id: int, payload: str = "") -> Message:
        """Press Start in the bot, with the payload of a deep link or without one."""
        user = self.user(user_id)
        if len(payload) > START_PAYLOAD_LIMIT:
            raise Impossible(f"Telegram carries at most {START_PAYLOAD_LIMIT} characters")
        if user.blocked:
            self.unblock(user_id)
        user.started = True
        self._feed.tell("person", f"{user.first_name} нажимает «Начать» в боте")
        return self.say(user_id, user_id, f"/start {payload}".strip(), silent=True)

    def say(self, user_id: int, chat_id: int, text: str, *, silent: bool = False) -> Message:
        """Write a message as a person."""
        user = self.user(user_id)
        chat = self._chats.chats.get(chat_id)
        if chat is None or not text.strip():
            raise Impossible("a message needs a chat and a text")
        content = plain(text)
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            content.entities = [{"type": "bot_command", "offset": 0, "length": length}]
        message = self._chats.write(chat, user, content)
        if any(key["text"] == text for row in chat.reply_keyboard() for key in row):
            chat.used_keyboard()
        if not silent:
            self._feed.tell("person", f"{user.first_name} пишет: «{text[:70]}»")
        self._webhook.send("message", f"chat:{chat.id}", self._chats.message_json(message))
        return message

    def card_of(self, user_id: int, phone: str | None = None) -> Card:
        """His own card; apps write the number with a plus and without, which `phone` may say."""
        user = self.user(user_id)
        if not (phone or user.phone):
            raise Impossible(f"no phone of {user_id} is known: say `phone`")
        return Card(phone or user.phone, user.first_name, user.last_name, user.id)

    def share(self, user_id: int, card: Card) -> Message:
        """Send a card to the bot: his own, as its button asks for, or anybody's."""
        user = self.user(user_id)
        if not user.started or user.blocked:
            raise Impossible(f"{user.first_name} sees no more than the button Start")
        chat = self._chats.chats[user_id]
        message = self._chats.write(chat, user, Marked())
        message.contact = card.to_json()
        asked = any(key.get("request_contact") for row in chat.reply_keyboard() for key in row)
        if card.owner == user_id and asked:
            message.reply_to = chat.asking
            chat.used_keyboard()
        whose = "своим номером" if card.owner == user_id else "чужим контактом"
        self._feed.tell("person", f"{user.first_name} делится {whose}")
        self._webhook.send("message", f"chat:{chat.id}", self._chats.message_json(message))
        return message

    def block(self, user_id: int) -> None:
        self._member_changed(user_id, blocked=True)

    def unblock(self, user_id: int) -> None:
        self._member_changed(user_id, blocked=False)

    def _member_changed(self, user_id: int, *, blocked: bool) -> None:
        user = self.user(user_id)
        if user.blocked == blocked:
            return
        user.blocked = blocked
        user.started = user.started or blocked
        statuses = ("member", "kicked") if blocked else ("kicked", "member")
        bot = self._chats.bot.to_json()
        old: Json = {"status": statuses[0], "user": bot}
        new: Json = {"status": statuses[1], "user": bot}
        if blocked:
            new["until_date"] = 0
        else:
            old["until_date"] = 0
        done = "блокирует бота" if blocked else "снимает блокировку с бота"
        self._feed.tell("person", f"{user.first_name} {done}")
        change: Json = {
            "chat": self._chats.chat_json(self._chats.chats[user_id]),
            "from": user.to_json(),
            "date": int(now()),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        self._webhook.send("my_chat_member", f"member:{user_id}", change)

    def leave(self, user_id: int) -> None:
        """Leave the workers' group."""
        self._chats.group().members.discard(self.user(user_id).id)
        self._feed.tell("person", f"{self.user(user_id).first_name} выходит из группы")

    def join(self, user_id: int) -> None:
        self._chats.group().members.add(self.user(user_id).id)
        self._feed.tell("person", f"{self.user(user_id).first_name} вступает в группу")

    def migrate(self) -> Chat:
        """Turn the group into a supergroup: a new id, new message ids, two service messages."""
        group = self._chats.settings.group
        old = self._chats.chats[group.id] if group else None
        if group is None or old is None or old.migrated_to:
            raise Impossible("only a basic group can become a supergroup, once")
        new = self._chats.open(group.supergroup_id, "supergroup", old.title, set(old.members))
        new.migrated_from = old.id
        old.migrated_to = new.id
        author = self.user(group.author)
        for chat, note in (
            (old, {"migrate_to_chat_id": new.id}),
            (new, {"migrate_from_chat_id": old.id}),
        ):
            message = self._chats.write(chat, author, Marked(), service=note)
            self._webhook.send("message", f"chat:{chat.id}", self._chats.message_json(message))
        self._feed.tell("fault", "Группа стала супергруппой: у неё новый номер")
        return new


def _button(message: Message, wanted: str | int) -> tuple[str, str]:
    buttons = message.buttons()
    for position, button in enumerate(buttons):
        named = isinstance(wanted, str) and wanted.lower() in button["text"].lower()
        if (position == wanted or named) and "callback_data" in button:
            return button["text"], button["callback_data"]
    raise Impossible(f"message {message.id} has no button {wanted!r} to press")
