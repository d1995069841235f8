"""Telegram's bots in the sandbox, one per branch, and the people who meet them."""

from dataclasses import dataclass
from typing import Literal

BotProvider = Literal["telegram", "tyres_telegram"]


@dataclass(frozen=True)
class Person:
    """A made-up Telegram user. `started` says whether he has ever pressed Start in the bot.

    `phone` is the number of his account, digits without a plus; "" where nobody needs it.
    """

    id: int
    first_name: str
    last_name: str
    username: str | None
    started: bool
    phone: str = ""


@dataclass(frozen=True)
class Group:
    """A group with the bot in it, and the number it gets when it becomes a supergroup.

    `author` is the person who makes it one.
    """

    id: int
    supergroup_id: int
    title: str
    author: int


@dataclass(frozen=True)
class BotSettings:
    """One bot. `provider` is its name among the faults; all of its `people` are in its `group`.

    `webhook`: whether it has one from the start; without one its updates wait for getUpdates.
    """

    provider: BotProvider
    branch: str
    token: str
    secret: str
    id: int
    name: str
    username: str
    people: tuple[Person, ...]
    group: Group | None = None
    webhook: bool = True


@dataclass(frozen=True)
class TelegramPace:
    """Telegram's sending limits.

    One message a second per chat (short bursts pass), 20 a minute per group, 30 a second in all.
    Edits are counted only when `edits_count`: Telegram publishes no number for them.
    """

    enforced: bool = True
    per_chat_burst: int = 5
    per_chat_per_second: float = 1.0
    per_group_per_minute: int = 20
    overall_per_second: int = 30
    edits_count: bool = False


PACE = TelegramPace()

WORKERS = (
    Person(910000001, "Тимур", "Образцов", "timur_obraztsov", started=True),
    Person(910000002, "Лада", "Примерова", "lada_primerova", started=False),
    Person(910000003, "Гоша", "Безлогинов", None, started=True),
)

MANAGER = Person(910000009, "Мария", "Тестова", "maria_testova", started=True)

CLIENTS = (
    Person(
        910000021, "Вера", "Колёсникова", "vera_kolyosnikova", started=True, phone="79000000021"
    ),
    Person(910000022, "Денис", "Пробегов", None, started=True, phone="79000000022"),
    Person(910000023, "Роман", "Протекторов", "roman_p", started=False, phone="79000000023"),
)

TYRES_BOT = BotSettings(
    provider="tyres_telegram",
    branch="tyres",
    token="000001:TEST",
    secret="tyres-telegram-secret",
    id=910000200,
    name="Шинный центр · отзывы",
    username="switchboard_tyres_bot",
    people=CLIENTS,
)
