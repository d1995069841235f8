"""The clients of the tyre services: who he is in the CRM, in Telegram, on the phone and in 1C.

Nothing but the number joins these, and each of them spells it in its own way.
"""

import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from sandbox.bitrix24.records import Contact
from sandbox.onec.schema import GRANTS, NO_DATE, TAKES
from sandbox.page.chats import person
from sandbox.phones import Arrival, digits
from sandbox.settings_telegram import Person
from sandbox.wire import Json
from sandbox.world import World

SHOWN_CLIENTS = 12
SHOWN_ARRIVALS = 30


@dataclass
class Client:
    """Cards of the CRM that share a number, and whoever has that number in Telegram."""

    name: str
    numbers: list[str] = field(default_factory=list)
    spelt: list[str] = field(default_factory=list)
    cards: list[Contact] = field(default_factory=list)
    telegram: Person | None = None


def number_of(spelling: str) -> str:
    """Eleven digits, as arrivals are kept: a Russian number may be written without its first."""
    found = digits(re.sub(r"\D", "", spelling))
    return f"7{found}" if len(found) == 10 else found


def key_of(phones: Iterable[str]) -> str | None:
    """What a client is called on the page; None for somebody without a phone."""
    return next((number_of(phone) for phone in phones), None)


def clients(world: World) -> list[Json]:
    """Everybody who can be reached, in the order of the CRM's cards."""
    found: list[Client] = []
    for card in world.bitrix24.portal.contacts.values():
        phones = [phone.value for phone in card.phones]
        if phones:
            client = _known(found, phones) or _new(found, card.full_name)
            _give(client, phones)
            client.cards.append(card)
    for one in world.tyres_telegram.settings.people:
        client = _known(found, [one.phone]) or _new(found, f"{one.first_name} {one.last_name}")
        _give(client, [f"+{one.phone}"])
        client.telegram = one
    return [_shown(world, client) for client in found[:SHOWN_CLIENTS]]


def _known(found: list[Client], phones: list[str]) -> Client | None:
    numbers = {number_of(phone) for phone in phones}
    return next((client for client in found if numbers & set(client.numbers)), None)


def _new(found: list[Client], name: str) -> Client:
    client = Client(name)
    found.append(client)
    return client


def _give(client: Client, phones: list[str]) -> None:
    for phone in phones:
        if number_of(phone) not in client.numbers:
            client.numbers.append(number_of(phone))
            client.spelt.append(phone)


def _shown(world: World, client: Client) -> Json:
    phones = world.phones
    balance = world.settings.tyres.contact_field("balance").code
    return {
        "key": client.numbers[0],
        "name": client.name,
        "phones": [f"+{number}" for number in client.numbers],
        "spelt": client.spelt,
        "cards": [card.id for card in client.cards],
        "whatsapp": all(phones.reachable(number, "whatsapp") for number in client.numbers),
        "sms": all(phones.reachable(number, "sms") for number in client.numbers),
        "arrivals": _arrivals(world, client),
        "written": _written(world, client),
        "window_until": _window_until(world, client),
        "telegram": person(world.tyres_telegram, client.telegram.id) if client.telegram else None,
        "balance": next(
            (card.values[balance] for card in client.cards if card.values.get(balance) is not None),
            None,
        ),
        "account": _account(world, client),
    }


def _arrivals(world: World, client: Client) -> list[Json]:
    found = [
        (number, arrival)
        for number in client.numbers
        for arrival in world.phones.arrivals.get(number, [])
    ]
    found.sort(key=lambda one: one[1].at)
    return [_arrival(world, number, arrival) for number, arrival in found[-SHOWN_ARRIVALS:]]


def _arrival(world: World, number: str, arrival: Arrival) -> Json:
    """`button` is the label of the link that is not in the text."""
    template = world.whatsapp.messages.templates.get((arrival.template or "", "ru"))
    button = template.button if template else ""
    return asdict(arrival) | {"phone": f"+{number}", "button": button}


def _written(world: World, client: Client) -> list[Json]:
    """What he wrote in WhatsApp, by any of his numbers."""
    found = [
        asdict(words) | {"phone": f"+{number}"}
        for number in client.numbers
        for words in world.phones.written.get(number, [])
    ]
    found.sort(key=lambda one: one["at"])
    return found[-SHOWN_ARRIVALS:]


def _window_until(world: World, client: Client) -> float | None:
    """Until when texts reach him in WhatsApp; None where only templates do."""
    open_until = (world.whatsapp.messages.window_until(number) for number in client.numbers)
    return max((until for until in open_until if until), default=None)


def _account(world: World, client: Client) -> Json | None:
    """The client's card in 1C with its documents; None when 1C does not know his number."""
    books = world.onec.books
    cards = [books.client_by_phone(f"+{number}") for number in client.numbers]
    card = next((one for one in cards if one), None)
    if card is None:
        return None
    documents = [
        (sign, document)
        for table, sign in ((GRANTS, 1), (TAKES, -1))
        for document in books.tables[table].values()
        if document["Контрагент_Key"] == card["Ref_Key"]
    ]
    documents.sort(key=lambda one: (one[1]["Date"], b64decode(one[1]["DataVersion"])))
    return {
        "name": card["Description"],
        "phone": card["Телефон"],
        "balance": books.balance(card["Ref_Key"]),
        "movements": [_movement(sign, document) for sign, document in documents],
    }


def _movement(sign: int, document: Json) -> Json:
    """`at` and `until` are as 1C writes them: a wall clock's, without an offset."""
    until = document["СрокДействия"]
    return {
        "id": document["Ref_Key"],
        "number": document["Number"],
        "points": sign * document["Сумма"],
        "at": document["Date"],
        "until": None if until == NO_DATE else until,
        "comment": document["Комментарий"],
        "external_id": document["ВнешнийИдентификатор"],
        "posted": document["Posted"] and not document["DeletionMark"],
    }
