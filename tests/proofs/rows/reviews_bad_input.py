"""Row 6: webhooks, phones and links as they should not be."""

import random
import string
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.proofs.books import bonuses, check_none, check_once
from tests.proofs.happy import Happy, happy_clients
from tests.proofs.opening import Opening, in_turns
from tests.proofs.report import Checks, Finding
from tests.proofs.setting import Setting
from tests.proofs.tyres import BRANCH, PERSON, ReviewStack, from_person, reviewing, tyres_copy

NAME = "6 bad input"

_PATIENCE = 60.0
_NO_PHONES: tuple[Any, ...] = (
    None,
    "12",
    "позвонить жене",
    "+7 900",
    "8 (900) 000-00",
    "+7 900 000-00-00-00-00",
    ["", "нет"],
)
_STRANGE_PHONES: tuple[Any, ...] = (
    "8 900 000-91-01",
    "9000009102",
    " +7(900)000.91.03 ",
    ["нет", "8-900-000-91-04"],
    "++79000009105x",
)
"""The n-th is +7900000910n to anybody who looks at it."""
_SECRET = "demo-bitrix24-secret"
_TOKEN = "demo-bitrix24-application-token"
_GUESSES = 200
_STRANGE_CODES = (
    "a",
    "a" * 13,
    "..%2f..%2fetc%2fpasswd",
    "%00%00%00%00",
    "aaaaaaaaaaa%0a",
    "ЖЖЖЖЖЖ",
)
_ELSEWHERE = "https://other-site.example/"


@dataclass
class _Seen:
    """What the row has done, for its table."""

    checks: Checks = field(default_factory=Checks)
    hooks: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    guesses: int = 0

    def note(self, status: int) -> None:
        if status >= 400:
            self.refused[status] += 1


async def prove(setting: Setting, folder: Path) -> Finding:
    seen, playbook = _Seen(), tyres_copy(free=True, one_site=True)
    async with setting.alone:
        async with reviewing(folder, playbook) as stack:
            await stack.sandbox.free()
            clients = await happy_clients(
                stack, 4, lambda what: setting.say(NAME, what), first=4001
            )
            setting.say(NAME, "webhooks three times and in any order")
            await _webhooks(stack, seen, setting)
            setting.say(NAME, "deals without a phone")
            await _phones(stack, seen)
            setting.say(NAME, "webhooks that are none")
            await _strange_webhooks(stack, seen)
            setting.say(NAME, "codes that are none")
            await _codes(stack, seen, clients, random.Random(setting.seed))
            await _press(seen, clients[1].url, 303)
            await stack.at_rest(_PATIENCE)
            await check_once(seen.checks, stack, clients[1:2])
            await check_none(seen.checks, stack, [clients[0], *clients[2:]])
            seen.checks.equal("dead letters", await stack.dead_letters(), [])
        setting.say(NAME, "the host starts again")
        async with reviewing(folder, playbook) as stack:
            earned = await _after_restart(stack, seen, clients)
    refused = ", ".join(f"{status} × {count}" for status, count in sorted(seen.refused.items()))
    return Finding(
        f"{seen.hooks} webhooks, each three times in any order; {len(_NO_PHONES)} deals without a "
        f"usable phone, {len(_STRANGE_PHONES)} with a strange one; {seen.guesses} guessed codes; "
        f"open redirects; a restart; 31 days",
        f"one survey a deal, as its last stage wants; nobody without a phone was asked; doors "
        f"refused: {refused}; {earned} bonuses for 2 real presses, before and after the restart",
        tuple(seen.checks.failures),
    )


async def _webhooks(stack: ReviewStack, seen: _Seen, setting: Setting) -> None:
    """The last stage counts, however its webhooks come."""
    shop = stack.sandbox
    mischief = {"repeat": 3, "spread": setting.spread, "seed": setting.seed}
    await shop.call("PUT", "/bitrix24/hooks", **mischief)
    stages = {
        "waiting": ("PREPARATION", "WON"),
        "cancelled": ("WON", "LOSE"),
        "again": ("WON", "PREPARATION", "WON"),
        "never": ("PREPARATION", "EXECUTING"),
    }
    before = len((await shop.call("GET", "/bitrix24/hooks"))["hooks"])
    deals = dict[str, str]()
    for number, (name, way) in enumerate(stages.items()):
        deals[name] = await shop.new_deal(title=name, phone=f"+790000092{number:02d}")
        for stage in way:
            await shop.stage([deals[name]], stage)
    await stack.at_rest(_PATIENCE)
    seen.hooks = (len((await shop.call("GET", "/bitrix24/hooks"))["hooks"]) - before) // 3
    surveys = await stack.surveys()
    found = {name: str(surveys[one].state) for name, one in deals.items() if one in surveys}
    allowed = {"waiting": "waiting", "again": "waiting"}
    for name, state in allowed.items():
        seen.checks.equal(f"webhooks, {name}", found.get(name), state)
    # Its webhooks may all have come when it was lost already.
    lost = found.get("cancelled")
    seen.checks.hold(lost in (None, "cancelled"), f"webhooks, lost: {lost}")
    seen.checks.equal("webhooks, never", found.get("never"), None)
    await shop.call("PUT", "/bitrix24/hooks", repeat=1, spread=0)


async def _phones(stack: ReviewStack, seen: _Seen) -> None:
    shop = stack.sandbox
    none = [await shop.new_deal(title="Без номера", phone=phone) for phone in _NO_PHONES]
    none.append(await shop.new_deal(title="Без клиента", client=None))
    strange = [
        await shop.new_deal(title="Странный номер", phone=phone) for phone in _STRANGE_PHONES
    ]
    await shop.stage([*none, *strange], "WON")
    await stack.surveys_are([*none, *strange], ("waiting", "skipped"), _PATIENCE, "all are known")
    surveys = await stack.surveys()
    for deal, phone in zip(none, [*_NO_PHONES, "no client"], strict=True):
        state = surveys[deal].state, surveys[deal].reason
        seen.checks.equal(f"phone {phone!r}", state, ("skipped", "no_phone"))
    before = {phone: len(came) for phone, came in (await shop.all_arrivals()).items()}
    await shop.forward(hours=2, minutes=2)
    await stack.surveys_are(strange, ("asked",), _PATIENCE, "strange phones are asked")
    await stack.at_rest(_PATIENCE)
    after = {phone: len(came) for phone, came in (await shop.all_arrivals()).items()}
    asked = {phone for phone in after if after[phone] > before.get(phone, 0)}
    expected = {f"+790000091{n:02d}" for n in range(1, 6)}
    seen.checks.hold(expected <= asked, f"not asked: {expected - asked}")
    also = {f"+790000092{n:02d}" for n in (0, 2)}
    seen.checks.hold(asked <= expected | also, f"asked besides: {asked - expected - also}")


async def _strange_webhooks(stack: ReviewStack, seen: _Seen) -> None:
    def form(event: str, deal: str, token: str = _TOKEN) -> bytes:
        said = {"event": event, "data[FIELDS][ID]": deal, "auth[application_token]": token}
        return urlencode(said).encode()

    door, kind = f"{stack.doors}/crm/{BRANCH}/bitrix24", "application/x-www-form-urlencoded"
    good = f"{door}/{_SECRET}"
    before = await stack.surveys()
    async with httpx.AsyncClient(timeout=20, headers={"Content-Type": kind}) as client:
        for what, url, body, status in (
            ("another secret", f"{door}/{_SECRET[:-1]}x", form("ONCRMDEALUPDATE", "1"), 401),
            ("another token", good, form("ONCRMDEALUPDATE", "1", "x" * 32), 401),
            ("another branch", good.replace(BRANCH, "nobody"), form("ONCRMDEALUPDATE", "1"), 401),
            ("no form", good, b"\xff\xfe\x00{", 400),
            ("no number", good, form("ONCRMDEALUPDATE", "DEAL; DROP"), 400),
            ("too large", good, b"a" * 2_000_000, 413),
            ("another event", good, form("ONCRMLEADADD", "1"), 200),
            ("unknown event", good, form("ONSOMETHING", "1"), 200),
            ("no such deal", good, form("ONCRMDEALUPDATE", "999999999"), 200),
        ):
            answer = await client.post(url, content=body)
            seen.checks.equal(f"webhook, {what}", answer.status_code, status)
            seen.note(answer.status_code)
    await stack.at_rest(_PATIENCE)
    seen.checks.equal("surveys of no deal", (await stack.surveys()).keys() - before.keys(), set())


async def _codes(
    stack: ReviewStack, seen: _Seen, clients: list[Happy], chance: random.Random
) -> None:
    links = await _links(stack)
    letters = string.ascii_letters + string.digits
    guessed = ["".join(chance.choices(letters, k=12)) for _ in range(_GUESSES)]
    openings = list[Opening]()
    for code in (*guessed, *_STRANGE_CODES):
        for door in ("r", "s"):
            url = f"{stack.doors}/{door}/{code}"
            openings.append(Opening(url, "GET", {"User-Agent": PERSON}, "guess"))
            openings.append(Opening(url, "POST", from_person(url), "guess"))
    # A link of the one door is none at the other.
    other = clients[0].url.replace("/r/", "/s/")
    openings.append(Opening(other, "GET", {"User-Agent": PERSON}, "other door"))
    seen.guesses = len(guessed) + len(_STRANGE_CODES)
    for answer in await in_turns(openings, 8):
        wrong = f"{answer.opening.method} {answer.opening.url.removeprefix(stack.doors)}"
        seen.checks.hold(answer.status in (400, 404), f"{wrong}: {answer.status}")
        seen.checks.equal(f"{wrong}, led to", answer.location, "")
        seen.note(answer.status)
    seen.checks.equal("links made by guesses", await _links(stack) - links, 0)
    await _redirects(seen, clients[0])


async def _redirects(seen: _Seen, client: Happy) -> None:
    """Nothing in a request changes where a link leads; these presses are another site's too."""
    async with httpx.AsyncClient(timeout=20) as browser:
        for more in (
            f"?url={_ELSEWHERE}",
            f"?next=//other-site.example&to={_ELSEWHERE}",
            f"//{_ELSEWHERE}",
            f"/%2f{_ELSEWHERE}",
        ):
            for method in ("GET", "POST"):
                answer = await browser.request(
                    method,
                    f"{client.url}{more}",
                    headers={"User-Agent": PERSON, "X-Forwarded-Host": "other-site.example"},
                )
                led = answer.headers.get("location", "")
                seen.checks.hold("other-site" not in led, f"{method} {more} leads to {led}")
                seen.checks.hold("other-site" not in answer.text, f"{method} {more} names it")
                seen.note(answer.status_code)


async def _after_restart(stack: ReviewStack, seen: _Seen, clients: list[Happy]) -> int:
    """The portal and 1C have forgotten everything; our own tables have not."""
    before = await bonuses(stack)
    seen.checks.equal("bonuses before", before, 1)
    # The addresses in the messages are those of the host before it; its port was another.
    again, first, late = (_moved(one, stack) for one in clients[1:4])
    await _press(seen, again, 303)
    await _press(seen, first, 303)
    await _press(seen, first, 303)
    await stack.at_rest(_PATIENCE)
    accounts = await stack.accounts()
    for client in clients[1:3]:
        account = accounts.get(client.id)
        earned = len(account.sources) if account else 0
        seen.checks.equal(f"{client.phone}, bonuses after the restart", earned, 1)
    await stack.sandbox.forward(days=31)
    opened = Opening(late, "GET", {"User-Agent": PERSON})
    for opening in (opened, Opening(late, "POST", from_person(late))):
        (answer,) = await in_turns([opening], 1)
        seen.checks.equal(f"expired, {opening.method}", answer.status, 410)
        truthful = "больше не действует" in answer.body
        seen.checks.hold(truthful, "the page of an expired link says something else")
        seen.note(answer.status)
    await stack.at_rest(_PATIENCE)
    return await bonuses(stack)


def _moved(client: Happy, stack: ReviewStack) -> str:
    return f"{stack.doors}/r/{client.code}"


async def _press(seen: _Seen, url: str, status: int) -> None:
    (answer,) = await in_turns([Opening(url, "POST", from_person(url))], 1)
    seen.checks.equal("a press", answer.status, status)


async def _links(stack: ReviewStack) -> int:
    """How many items there are."""
    request = {"TableName": stack.connection.name("LINKS_TABLE")}
    return len(list(stack.connection.database().scan(request)))
