"""What must be true of every flow once the faults have stopped and all has come to rest."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.simulation.history import FLOWS
from tests.simulation.registry import Run
from tests.simulation.setting import BRANCH

_SKEW = 12.0
_FINAL = ("done", "dead")
_ONWARD = (".sms", ".whatsapp", ".note")
"""Ends of the ids of what the sender itself has decided, after the effect that it carried out."""


def broken(run: Run) -> Iterator[str]:
    world = run.world
    for name, queue in world.queues.items():
        if queue.messages:
            yield f"{name} still holds {[message.body for message in queue.messages][:3]}"
        for message in queue.dead:
            yield f"{name}: SQS itself gave up {message.body}"
    for job in world.pending:
        yield f"{job} still waits for the sweeper"
    for table in FLOWS:
        for key, item in world.tables.items[table].items():
            if "outbox" in item or item.get("log", {"M": {}})["M"]:
                yield f"{key[1]} still has an outbox, or lines that are not in the journal"
    for fault in world.wrong:
        yield f"{fault.who}: {fault.fault} at {fault.place}"
    yield from (f"the journal was rewritten: {line}" for line in run.history.rewritten)
    yield from _undelivered(run)


def _undelivered(run: Run) -> Iterator[str]:
    """Every committed effect is done, or lies with the dead for a reason that is the provider's."""
    deliveries = run.world.tables.items["deliveries"]
    for decided in run.history.effects.values():
        if decided["kind"] == "schedule":
            continue
        item = deliveries.get((f"{BRANCH}#{decided['id']}",))
        status = item["status"]["S"] if item else "never begun"
        if status not in _FINAL:
            yield f"{decided['id']} is {status}"
        elif status == "done" and not _said(run, decided):
            yield f"{decided['id']} is done, and stands in no chat"
    for key, item in deliveries.items():
        effect = key[0].removeprefix(f"{BRANCH}#")
        if "attempts" in item and not _decided(run, effect) and ":start." not in effect:
            yield f"{effect} was carried out, and nobody had decided it"
        if "dead" in item and not _reason(item["reason"]["S"]):
            yield f"{key[0]} is dead: {item['reason']['S']}"


def _decided(run: Run, effect: str) -> bool:
    of, failed, _ = effect.partition(".failed.")
    if failed:
        return any(one.code for one in run.world.number.of_effect(of))
    for end in _ONWARD:
        if effect.endswith(end) and _decided(run, effect.removesuffix(end)):
            return True
    return effect in run.history.effects


def _said(run: Run, effect: dict[str, Any]) -> bool:
    """Whether what is done can be seen: where it was sent to, or as the next channel's."""
    if effect["kind"] not in ("send_message", "tell_client", "answer_client"):
        return True
    world, name = run.world, effect["id"]
    deliveries = world.tables.items["deliveries"]
    if was_over(run, effect):
        return True
    onward = any((f"{BRANCH}#{name}.{way}",) in deliveries for way in ("sms", "whatsapp"))
    by_phone = world.gateway.of_effect(name) or world.number.of_effect(name)
    return onward or bool(by_phone or world.chats.of_effect(name))


def was_over(run: Run, effect: dict[str, Any], of: str = "") -> bool:
    """Whether what a message by phone leads to had ended when the effect, or `of` it, was done."""
    done, link = run.history.done.get(of or effect["id"]), effect.get("link")
    by_phone = of or effect.get("channel") != "telegram"
    if link is None or done is None or not by_phone:
        return False
    return done + _SKEW >= datetime.fromisoformat(link["expires_at"]).timestamp()


def _reason(said: str) -> bool:
    """Whether a person is needed: nobody else could have delivered it, now or later."""
    return not said.startswith("fault:")


def risks(run: Run) -> int:
    """Messages that came more than once, where the provider offers neither key nor read-back."""
    world = run.world
    told = [
        len(world.chats.of_effect(name)) + len(world.gateway.of_effect(f"{name}.sms"))
        for name in run.history.effects
    ]
    doubled = Counter(sent.effect for sent in world.number.sent).values()
    return sum(n - 1 for n in (*told, *doubled) if n > 1) + len(world.books.doubled)
