"""Clients who were asked by WhatsApp, gave tens, and have their link to a review with a bonus."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from tests.proofs.tyres import ReviewStack, client_of, from_person, link_in, until_sent

_PATIENCE = 120.0
_TENS = {"quality": "10", "speed": "10", "politeness": "10"}


@dataclass(frozen=True)
class Happy:
    """A client with a link. `url` is of the click door."""

    phone: str
    deal: str
    url: str

    @property
    def id(self) -> str:
        return client_of(self.phone)

    @property
    def code(self) -> str:
        return self.url.rsplit("/", 1)[1]


async def happy_clients(
    stack: ReviewStack, count: int, say: Callable[[str], None], *, first: int = 2001
) -> list[Happy]:
    """From closed deals to links, by day."""
    shop = stack.sandbox
    await shop.until(11)
    phones = [f"+7900000{number}" for number in range(first, first + count)]
    say(f"{count} deals are closed")
    deals = [
        await shop.new_deal(title="Переобувка", phone=phone, client="Довольный Клиент", stage="NEW")
        for phone in phones
    ]
    await shop.stage(deals, "WON")
    await stack.surveys_are(deals, ("waiting",), _PATIENCE, "surveys wait")
    await shop.forward(hours=2, minutes=1)
    say(f"{count} clients are asked")
    async with httpx.AsyncClient(timeout=60) as browser:
        await asyncio.gather(*(_filled(stack, browser, phone) for phone in phones))
    say(f"{count} clients are invited")

    async def links() -> dict[str, str]:
        found = {phone: link_in(came, "r") for phone, came in (await shop.all_arrivals()).items()}
        known = {phone: found[phone] or "" for phone in phones if found.get(phone)}
        return known if len(known) == count else {}

    urls = await until_sent(links, _PATIENCE, "everybody has his link", 0.3)
    await stack.at_rest(_PATIENCE)
    return [Happy(phone, deal, urls[phone]) for phone, deal in zip(phones, deals, strict=True)]


async def _filled(stack: ReviewStack, browser: httpx.AsyncClient, phone: str) -> None:
    async def asked() -> str | None:
        return link_in(await stack.sandbox.arrivals(phone), "s")

    url = await until_sent(asked, _PATIENCE, f"{phone} has his link to the questions", 0.5)
    sent = await browser.post(url, data=_TENS, headers=from_person(url))
    assert sent.status_code == 200, f"his answers were not taken: {sent.status_code}"
