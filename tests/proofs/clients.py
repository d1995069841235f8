"""Who the clients are: what each will do when he is asked, and what he has said so far."""

import random
from dataclasses import dataclass, field
from typing import Literal

from tests.proofs.tyres import client_of

QUESTIONS = ("quality", "speed", "politeness")

Behaviour = Literal[
    "buttons", "words", "double taps", "back", "unclear first", "old button", "leaves", "silent",
    "late", "page", "page twice", "page unfinished", "writes", "writes, unclear", "writes, tells",
    "writes, leaves", "writes, stops", "writes, then page", "writes late",
]  # fmt: skip
IN_CHAT: dict[Behaviour, int] = {
    "buttons": 5,
    "words": 4,
    "double taps": 4,
    "back": 4,
    "unclear first": 2,
    "old button": 2,
    "leaves": 3,
    "silent": 2,
    "late": 3,
}
BY_SMS: dict[Behaviour, int] = {
    "page": 4,
    "page twice": 3,
    "page unfinished": 2,
    "silent": 2,
    "late": 2,
}
IN_WHATSAPP: dict[Behaviour, int] = {
    "page": 2,
    "page twice": 1,
    "page unfinished": 1,
    "silent": 1,
    "late": 1,
    "writes": 4,
    "writes, unclear": 3,
    "writes, tells": 2,
    "writes, leaves": 2,
    "writes, stops": 2,
    "writes, then page": 3,
    "writes late": 2,
}
"""How common each behaviour is."""

_HALF_WAY: tuple[Behaviour, ...] = (
    "leaves", "silent", "page unfinished", "writes, leaves", "writes, stops",
)  # fmt: skip
_LATE: tuple[Behaviour, ...] = ("late", "writes late")


@dataclass
class Client:
    """One client, what he has said last to each question, and what he did with his link.

    `user` is his Telegram id; whoever has none is asked by WhatsApp, and by SMS without it.
    """

    number: int
    phone: str
    behaviour: Behaviour
    user: int | None
    whatsapp: bool
    zone: str | None
    wants: tuple[int, ...]
    """The scores that he has in mind."""
    presses: int
    """How often he will press the button behind his review link."""
    deals: list[str] = field(default_factory=list)
    said: dict[str, int] = field(default_factory=dict)
    pressed: bool = False

    @property
    def id(self) -> str:
        return client_of(self.phone)

    @property
    def answers_all(self) -> bool:
        return self.behaviour not in _HALF_WAY

    @property
    def late(self) -> bool:
        """He does nothing before he is reminded."""
        return self.behaviour in _LATE

    @property
    def writes(self) -> bool:
        """He answers in WhatsApp, where he was given a link."""
        return self.behaviour.startswith("writes")


def drawn(
    chance: random.Random, number: int, phone: str, *, user: int | None, whatsapp: bool
) -> Client:
    kinds = IN_CHAT if user is not None else IN_WHATSAPP if whatsapp else BY_SMS
    unhappy = chance.random() < 0.25
    scores = range(1, 7) if unhappy else range(8, 11)
    return Client(
        number=number,
        phone=phone,
        behaviour=chance.choices(list(kinds), list(kinds.values()))[0],
        user=user,
        whatsapp=whatsapp,
        zone="Asia/Novosibirsk" if chance.random() < 0.15 else None,
        wants=tuple(chance.choice(scores) for _ in QUESTIONS),
        presses=chance.choice((0, 1, 1, 2, 3)),
    )


def nearby(score: int) -> int:
    """Another score, and no other mood."""
    return score - 1 if score > 8 or 2 <= score <= 6 else score + 1


def spelt(turn: int, score: int) -> str:
    """The same score in one of several ways."""
    words = ["один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять"]
    ways = [words[score - 1], f"{score}!", f"{score} из 10", f"ну, {score}", str(score)]
    if score < len(words):
        ways.append(f"{score}-{score + 1}")
    if score not in (4, 5):
        # A firm four or five is a mark of school, and nobody is sure what it means.
        ways.append(f"Твёрдая {score}")
    return ways[turn % len(ways)]
