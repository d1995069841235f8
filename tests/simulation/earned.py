"""What must be true of bonuses: in the ledger, on the client's card, in 1C, and in the prices."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from switchboard.domain.effects import Effect, effects
from switchboard.flows.bonus.account import Account, balance, bonus_id, total
from switchboard.flows.survey.survey import Survey
from switchboard.playbook.model import OnecHttp
from tests.flows import bonus_rules
from tests.simulation.amocrm import BALANCE, BONUS, Lead
from tests.simulation.asked import dead
from tests.simulation.registry import Run

if TYPE_CHECKING:
    from tests.simulation.clients import Client
    from tests.simulation.reviews import Played


def broken(run: Run) -> Iterator[str]:
    played = run.reviews
    assert played is not None
    for client in played.crowd.clients:
        states = run.history.states.get(("ledger", client.id), [])
        accounts = [Account.model_validate_json(one.json) for one in states]
        decided = _decided(run, client.id)
        yield from bonus_rules.broken(accounts[-1] if accounts else None, decided)
        yield from _only_for_presses(run, played, accounts, [one.at for one in states])
        for account in accounts:
            yield from _divided(account)
        for before, after in pairwise(accounts):
            yield from _fallen_back(before, after)
        account = accounts[-1] if accounts else Account(id=client.id)
        yield from _elsewhere(run, client, account, decided)
        yield from _prices(run, played, client, account)
    yield from _in_vain(run, played)
    yield from _written_twice(run)
    yield from _died(run)


def _decided(run: Run, account: str) -> list[Effect]:
    mine = [one.effect for one in run.history.decided["ledger", account]]
    return list(effects.validate_python(mine))


def _only_for_presses(
    run: Run, played: "Played", accounts: list[Account], moments: list[float]
) -> Iterator[str]:
    """Each bonus was earned by the button of its own deal's link, pressed by a person before."""
    links = run.world.tables.items["links"]
    pressed: dict[str, float] = {}
    for visit in played.web.visits:
        link = links.get((visit.code, "link"))
        if link is not None and visit.method == "POST" and visit.who in ("client", "friend"):
            pressed.setdefault(bonus_id(f"review.{link['survey']['S']}"), visit.at)
    for account, moment in zip(accounts, moments, strict=True):
        for entry in account.entries:
            if pressed.get(entry.root, moment + 1) > moment:
                yield f"{entry.id} was earned, and nobody had pressed"
                return


def _divided(account: Account) -> Iterator[str]:
    """A bonus is held by parts, and no point of it twice."""
    whole: Counter[str] = Counter()
    for entry in account.entries:
        whole[entry.root] += entry.amount
    for root, amount in whole.items():
        if amount not in (300, 500):
            yield f"{root} has become {amount}"


def _fallen_back(before: Account, after: Account) -> Iterator[str]:
    """What a place has confirmed, it has."""
    for entry in after.entries:
        known = before.entry(entry.id)
        if known is not None and set(known.granted) - set(entry.granted):
            yield f"{entry.id} was {known.state}, and is {entry.state} without {known.granted}"


def _elsewhere(
    run: Run, client: "Client", account: Account, decided: list[Effect]
) -> Iterator[str]:
    """Card and 1C say what the ledger says, unless a movement lies with the dead."""
    moves = [one for one in decided if one.kind == "move_bonus"]
    lost = {one.place for one in moves if dead(run, one.id)}
    if "crm" not in lost and any(one.place == "crm" for one in moves):
        said = [card.fields.get(BALANCE) for card in client.cards]
        if str(balance(account, "crm")) not in said:
            yield f"{client.id}: the card says {said}, the ledger {balance(account, 'crm')}"
    books = run.world.books
    if "loyalty" not in lost and not books.doubled:
        has, should = books.balance(client.phone), balance(account, "loyalty")
        if has != should:
            yield f"{client.id}: 1C has {has}, the ledger {should}"


def _prices(run: Run, played: "Played", client: "Client", account: Account) -> Iterator[str]:
    """A price is lower by what the deal holds, once, and never by what another deal holds too."""
    changes = run.world.account.changes
    given = 0
    for lead, whose in played.sales.leads:
        ours = [
            one for one in changes if one.lead == lead.id and one.what == "price" and one.effect
        ]
        times = Counter(one.effect for one in ours if one.before != one.after)
        yield from (f"{name} changed a price {n} times" for name, n in times.items() if n > 1)
        if whose is not client or lead.deleted:
            continue
        yield from _not_as_shown(lead, account)
        if _meddled(run, lead):
            continue
        off = sum(one.before - one.after for one in ours)
        given += off
        spending = account.spending(str(lead.id))
        if spending is None or spending.after is None or spending.before is None:
            continue
        if not any(dead(run, name) for name in times) and off != spending.before - spending.after:
            yield f"lead {lead.id} is {off} cheaper for {spending.before - spending.after}"
    earned = sum(one.amount for one in account.entries)
    if given > earned:
        yield f"{client.id} has paid {given} less for {earned} that he had earned"


def _not_as_shown(lead: Lead, account: Account) -> Iterator[str]:
    """The deal's field says what the deal holds or has spent: no other deal may say so too."""
    name, said = str(lead.id), lead.fields.get(BONUS)
    if said is None:
        return
    bound = total((*account.held_by(name), *account.spent_by(name)))
    if said != str(bound):
        yield f"lead {name} shows {said} bonuses, and the ledger has {bound} for it"


def _meddled(run: Run, lead: Lead) -> bool:
    """Whether the manager has changed the price himself: then it is his."""
    prices = [one for one in run.world.account.changes if one.lead == lead.id]
    return any(one.what == "price" and not one.effect for one in prices)


def _in_vain(run: Run, played: "Played") -> Iterator[str]:
    """A press that was led on to the site has its bonus."""
    for visit in played.web.visits:
        link = run.world.tables.items["links"].get((visit.code, "link"))
        if visit.status != 303 or visit.method != "POST" or link is None:
            continue
        if link["bonus"] == {"N": "0"}:
            continue
        name, client = link["survey"]["S"], link["client"]["S"]
        states = run.history.states["surveys", name]
        survey = Survey.model_validate_json(states[-1].json)
        if survey.pressed_at is None:
            yield f"{visit.id} was led on, and {name} does not know of the press"
            continue
        told = run.history.states.get(("ledger", client))
        account = Account.model_validate_json(told[-1].json) if told else Account(id=client)
        bonus = bonus_id(f"review.{name}")
        if survey.reversed:
            # Void before he pressed, or since: what he has, bonus_rules looks at.
            continue
        if bonus not in account.sources:
            yield f"{visit.id} was led on, and {bonus} was never earned"
        entry = account.entry(bonus)
        if entry is not None and entry.granted != entry.places and not _moves_died(run, bonus):
            yield f"{bonus} was earned, and never granted"
        if entry is None:
            yield f"{bonus} is in no account"


def _moves_died(run: Run, bonus: str) -> bool:
    return any(
        dead(run, name)
        for name, one in run.history.effects.items()
        if one["kind"] == "move_bonus" and one["bonus"] == bonus
    )


def _written_twice(run: Run) -> Iterator[str]:
    """1C has each movement once, where it has a key for it or can be asked."""
    section = run.world.versions[0].loyalty
    if isinstance(section, OnecHttp) and section.find is None and section.grant.method == "POST":
        return
    for movement in run.world.books.doubled:
        effects_ = {one.effect for one in run.world.books.movements if one.id == movement}
        yield f"1C has {sorted(effects_)} more than once"


def _died(run: Run) -> Iterator[str]:
    """Nothing lies with the dead that somebody could have delivered."""
    for item in run.world.tables.items["deliveries"].values():
        if "dead" not in item or item["queue"]["S"] != "outbound":
            continue
        effect = json.loads(item["body"]["S"])["effect"]
        lead = run.world.account.leads.get(int(effect.get("deal") or 0))
        if effect["kind"] in ("edit_message", "send_message", "send_contact"):
            continue
        if effect["kind"] in ("pass_on", "tell_client") and run.world.versions[0].sms is None:
            continue
        if lead is None or not lead.deleted:
            yield f"{effect['id']} is dead: {item['reason']['S']}"
