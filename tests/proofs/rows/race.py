"""Row 1: a thousand workers press at once; one wins, the others are told the truth."""

from collections import Counter
from pathlib import Path

from switchboard.domain.journal import Entry
from tests.proofs.presses import Told, at_once, pressing
from tests.proofs.report import Checks, Finding
from tests.proofs.sandbox import Json
from tests.proofs.setting import Setting
from tests.proofs.stack import RAISED, Stack, eventually, playbook_copy, running
from tests.proofs.traces import KINDS, check_written_back, told, traces

NAME = "1 one winner"


async def prove(setting: Setting, folder: Path) -> Finding:
    rounds, presses = setting.rounds, setting.presses
    async with setting.alone, running(folder, playbook_copy(telegram=RAISED, crm_rate=50)) as stack:
        setting.say(NAME, "posting the jobs")
        await stack.sandbox.free_of_limits()
        workers = await stack.sandbox.workers(presses)
        deals = await stack.sandbox.new_deals(rounds, name="Гонка")
        group = stack.playbook.dispatching.workers_chat

        async def posted() -> bool:
            return len(await stack.sandbox.posts(group)) == rounds

        await eventually(posted, 60, "all jobs are posted")
        posts = await stack.sandbox.posts(group)
        checks, answers = Checks(), dict[str, list[Told]]()
        for number, deal in enumerate(deals):
            setting.say(NAME, f"{presses} presses at once, {number} of {rounds} jobs")
            wanted = [pressing(worker, posts[deal]) for worker in workers]
            answers[deal] = await at_once(stack, wanted)
        setting.say(NAME, "waiting for what follows")
        await stack.settled(90)
        return await _found(stack, checks, answers)


async def _found(stack: Stack, checks: Checks, answers: dict[str, list[Told]]) -> Finding:
    winners, truthful, lines = dict[str, Json](), 0, 0
    for deal, tolds in answers.items():
        journal = await stack.journal(f"amocrm-{deal}")
        truth = _judged(checks, stack, deal, tolds, journal)
        lines += len(journal)
        if truth is not None:
            winners[deal], named = truth
            truthful += named
    await _effects(checks, stack, winners)
    total = sum(map(len, answers.values()))
    losers = total - len(answers)
    checks.equal("winners", len(winners), len(answers))
    checks.equal("truthful answers to the losers", truthful, losers)
    checks.equal("dead letters", await stack.dead_letters(), [])
    return Finding(
        f"{len(answers)} jobs, {total:,} presses, each on its own connection",
        f"{len(winners)} winners, {truthful:,} of {losers:,} losers told who won; {lines:,} lines "
        f"in the journal without a gap; one effect of each of {len(KINDS)} kinds a job",
        tuple(checks.failures),
    )


def _judged(
    checks: Checks, stack: Stack, deal: str, tolds: list[Told], journal: list[Entry]
) -> tuple[Json, int] | None:
    """The winner, and how many losers were told his name."""
    refused = Counter(one.status for one in tolds if one.status != 200)
    checks.equal(f"deal {deal}, refused presses", dict(refused), {})
    won = told(stack.playbook, "press.won")
    winners = [one for one in tolds if one.text == won]
    checks.equal(f"deal {deal}, workers told that they won", len(winners), 1)
    _order(checks, deal, tolds, journal)
    if len(winners) != 1:
        return None
    claims = [line for line in journal if line.what == "claim"]
    if claims:
        checks.equal(f"deal {deal}, first claim is the winner's", claims[0].id, winners[0].press)
    said = told(stack.playbook, "press.taken", winners[0].worker["first_name"])
    return winners[0].worker, sum(one.text == said for one in tolds)


def _order(checks: Checks, deal: str, tolds: list[Told], journal: list[Entry]) -> None:
    """Every press once, numbered without a gap; the first claim won and no other did."""
    checks.equal(
        f"deal {deal}, numbers in the journal",
        [line.seq for line in journal],
        list(range(len(journal))),
    )
    claims = [line for line in journal if line.what == "claim"]
    pressed = {one.press: one.worker["id"] for one in tolds}
    checks.equal(f"deal {deal}, presses in the journal", len(claims), len(pressed))
    noted = {line.id: line.worker.id if line.worker else None for line in claims}
    checks.hold(noted == pressed, f"deal {deal}: the journal holds other presses than were made")
    outcomes = [str(line.outcome) for line in claims]
    expected = ["won"] + ["taken"] * (len(claims) - 1)
    checks.hold(outcomes == expected, f"deal {deal}: outcomes {Counter(outcomes)}, in wrong order")


async def _effects(checks: Checks, stack: Stack, winners: dict[str, Json]) -> None:
    deals = await stack.sandbox.deals()
    found = await traces(stack, {deal: deals[deal]["name"] for deal in winners})
    once = dict.fromkeys(KINDS, 1)
    for deal, worker in winners.items():
        checks.equal(f"deal {deal}, effects", dict(found[deal]), once)
        checks.equal(f"deal {deal}, contact to", found.private_to.get(deal), {worker["id"]})
        named = worker["first_name"] in found.post_text.get(deal, "")
        checks.hold(named, f"deal {deal}: the post does not name {worker['first_name']}")
    checks.equal("messages about nothing", dict(found.seen.get("?", {})), {})
    await check_written_back(checks, stack.sandbox, winners)
