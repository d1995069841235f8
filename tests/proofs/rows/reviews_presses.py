"""Row 3: a thousand press one link at once, some of them not people; one bonus."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.proofs.books import bonuses, check_none, check_once
from tests.proofs.happy import happy_clients
from tests.proofs.opening import Answer, Opening, at_once, in_turns
from tests.proofs.report import Checks, Finding
from tests.proofs.setting import Setting
from tests.proofs.tyres import ReviewStack, from_person, reviewing, tyres_copy

NAME = "3 one bonus"

_AGAIN = 25
"""Presses afterwards, one after another."""
_TENTH = 10


async def prove(setting: Setting, folder: Path) -> Finding:
    async with setting.alone, reviewing(folder, tyres_copy(free=True, one_site=True)) as stack:
        await stack.sandbox.free()
        client, other = await happy_clients(stack, 2, lambda what: setting.say(NAME, what))
        wanted = [_press(client.url, number) for number in range(setting.presses)]
        setting.say(NAME, f"{setting.presses} presses at once")
        answers = await at_once(wanted)
        await stack.at_rest(60)
        answers += await in_turns([_press(client.url, n) for n in range(_AGAIN)], 2)
        await stack.at_rest(60)
        checks = Checks()
        site = stack.playbook.reviewing.sites[0]
        found = _judged(checks, answers, site.url.rsplit("/", 1)[1])
        await check_once(checks, stack, [client])
        await check_none(checks, stack, [other])
        earned = await bonuses(stack)
        checks.equal("bonuses", earned, 1)
        counted = await _presses_noted(stack, client.code)
        checks.equal("presses noted", counted, found["303 on to the site"])
        checks.equal("dead letters", await stack.dead_letters(), [])
        said = ", ".join(f"{number:,} × {what}" for what, number in found.most_common())
        return Finding(
            f"{setting.presses:,} presses at once on one code, each on its own connection, then "
            f"{_AGAIN} more; every tenth from another site's page, every tenth a robot's",
            f"{earned} bonus: once in the account, in the contact's card and in 1C, told once; "
            f"{said}; {counted:,} presses noted",
            tuple(checks.failures),
        )


def _press(url: str, number: int) -> Opening:
    headers = from_person(url)
    if number % _TENTH == 1:
        headers |= {"Origin": "https://other-site.example", "Sec-Fetch-Site": "cross-site"}
        return Opening(url, "POST", headers, "another site")
    if number % _TENTH == 2:
        return Opening(url, "POST", headers | {"User-Agent": "python-requests/2.32"}, "robot")
    return Opening(url, "POST", headers, "press")


def _judged(checks: Checks, answers: Sequence[Answer], site: str) -> Counter[str]:
    """On to the site, or the page that asks to press again; and to nobody anything else."""
    found = Counter[str]()
    for one in answers:
        if one.status == 303 and one.location.endswith(f"/{site}"):
            what = "303 on to the site"
        elif one.status == 403 and "Нажмите её ещё раз" in one.body:
            what = "403 asked to press again"
        else:
            what = f"{one.status} {one.location} {one.body[:40]!r}"
        truthful = "303 on" if one.opening.kind == "press" else "403 asked"
        checks.hold(what.startswith(truthful), f"{one.opening.kind}: answered {what}")
        found[what] += 1
    return found


async def _presses_noted(stack: ReviewStack, code: str) -> int:
    request = {
        "TableName": stack.connection.name("LINKS_TABLE"),
        "Key": {"pk": {"S": code}, "sk": {"S": "link"}},
        "ConsistentRead": True,
    }
    item = stack.connection.database().get(request)
    return int(item["presses"]["N"]) if item else 0
