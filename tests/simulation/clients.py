"""Clients: in the bot's chat or at the end of an SMS, with all that people do there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Literal

from switchboard.domain.identity import Worker, client_id
from switchboard.pages.survey import options_of
from switchboard.playbook.model import Question
from switchboard.playbook.view import Question as Shown
from tests.simulation.amocrm import Contact
from tests.simulation.setting import BRANCH
from tests.simulation.smsc import Sms
from tests.simulation.telegram import Message
from tests.simulation.web import Visit, Web
from tests.simulation.world import World
from tests.simulation.writers import Writers

_NEVER_LONGER = 4 * 3600.0
_TEXTS = ("восемь", "9", "8-9", "11", "10!", "ну 7, наверное", "спасибо", "перезвоните", "oil", "2")
_ACTS = 14
"""How often a client does something in his chat, at most."""


@dataclass
class Said:
    """What a client did in his chat: a tap with its data, or words."""

    kind: Literal["tap", "text"]
    id: str
    update: int
    chat: int
    data: str
    at: float


@dataclass
class Client:
    """`person` is who he is in Telegram, be he known there or not; `phone` is in E.164."""

    person: Worker
    phone: str
    cards: list[Contact]
    happy: bool
    has_whatsapp: bool = True
    acts: int = _ACTS
    seen: list[str] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)
    """The updates in which he has sent his own card."""

    @property
    def id(self) -> str:
        return client_id(BRANCH, self.phone)


class Crowd:
    """All clients of a run. `pressed` is told of each press on a review link that led on."""

    def __init__(self, world: World, web: Web, pressed: Callable[[Client], None]) -> None:
        self.clients: list[Client] = []
        self.said: list[Said] = []
        self._world = world
        self._chance: Random = world.chance
        self._web = web
        self._pressed = pressed
        self.writers = Writers(world, self.of_phone, self.follow)
        world.chats.on_shown.append(self._shown)
        world.gateway.on_sent.append(self._got)

    def add(self) -> Client:
        number = len(self.clients) + 1
        phone = f"+7900000010{number}"
        spelling = self._chance.choice((phone, f"8 (900) 000-01-0{number}", f"7900000010{number}"))
        client = Client(
            Worker(id=991000000 + number, first_name=f"Клиент {number}"),
            phone,
            [self._world.account.meet(spelling)],
            self._chance.random() < 0.75,
        )
        if self._chance.random() < 0.35:
            client.has_whatsapp = False
            self._world.number.absent.add(phone)
        self.clients.append(client)
        return client

    def of_phone(self, phone: str) -> Client | None:
        return next((one for one in self.clients if one.phone == phone), None)

    # In Telegram.

    def start(self, client: Client) -> None:
        self._world.chats.started.add(client.person.id)
        self._world.updates.write(client.person, "/start")

    def share(self, client: Client) -> None:
        """Mostly his own card; one that somebody has sent him names another."""
        self._world.chats.started.add(client.person.id)
        own = self._chance.random() < 0.9
        owner = client.person.id if own else 990000055
        update = self._world.updates.share(client.person, client.phone.lstrip("+"), owner)
        if own:
            client.shared.append(update)

    def block(self, client: Client) -> None:
        self._world.chats.started.discard(client.person.id)

    def _shown(self, chat: int, number: int) -> None:
        client = next((one for one in self.clients if one.person.id == chat), None)
        if client is None or client.acts == 0:
            return
        client.acts -= 1
        delay = self._chance.choice((3, 60, 3600, _NEVER_LONGER)) * self._chance.random()
        self._world.clock.after(delay, lambda: self._look(client, number))

    def _look(self, client: Client, number: int) -> None:
        message = self._world.chats.messages[client.person.id][number]
        urls = [button.url for row in message.buttons for button in row if button.url]
        data = _data(message)
        client.seen += [one for one in data if one not in client.seen]
        if urls:
            self.follow(client, urls[0])
        if data:
            self._react(client, data)
        elif self._chance.random() < 0.12:
            self._write(client)
        if self._chance.random() < 0.05:
            self.writers.answer(client, "asked in the chat")

    def _react(self, client: Client, data: list[str]) -> None:
        mind = self._chance.random()
        if mind < 0.68:
            self._tap(client, self._chosen(client, data))
            if self._chance.random() < 0.2:
                twice = self._chance.choice((data[0], self._chosen(client, data)))
                delay = self._chance.random() * 0.4
                self._world.clock.after(delay, lambda: self._tap(client, twice))
        elif mind < 0.78:
            self._tap(client, self._chance.choice(client.seen))
        elif mind < 0.93:
            self._write(client)

    def _chosen(self, client: Client, data: list[str]) -> str:
        """What he thinks of us; now and then he goes back."""
        if self._chance.random() < 0.07:
            return self._chance.choice(data)
        answers = [one for one in data if not one.endswith(":98")]
        wanted = [one for one in answers if (int(one.rpartition(":")[2]) >= 8) is client.happy]
        return self._chance.choice(wanted or answers)

    def _tap(self, client: Client, data: str) -> None:
        query = f"{client.person.id}{len(self.said):09d}"
        update = self._world.updates.tap(client.person, data, query)
        chat, now = client.person.id, self._world.clock.now
        self.said.append(Said("tap", query, update, chat, data, now))

    def _write(self, client: Client) -> None:
        text = self._chance.choice(_TEXTS)
        update = self._world.updates.write(client.person, text)
        chat, now = client.person.id, self._world.clock.now
        self.said.append(Said("text", str(update), update, chat, text, now))

    # By SMS, and wherever a link leads.

    def _got(self, sms: Sms) -> None:
        client = self.of_phone(sms.phone)
        if client is None:
            return
        urls = [word for word in sms.text.split() if word.startswith("https://")]
        if urls:
            self.follow(client, urls[0])
        if self._chance.random() < 0.3:
            self.writers.answer(client, "asked by SMS")

    def follow(self, client: Client, url: str) -> None:
        """A link is on its way to him: scanners are first, then perhaps he opens it, or others."""
        chance, after = self._chance, self._world.clock.after
        for _ in range(chance.choice((0, 0, 1, 2, 4))):
            after(chance.choice((0, 3, 600)) * chance.random(), lambda: self._web.crawl(url))
        visitors: list[Literal["client", "friend"]] = []
        if chance.random() < 0.8:
            visitors.append("client")
        if chance.random() < 0.2:
            visitors.append("friend")
        for who in visitors:
            delay = chance.choice((5, 300, 3600, 30 * 3600)) * chance.random()
            after(delay, partial(self._web.open, url, who, partial(self._read, client, url)))
        if chance.random() < 0.05:
            after(60, lambda: self._web.send(url, "another site", {"work": "9"}, lambda _: None))

    def _read(self, client: Client, url: str, page: Visit) -> None:
        """He has the page before him, if there is one."""
        if page.status != 200:
            return
        chance = self._chance
        form: dict[str, str] = {}
        if "/s/" in url:
            link = self._world.tables.items["links"][page.code, "link"]
            playbook = self._world.versions[int(link["playbook"]["N"]) - 1]
            form = self._filled(client, playbook.reviewing.survey.questions)
        if chance.random() < 0.15:
            return
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            delay = chance.choice((0.1, 5, 60)) * chance.random()
            said = dict(form)
            if said and chance.random() < 0.1:
                said["work"] = chance.choice(("", "1", "10"))
            sent = partial(self._sent, client)
            self._world.clock.after(delay, partial(self._web.send, url, page.who, said, sent))

    def _sent(self, client: Client, visit: Visit) -> None:
        if visit.status == 303:
            self._pressed(client)

    def _filled(self, client: Client, questions: tuple[Question, ...]) -> dict[str, str]:
        said: dict[str, str] = {}
        for question in questions:
            if question.kind == "text":
                said[question.id] = self._chance.choice(("", "хорошо", "долго ждал"))
                continue
            shown = Shown.model_validate(question, from_attributes=True)
            values = [value for value, _ in options_of(shown)]
            if question.kind != "choice":
                values = [one for one in values if (int(one) >= 8) is client.happy]
            said[question.id] = self._chance.choice(values)
        return said


def _data(message: Message) -> list[str]:
    return [b.data for row in message.buttons for b in row if b.data.startswith("s:")]
