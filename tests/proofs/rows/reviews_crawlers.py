"""Row 2: ten thousand visits of crawlers, previews and other people; not one bonus."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from switchboard.domain.visits import Visit
from tests.doors.crawler_agents import PEOPLE, SCANNERS
from tests.proofs.books import bonuses, check_none, check_once
from tests.proofs.happy import Happy, happy_clients
from tests.proofs.opening import Answer, Opening, in_turns
from tests.proofs.report import Checks, Finding
from tests.proofs.setting import Setting
from tests.proofs.tyres import ReviewStack, from_person, reviewing, tyres_copy

NAME = "2 crawlers"

_CONNECTIONS = 16
_ELSEWHERE = "https://other-site.example"
_LISTED = frozenset({"crawler", "no browser", "robot"})
_KINDS = {
    # What a visit is, the share of it, and the reason that must stand in its item.
    "HEAD": (15, "method"),
    "named robot": (25, "listed"),
    "no agent": (10, "no agent"),
    "prefetch": (10, "prefetch"),
    "preview like a browser": (15, ""),
    "forwarded, not pressed": (15, ""),
    "robot that presses": (4, "listed"),
    "form of another site": (4, "another site"),
    "form without origin": (2, "another site"),
}
_PRESSES = frozenset({"robot that presses", "form of another site", "form without origin"})


async def prove(setting: Setting, folder: Path) -> Finding:
    async with setting.alone, reviewing(folder, tyres_copy(free=True, one_site=True)) as stack:
        await stack.sandbox.free()
        clients = await happy_clients(stack, setting.links, lambda what: setting.say(NAME, what))
        openings = _openings(clients, setting)
        answers = list[Answer]()
        for start in range(0, len(openings), 500):
            setting.say(NAME, f"{start} of {len(openings)} visits, {len(clients)} links")
            answers += await in_turns(openings[start : start + 500], _CONNECTIONS)
        await stack.at_rest(60)
        checks = Checks()
        await check_none(checks, stack, clients)
        earned = await bonuses(stack)
        checks.equal("bonuses", earned, 0)
        _check_answers(checks, answers)
        kept = await _check_kept(checks, stack, clients, openings)
        pressed = await _one_presses(checks, stack, clients)
        checks.equal("dead letters", await stack.dead_letters(), [])
        shown = ", ".join(f"{n:,} {reason or 'like a person'}" for reason, n in kept.most_common())
        return Finding(
            f"{len(openings):,} visits to {len(clients)} links with a bonus: "
            + ", ".join(f"{n:,} {kind}" for kind, n in _counted(openings).most_common()),
            f"{earned} bonuses; kept with verdict and reason: {shown}; the first real press "
            f"afterwards earned {pressed}",
            tuple(checks.failures),
        )


def _openings(clients: Sequence[Happy], setting: Setting) -> list[Opening]:
    chance = random.Random(setting.seed)
    shares = [share for share, _ in _KINDS.values()]
    kinds = chance.choices(list(_KINDS), shares, k=setting.visits)
    # Every kind at least once on the first link, however few there are.
    kinds[: len(_KINDS)] = list(_KINDS)
    return [_opening(clients[n % len(clients)].url, kind, chance) for n, kind in enumerate(kinds)]


def _opening(url: str, kind: str, chance: random.Random) -> Opening:
    robot, person = chance.choice(SCANNERS), chance.choice(PEOPLE)
    match kind:
        case "HEAD":
            return Opening(url, "HEAD", {"User-Agent": chance.choice((robot, person))}, kind)
        case "named robot":
            return Opening(url, "GET", {"User-Agent": robot}, kind)
        case "no agent":
            return Opening(url, "GET", {}, kind)
        case "prefetch":
            said = chance.choice((("Sec-Purpose", "prefetch;prerender"), ("X-Moz", "prefetch")))
            return Opening(url, "GET", {"User-Agent": person, said[0]: said[1]}, kind)
        case "robot that presses":
            return Opening(url, "POST", from_person(url) | {"User-Agent": robot}, kind)
        case "form of another site":
            there = {"Origin": _ELSEWHERE, "Sec-Fetch-Site": "cross-site"}
            headers = {"User-Agent": person, **dict([chance.choice(list(there.items()))])}
            return Opening(url, "POST", headers, kind)
        case "form without origin":
            return Opening(url, "POST", {"User-Agent": person}, kind)
        case _:
            return Opening(url, "GET", {"User-Agent": person}, kind)


def _counted(openings: Sequence[Opening]) -> Counter[str]:
    return Counter(one.kind for one in openings)


def _check_answers(checks: Checks, answers: Sequence[Answer]) -> None:
    """Everybody sees the page with the button, and nobody is led on."""
    for one in answers:
        press = one.opening.kind in _PRESSES
        checks.equal(f"{one.opening.kind}, answer", one.status, 403 if press else 200)
        checks.equal(f"{one.opening.kind}, led to", one.location, "")
        if one.opening.method != "HEAD":
            checks.hold("300 бонусов" in one.body, f"{one.opening.kind}: another page")


async def _check_kept(
    checks: Checks, stack: ReviewStack, clients: Sequence[Happy], openings: Sequence[Opening]
) -> Counter[str]:
    """Every visit stands in the table with its verdict and why; how many, by reason."""
    visits: list[Visit] = []
    for client in clients:
        visits += await stack.visits(client.code)
    found = Counter("listed" if one.reason in _LISTED else one.reason for one in visits)
    expected = Counter[str]()
    for kind, number in _counted(openings).items():
        expected[_KINDS[kind][1]] += number
    checks.equal("visits kept, by reason", dict(found), dict(expected))
    persons = sum(one.verdict == "person" for one in visits)
    checks.equal("visits taken for people's", persons, expected[""])
    checks.equal("scanners without a reason", sum(_unexplained(one) for one in visits), 0)
    return Counter(one.reason for one in visits)


def _unexplained(visit: Visit) -> bool:
    return (visit.verdict == "scanner") is not bool(visit.reason)


async def _one_presses(checks: Checks, stack: ReviewStack, clients: Sequence[Happy]) -> int:
    """So the links were good ones, and what was counted could have been more than nothing."""
    client = clients[0]
    (answer,) = await in_turns([Opening(client.url, "POST", from_person(client.url))], 1)
    checks.equal("a real press", answer.status, 303)
    await stack.at_rest(60)
    await check_once(checks, stack, [client])
    await check_none(checks, stack, clients[1:])
    return await bonuses(stack)
