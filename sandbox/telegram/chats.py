"""Users, chats and messages as Telegram would keep them."""

from dataclasses import dataclass, field

from sandbox.clock import now
from sandbox.numbers import Numbers
from sandbox.settings_telegram import BotSettings, Person
from sandbox.telegram.markup import Marked
from sandbox.wire import Json

SYNTHETIC_FROM = 920_000_000
SYNTHETIC_PHONES = 79000001000


@dataclass
class User:
    """A person or the bot. `blocked`: he stopped the bot. `phone`: digits without a plus."""

    id: int
    first_name: str
    last_name: str = ""
    username: str | None = None
    is_bot: bool = False
    started: bool = False
    blocked: bool = False
    deactivated: bool = False
    phone: str = ""

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
    """`service` holds the fields of a service message (migration, …), `contact` a card.

    `keyboard` is the markup of any kind; only an inline keyboard belongs to the message for good.
    """

    chat_id: int
    id: int
    sender: User | None
    content: Marked
    keyboard: Json | None = None
    date: float = field(default_factory=now)
    edited_at: float | None = None
    past: list[Version] = field(default_factory=list)
    service: Json | None = None
    deleted: bool = False
    preview_disabled: bool = False
    contact: Json | None = None
    reply_to: "Message | None" = None

    def is_inline(self) -> bool:
        """Whether its markup, if it has any, is an inline keyboard."""
        return self.keyboard is None or "inline_keyboard" in self.keyboard

    def buttons(self) -> list[Json]:
        rows = (self.keyboard or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]


@dataclass
class Chat:
    """A private chat has the user's id. Message ids run per chat.

    `asking` is the message whose reply keyboard stands under the person's input field.
    """

    id: int
    type: str
    title: str = ""
    members: set[int] = field(default_factory=set)
    messages: dict[int, Message] = field(default_factory=dict)
    migrated_to: int | None = None
    migrated_from: int | None = None
    next_id: int = 1
    asking: Message | None = None

    @property
    def is_group(self) -> bool:
        return self.type != "private"

    def reply_keyboard(self) -> list[list[Json]]:
        """The rows that the person sees instead of his own keyboard."""
        markup = (self.asking.keyboard if self.asking else None) or {}
        rows: list[list[Json]] = markup.get("keyboard", [])
        return rows

    def used_keyboard(self) -> None:
        """The person has pressed one of its buttons."""
        if self.asking and (self.asking.keyboard or {}).get("one_time_keyboard"):
            self.asking = None


class Chats:
    """Everything that Telegram knows about one bot."""

    def __init__(self, settings: BotSettings, numbers: Numbers) -> None:
        self.settings = settings
        self._first = numbers.first_message
        self.bot = User(settings.id, settings.name, username=settings.username, is_bot=True)
        self.users: dict[int, User] = {self.bot.id: self.bot}
        self.chats: dict[int, Chat] = {}
        group = settings.group
        if group:
            self.open(group.id, "group", group.title, {self.bot.id})
        for person in settings.people:
            self._add_person(person)
            if group:
                self.chats[group.id].members.add(person.id)

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
            phone=person.phone,
        )
        self.open(person.id, "private")

    def synthetic(self, number: int, *, member: bool = True) -> User:
        """The same number is always the same person; every third has no login."""
        user_id = SYNTHETIC_FROM + number
        user = self.users.get(user_id)
        if user is None:
            login = None if number % 3 == 0 else f"sample_worker_{number}"
            name = f"{'Исполнитель' if self.settings.group else 'Клиент'} {number}"
            user = User(user_id, name, "Образцовый", login, phone=str(SYNTHETIC_PHONES + number))
            self.users[user_id] = user
            self.open(user_id, "private")
        if member and self.settings.group:
            self.group().members.add(user_id)
        return user

    def group(self) -> Chat:
        """The group as it is now, after any migration. Raises ValueError where there is none."""
        if self.settings.group is None:
            raise ValueError("this bot is in no group")
        group = self.chats[self.settings.group.id]
        return self.chats[group.migrated_to] if group.migrated_to else group

    def usual(self, user_id: int) -> int:
        """Where this person usually speaks: in the bot's group, else to the bot alone."""
        return self.group().id if self.settings.group else user_id

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
        if message.reply_to:
            shown["reply_to_message"] = self.message_json(message.reply_to)
        if message.contact:
            return shown | {"contact": message.contact}
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
