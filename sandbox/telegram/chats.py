"""Users, chats and messages as Telegram would keep them."""

import time
from dataclasses import dataclass, field

from sandbox.numbers import Numbers
from sandbox.settings import Person, SandboxSettings
from sandbox.telegram.markup import Marked
from sandbox.wire import Json

SYNTHETIC_FROM = 920_000_000


@dataclass
class User:
    """A person or the bot. `blocked`: he stopped the bot."""

    id: int
    first_name: str
    last_name: str = ""
    username: str | None = None
    is_bot: bool = False
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    def to_json(self) -> Json:
        shown: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.last_name:
            shown["last_name"] = self.last_name
        if self.username:
            shown["username"] = self.username
        if not self.is_bot:
            shown["language_code"] = "ru"
        return shown


@dataclass
class Version:
    """What a message said before an edit."""

    text: str
    buttons: list[str]
    at: float


@dataclass
class Message:
    """`service` holds the fields of a service message (migration, …)."""

    chat_id: int
    id: int
    sender: User | None
    content: Marked
    keyboard: Json | None = None
    date: float = field(default_factory=time.time)
    edited_at: float | None = None
    past: list[Version] = field(default_factory=list)
    service: Json | None = None
    deleted: bool = False
    preview_disabled: bool = False

    def buttons(self) -> list[Json]:
        rows = (self.keyboard or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]


@dataclass
class Chat:
    """A private chat has the user's id. Message ids run per chat."""

    id: int
    type: str
    title: str = ""
    members: set[int] = field(default_factory=set)
    messages: dict[int, Message] = field(default_factory=dict)
    migrated_to: int | None = None
    migrated_from: int | None = None
    next_id: int = 1

    @property
    def is_group(self) -> bool:
        return self.type != "private"


class Chats:
    """Everything that Telegram knows about the demo."""

    def __init__(self, settings: SandboxSettings, numbers: Numbers) -> None:
        self.settings = settings
        self._first = numbers.first_message
        self.bot = User(
            settings.bot_id, settings.bot_name, username=settings.bot_username, is_bot=True
        )
        self.users: dict[int, User] = {self.bot.id: self.bot}
        self.chats: dict[int, Chat] = {}
        group = self.open(settings.group_id, "group", settings.group_title, {self.bot.id})
        for person in settings.workers:
            self._add_person(person)
            group.members.add(person.id)
        self._add_person(settings.manager)
        group.members.add(settings.manager.id)

    def open(
        self, chat_id: int, kind: str, title: str = "", members: set[int] | None = None
    ) -> Chat:
        chat = Chat(chat_id, kind, title, members or set(), next_id=self._first)
        self.chats[chat_id] = chat
        return chat

    def _add_person(self, person: Person) -> None:
        self.users[person.id] = User(
            person.id,
            person.first_name,
            person.last_name,
            person.username,
            started=person.started,
        )
        self.open(person.id, "private")

    def synthetic_worker(self, number: int, *, member: bool = True) -> User:
        """The same number is always the same person; every third has no login."""
        user_id = SYNTHETIC_FROM + number
        user = self.users.get(user_id)
        if user is None:
            login = None if number % 3 == 0 else f"sample_worker_{number}"
            user = User(user_id, f"Исполнитель {number}", "Образцовый", login)
            self.users[user_id] = user
            self.open(user_id, "private")
        if member:
            self.group().members.add(user_id)
        return user

    def group(self) -> Chat:
        """The workers' group as it is now, after any migration."""
        group = self.chats[self.settings.group_id]
        return self.chats[group.migrated_to] if group.migrated_to else group

    def write(
        self,
        chat: Chat,
        sender: User | None,
        content: Marked,
        keyboard: Json | None = None,
        service: Json | None = None,
    ) -> Message:
        message = Message(chat.id, chat.next_id, sender, content, keyboard, service=service)
        chat.messages[message.id] = message
        chat.next_id += 1
        return message

    def chat_json(self, chat: Chat) -> Json:
        if chat.is_group:
            return {"id": chat.id, "type": chat.type, "title": chat.title}
        shown = self.users[chat.id].to_json()
        for extra in ("is_bot", "language_code"):
            shown.pop(extra, None)
        return shown | {"type": "private"}

    def message_json(self, message: Message) -> Json:
        chat = self.chats[message.chat_id]
        shown: Json = {
            "message_id": message.id,
            "date": int(message.date),
            "chat": self.chat_json(chat),
        }
        if message.sender:
            shown["from"] = message.sender.to_json()
        if message.service:
            return shown | message.service
        shown["text"] = message.content.text
        if message.content.entities:
            shown["entities"] = message.content.entities
        if message.edited_at:
            shown["edit_date"] = int(message.edited_at)
        if message.keyboard and "inline_keyboard" in message.keyboard:
            shown["reply_markup"] = message.keyboard
        if message.preview_disabled:
            shown["link_preview_options"] = {"is_disabled": True}
        return shown
