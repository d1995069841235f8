"""The clients' telephones: what arrived on each, and what each can receive."""

import re
from dataclasses import asdict, dataclass, field
from typing import Literal

from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.wire import Json

Channel = Literal["whatsapp", "sms"]
NAMES: dict[Channel, str] = {"whatsapp": "WhatsApp", "sms": "SMS"}
LINK = re.compile(r"https?://[^\s<>\"]+")


def digits(phone: str) -> str:
    """A number in the international form without the plus; a Russian leading 8 becomes 7."""
    found = re.sub(r"\D", "", phone)
    return f"7{found[1:]}" if len(found) == 11 and found[0] == "8" else found


@dataclass
class Arrival:
    """One message. `text` is as the person reads it; `links` are what can be tapped, in order.

    `replies` are the labels and payloads of quick replies, until one of them is pressed.
    """

    id: str
    channel: Channel
    text: str
    links: list[str]
    sender: str
    template: str | None = None
    status: str = "delivered"
    at: float = field(default_factory=now)
    replies: dict[str, str] = field(default_factory=dict)


@dataclass
class Written:
    """What the person wrote in WhatsApp. `taken`: whether Switchboard has it."""

    id: str
    text: str
    at: float = field(default_factory=now)
    taken: bool = False


class Phones:
    """Per number: a list of what arrived, and one of what was written."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.arrivals: dict[str, list[Arrival]] = {}
        self.written: dict[str, list[Written]] = {}
        self.without: dict[Channel, set[str]] = {"whatsapp": set(), "sms": set()}
        # When the person last wrote to the business in WhatsApp, Unix time in seconds.
        self.wrote_at: dict[str, float] = {}

    def reachable(self, phone: str, channel: Channel) -> bool:
        return digits(phone) not in self.without[channel]

    def receive(self, phone: str, arrival: Arrival) -> None:
        self.arrivals.setdefault(digits(phone), []).append(arrival)
        first = arrival.text.splitlines()[0] if arrival.text else ""
        self._feed.tell("switchboard", f"{NAMES[arrival.channel]} · {_masked(phone)}: «{first}»")

    def equip(self, phone: str, channel: Channel, *, has: bool) -> None:
        """Whether this number can be reached by the channel from now on."""
        if has:
            self.without[channel].discard(digits(phone))
        else:
            self.without[channel].add(digits(phone))
        self._feed.changed()

    def known(self) -> list[str]:
        return sorted(
            {*self.arrivals, *self.wrote_at, *self.without["whatsapp"], *self.without["sms"]}
        )

    def shown(self, phone: str) -> Json:
        number = digits(phone)
        return {
            "phone": f"+{number}",
            "whatsapp": self.reachable(number, "whatsapp"),
            "sms": self.reachable(number, "sms"),
            "messages": [asdict(arrival) for arrival in self.arrivals.get(number, [])],
            "written": [asdict(words) for words in self.written.get(number, [])],
            "wrote_at": self.wrote_at.get(number),
        }


def _masked(phone: str) -> str:
    return f"…{digits(phone)[-4:]}"


def links_in(text: str) -> list[str]:
    """Addresses as telephones make them tappable: punctuation at the end is not part of them."""
    return [found.rstrip(".,;:!?)»") for found in LINK.findall(text)]
