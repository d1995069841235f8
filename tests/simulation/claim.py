"""The claim: deals that move, workers who press, and what must have come of it."""

import json
from collections.abc import Iterator, Mapping, Set
from functools import partial
from typing import Any

from switchboard.crm.mark import marked
from switchboard.domain.identity import Worker
from tests.simulation.amocrm import CLAIMED, LOST, SEARCH, TALKS, WON, WORKER_NAME, Lead
from tests.simulation.history import Standing
from tests.simulation.registry import Run
from tests.simulation.setting import (
    BRANCH,
    MOVED_CHAT,
    STRANGE_CHAT,
    WORKERS,
    WORKERS_CHAT,
)
from tests.simulation.telegram import Message, Press

_JUDGED = 60.0
"""Seconds that a contact may be on its way after it was judged who may have it."""


class Claim:
    def play(self, run: Run) -> None:
        world, chance = run.world, run.world.chance
        for number in range(chance.randint(1, 4)):
            _Deal(run, number)
        for _ in range(chance.randint(3, 25)):
            world.clock.after(chance.uniform(1, run.length), lambda: _presses(run))
        for _ in range(chance.randint(0, 8)):
            world.clock.after(chance.uniform(0, run.length), lambda: _talk(run))
        if chance.random() < 0.2:
            world.clock.after(chance.uniform(1, run.length), lambda: _migrate(run))

    def broken(self, run: Run) -> Iterator[str]:
        for press in run.presses:
            yield from _untrue(run, press)
        for key, item in run.world.tables.items["jobs"].items():
            job = json.loads(item["job"]["S"])
            yield from _winners(run, key[1])
            yield from _journal(run, key[1], item)
            yield from _post(run, job)
        for lead in run.world.account.leads.values():
            yield from _not_as_in_the_crm(run, lead)
        yield from _twice_in_the_crm(run)
        yield from _told_to_the_wrong(run)


class _Deal:
    """One deal and what its manager does with it."""

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self._number = number
        self._moves = 0
        chance = run.world.chance
        run.world.clock.after(chance.uniform(0, run.length / 2), self._appear)

    def _appear(self) -> None:
        world = self._run.world
        status = world.chance.choice((SEARCH, SEARCH, SEARCH, TALKS))
        phone = f"+7 900 000-00-0{self._number}"
        self._lead = world.account.add(f"deal {self._number}", phone, status)
        self._later()

    def _later(self) -> None:
        chance, clock = self._run.world.chance, self._run.world.clock
        seconds = chance.choice((0.3, 5, 60, self._run.length / 2)) * chance.random()
        if clock.elapsed + seconds < self._run.length and self._moves < 8:
            self._moves += 1
            clock.after(seconds, self._move)

    def _move(self) -> None:
        account, chance, lead = self._run.world.account, self._run.world.chance, self._lead
        what = chance.random()
        if what < 0.2:
            account.change(lead, "manager", name=f"deal {self._number}.{self._moves}")
        elif what < 0.23:
            account.change(lead, "manager", deleted=True)
            return
        else:
            to = chance.choice((SEARCH, SEARCH, SEARCH, TALKS, WON, LOST, CLAIMED))
            account.change(lead, "manager", status=to)
        if chance.random() < 0.4:
            # Workers press just when the manager moves the deal.
            for _ in range(chance.choice((1, 3))):
                self._run.world.clock.after(chance.random() * 2, lambda: _presses(self._run))
        self._later()


def _group(run: Run) -> int:
    return run.world.chats.moved.get(WORKERS_CHAT, WORKERS_CHAT)


def _talk(run: Run) -> None:
    """Somebody writes in the group, which takes a message's number."""
    run.world.chats.say(_group(run), Message("talk", ours=False))


def _migrate(run: Run) -> None:
    run.world.chats.moved[WORKERS_CHAT] = MOVED_CHAT
    run.world.updates.migrate(WORKERS_CHAT, MOVED_CHAT)


def _presses(run: Run) -> None:
    """One worker presses a button that stands in the group, or several do at the same moment."""
    chance = run.world.chance
    buttons = [
        button.data
        for chat in (WORKERS_CHAT, MOVED_CHAT)
        for message in run.world.chats.messages.get(chat, {}).values()
        for row in message.buttons
        for button in row
        if button.data
    ]
    if not buttons:
        return
    data = chance.choice((buttons[-1], chance.choice(buttons)))
    for worker in chance.sample(WORKERS, chance.choice((1, 1, 2, 4))):
        run.world.clock.after(chance.random() * 0.05, partial(_press, run, worker, data))


def _press(run: Run, worker: Worker, data: str) -> None:
    chance, clock = run.world.chance, run.world.clock
    action, job, offer = data.split(":")
    chat, number = _group(run), int(offer)
    strange = chance.random()
    if strange < 0.04:
        chat = STRANGE_CHAT
    elif strange < 0.08:
        number += chance.choice((-1, 1))
    elif strange < 0.1:
        job = "amocrm-999"
    identity = f"{worker.id}{len(run.presses):09d}"
    press = Press(identity, worker, action, job, max(0, number), chat, clock.now)
    run.presses.append(press)
    run.world.updates.press(press)


# What must be true.


def _untrue(run: Run, press: Press) -> Iterator[str]:
    """Each answer was true at some moment between the press and the answer."""
    told = run.history.jobs.get(press.job)
    for moment, said in press.answers:
        standings: list[Standing | None] = told.during(press.at, moment) if told else [None]
        if not any(_true(said, press, one) for one in standings):
            if said == "not_member" and press.chat == MOVED_CHAT:
                continue  # He was faster than the word that the group had moved.
            yield f"press {press.id} was told {said!r}, but {standings}"


def _true(said: str, press: Press, standing: Standing | None) -> bool:
    if standing is None:
        return said == "unknown"
    chat = WORKERS_CHAT if press.chat == MOVED_CHAT else press.chat
    if said in ("not_member", "unknown", "stale"):
        wrong = {"not_member": standing.chat != chat, "stale": standing.offer > press.offer}
        return wrong.get(said, standing.offer < press.offer)
    if standing.chat != chat or standing.offer != press.offer:
        return False
    holder = standing.holder
    if holder is None:
        return said == "contact_sent" and press.action == "contact"
    if holder["worker"] is None:
        return said == "gone"
    mine = holder["worker"]["id"] == press.worker.id
    if said == "won":
        return press.action == "claim" and bool(holder["press"] == press.id)
    if said == "yours":
        return press.action == "claim" and mine and holder["press"] != press.id
    if said == "contact_sent":
        return press.action == "contact" and mine
    return not mine and said == f"taken {holder['worker']['first_name']}"


def _winners(run: Run, job: str) -> Iterator[str]:
    """One winner an offer, and whoever was told that he won is that one."""
    won: dict[int, str] = {}
    for line in _lines(run, job):
        if line["outcome"] != "won":
            continue
        if won.get(line["offer"], line["id"]) != line["id"]:
            yield f"{job}: offer {line['offer']} was won by {won[line['offer']]} and {line['id']}"
        won[line["offer"]] = line["id"]
    for press in run.presses:
        told = any(said == "won" for _, said in press.answers)
        if press.job == job and told and won.get(press.offer) != press.id:
            yield f"{job}: {press.id} was told that he won offer {press.offer}, but {won}"
    for standing in run.history.jobs[job].standings:
        holder = standing.holder or {}
        if holder.get("press") and won.get(standing.offer) != holder["press"]:
            yield f"{job}: {holder['press']} held offer {standing.offer}, but {won}"


def _journal(run: Run, job: str, item: dict[str, Any]) -> Iterator[str]:
    """Every number has its line, and every press that was written has the line of its number."""
    lines = _lines(run, job)
    numbers = [line["seq"] for line in lines]
    if numbers != list(range(int(item["seq"]["N"]))):
        yield f"{job}: the journal has the lines {numbers}, and the item counted {item['seq']['N']}"
    by_number = {line["seq"]: line["id"] for line in lines}
    for number, press in run.history.jobs[job].presses.items():
        if by_number.get(number) != press:
            yield f"{job}: number {number} is press {press}, in the journal {by_number.get(number)}"


def _lines(run: Run, job: str) -> list[dict[str, Any]]:
    found = run.world.tables.items["journal"]
    mine = sorted(key for key in found if key[0] == f"{BRANCH}#{job}")
    return [json.loads(found[key]["line"]["S"]) for key in mine]


def _post(run: Run, job: dict[str, Any]) -> Iterator[str]:
    """The post of the offer that is on, or was last, says what the job is."""
    effect = f"{job['id']}:{job['offer']}:post"
    posts = run.world.chats.of_effect(effect)
    for chat in sorted({chat for chat, _ in posts}):
        # What was sent before the group moved cannot be found in the new one: see `risks`.
        times = sum(one == chat for one, _ in posts)
        if times > 1:
            yield f"{effect}: stands {times} times in chat {chat}"
    for chat, message in posts:
        if chat in run.world.chats.moved or _edits_died(run, job):
            continue
        says = f"{job['state']} {job['facts']['title']}"
        if message.text != says:
            yield f"{effect}: says {message.text!r} and should say {says!r}"


def _edits_died(run: Run, job: dict[str, Any]) -> bool:
    letters = run.world.tables.items["deliveries"].values()
    start = f"{BRANCH}#{job['id']}:{job['offer']}:edit"
    return any(one["pk"]["S"].startswith(start) and "dead" in one for one in letters)


_MAY_BE: Mapping[int, Set[str | None]] = {
    SEARCH: {"offered", "claimed"},
    TALKS: {None, "claimed", "withdrawn", "done"},
    CLAIMED: {None, "claimed", "withdrawn", "done"},
    WON: {None, "withdrawn", "done"},
    LOST: {None, "withdrawn", "done"},
}


def _not_as_in_the_crm(run: Run, lead: Lead) -> Iterator[str]:
    """The last thing that the CRM said had its consequence."""
    item = run.world.tables.items["jobs"].get((BRANCH, f"amocrm-{lead.id}"))
    job = json.loads(item["job"]["S"]) if item else None
    state = job["state"] if job else None
    if state not in (_MAY_BE[LOST] if lead.deleted else _MAY_BE[lead.status]):
        yield f"lead {lead.id} is in stage {lead.status} (deleted: {lead.deleted}), its job {state}"
    if job and state == "offered" and job["facts"]["title"] != lead.name:
        yield f"lead {lead.id} is called {lead.name!r}, its job {job['facts']['title']!r}"
    if not job or state not in ("claimed", "done") or lead.deleted:
        return
    named, worker = lead.fields.get(WORKER_NAME, ""), job["worker"]
    if named != f"{worker['first_name']} {worker['last_name']}".strip():
        yield f"lead {lead.id} names {named!r}, and {worker['first_name']} has it"


def _twice_in_the_crm(run: Run) -> Iterator[str]:
    """A note and a task stand once each: amoCRM can be read back."""
    for effect in run.history.effects.values():
        if effect["kind"] not in ("add_note", "add_task"):
            continue
        lead = run.world.account.leads[int(effect["deal"])]
        texts = lead.notes if effect["kind"] == "add_note" else lead.tasks
        mark = marked(effect["text"], effect["id"]).mark
        times = sum(mark in text for text in texts)
        if times > 1:
            yield f"{effect['id']} stands {times} times in lead {lead.id}"
        if times == 0 and not lead.deleted:
            yield f"{effect['id']} does not stand in lead {lead.id}"


def _told_to_the_wrong(run: Run) -> Iterator[str]:
    """A client's phone stands in no group, and with nobody who could not have it just then."""
    phones = {lead.phone: f"amocrm-{lead.id}" for lead in run.world.account.leads.values()}
    for chat, messages in run.world.chats.messages.items():
        for message in messages.values():
            for phone, job in phones.items():
                if phone in message.text and not _may_have(run, job, chat, message.at):
                    yield f"chat {chat} was told the phone of {job} by {message.effect}"


def _may_have(run: Run, job: str, chat: int, at: float) -> bool:
    standings = run.history.jobs[job].during(at - _JUDGED, at)
    return any(
        one is not None and (one.holder is None or (one.holder["worker"] or {}).get("id") == chat)
        for one in standings
    )
