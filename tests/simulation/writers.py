"""Clients in WhatsApp: what they do with what comes there, and what they write to the branch."""

import hashlib
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tests.simulation.whatsapp import Sent
from tests.simulation.world import World

if TYPE_CHECKING:
    from tests.simulation.clients import Client

TELLING = ("колесо спустило", "вы открыты?")
"""Words of which a person must know, also when they are his first."""
_FIRST = ("Да, давайте", "9", "спасибо", "здравствуйте", TELLING[0], "👍")
_BUTTON = "Ответить здесь"
_OTHER = (
    "нормально",
    "перезвоните",
    "11",
    "плохо, 10 минут стоял",
    "спасибо",
    "tyres",
    "5+",
    "стоп",
)
_SCORES = {
    **dict.fromkeys(("9", "девять", "9/10", "ставлю 9"), 9),
    **dict.fromkeys(("8", "восемь", "8-9", "8,5"), 8),
    **dict.fromkeys(("10!", "десять", "10 из 10"), 10),
    **dict.fromkeys(("2", "два", "2 из 10"), 2),
    **dict.fromkeys(("5", "5 из 10"), 5),
}
"""What a client may write for a score, and the score that he means."""
_HAPPY = tuple(text for text, score in _SCORES.items() if score >= 8)
_UNHAPPY = tuple(text for text, score in _SCORES.items() if score < 8)
_PAUSES = (3.0, 60.0, 60.0, 3600.0, 3 * 3600.0, 30 * 3600.0)


class Words(NamedTuple):
    """What a client has written. `meant` is the score, None where it is none of any kind.

    `by_button`: he has pressed the button of a template.
    """

    wamid: str
    client: "Client"
    text: str
    meant: int | None
    at: float
    by_button: bool

    @property
    def id(self) -> str:
        """The event's: by WhatsApp's own name for the message, in which a phone stands."""
        return hashlib.sha256(self.wamid.encode()).hexdigest()[:32]


class Writers:
    def __init__(
        self,
        world: World,
        of_phone: Callable[[str], "Client | None"],
        follow: Callable[["Client", str], None],
    ) -> None:
        self.written: list[Words] = []
        self._world = world
        self._chance: Random = world.chance
        self._of_phone = of_phone
        self._follow = follow
        world.number.on_delivered.append(self._got)

    def _got(self, sent: Sent) -> None:
        """He follows the link, or writes, or both; a message of words he can only answer."""
        client = self._of_phone(sent.phone)
        if client is None:
            return
        if sent.kind == "text" and not sent.url:
            if self._chance.random() < (0.9 if "?" in sent.text else 0.2):
                self.answer(client, sent.text)
            return
        mind = self._chance.random()
        if sent.url and mind < 0.6:
            self._follow(client, sent.url)
        if mind > 0.3 and sent.url and self._chance.random() < 0.3:
            delay = self._chance.choice(_PAUSES) * self._chance.random()
            self._world.clock.after(delay, lambda: self.write(client, _BUTTON, by_button=True))
        elif mind > 0.3:
            self.answer(client, "")

    def answer(self, client: "Client", to: str) -> None:
        """After a while, as long as he has the patience; now and then with a second message."""
        if client.acts == 0:
            return
        client.acts -= 1
        delay = self._chance.choice(_PAUSES) * self._chance.random()
        self._world.clock.after(delay, lambda: self.write(client, self._words(client, to)))
        if self._chance.random() < 0.1:
            delay += self._chance.choice((0.2, 20)) * self._chance.random()
            self._world.clock.after(delay, lambda: self.write(client, self._words(client, to)))

    def write(self, client: "Client", text: str, *, by_button: bool = False) -> None:
        world = self._world
        if not client.has_whatsapp or world.versions[-1].whatsapp is None:
            return
        wamid = world.number.write(client.phone, text, by_button=by_button)
        said = Words(wamid, client, text, _SCORES.get(text), world.clock.now, by_button)
        self.written.append(said)

    def _words(self, client: "Client", to: str) -> str:
        """What he says to that message; he is not always attentive."""
        chance = self._chance
        if chance.random() < 0.13:
            return chance.choice(_OTHER)
        if "1. tyres" in to:
            return chance.choice(("1", "2", "tyres", "Oil."))
        if "words?" in to:
            return chance.choice(("хорошо", "долго ждал"))
        if "?" in to:
            return chance.choice(_HAPPY if client.happy else _UNHAPPY)
        return chance.choice(_FIRST)
