"""What must be true of surveys, whatever went wrong while they were on."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from switchboard.domain.effects import effects as known
from switchboard.flows.daytime import is_quiet, zone_of
from switchboard.flows.survey.survey import Survey
from switchboard.flows.survey.table import State
from switchboard.playbook.model import Playbook
from tests.flows import survey_rules
from tests.simulation.amocrm import ANSWERS, AVERAGE, SCORES, VARIANT, WON, Lead
from tests.simulation.registry import Run
from tests.simulation.setting import BRANCH

if TYPE_CHECKING:
    from tests.simulation.clients import Said
    from tests.simulation.reviews import Played
    from tests.simulation.web import Visit

_LATE = 60.0
"""Seconds that a message may be under way to its provider, and a page to its reader."""
_SKEW = timedelta(seconds=12)
_NEVER = {None, "waiting", "cancelled", "asked"}


def broken(run: Run) -> Iterator[str]:
    played = run.reviews
    assert played is not None
    for (table, name), states in run.history.states.items():
        if table != "surveys":
            continue
        lives = [Survey.model_validate_json(one.json) for one in states]
        decided = [
            survey_rules.Decided(datetime.fromtimestamp(at, UTC), known.validate_python((said,))[0])
            for at, said in run.history.decided["surveys", name]
        ]
        playbook = of_version(run, lives[-1].playbook)
        yield from (
            f"{name}: {wrong}" for wrong in survey_rules.broken(lives[-1], decided, playbook)
        )
        for before, after in pairwise(lives):
            yield from (f"{name}: {wrong}" for wrong in survey_rules.moved(before, after))
            if after.answers != before.answers and set(after.heard) <= set(before.heard):
                yield f"{name}: answered by what it had heard before"
        yield from _finished(run, lives[-1])
    yield from _invited_once(run)
    yield from _not_too_often(run)
    yield from _told_once(run)
    for lead, _ in played.sales.leads:
        yield from _not_surveyed(run, lead)
    noted = _noted(run)
    for said in played.crowd.said:
        if said.id not in noted:
            yield from _unheard(run, played, said)
    for visit in played.web.visits:
        yield from _not_filled(run, played, visit)
    yield from _unknown(run, played)


def of_version(run: Run, version: int) -> Playbook:
    return run.world.versions[version - 1]


def dead(run: Run, effect: str) -> bool:
    item = run.world.tables.items["deliveries"].get((f"{BRANCH}#{effect}",), {})
    return "dead" in item


def _finished(run: Run, survey: Survey) -> Iterator[str]:
    """Nothing is open any more, and what came of it stands in the CRM."""
    if survey.state in (State.WAITING, State.ASKED):
        yield f"{survey.id} is {survey.state} for ever"
    lead = run.world.account.leads[int(survey.deal)]
    if survey.state not in (State.COMPLETED, State.PARTIAL) or lead.deleted:
        return
    wanted = {AVERAGE: survey.average, VARIANT: survey.variant or None}
    wanted |= {SCORES[a.question]: a.value for a in survey.answers if a.question in SCORES}
    for field, value in wanted.items():
        if value is not None and str(lead.fields.get(field)) != str(value):
            yield f"{survey.id}: field {field} says {lead.fields.get(field)!r} for {value!r}"
    if not lead.fields.get(ANSWERS):
        yield f"{survey.id}: the CRM has none of its answers"
    low = survey.average is not None and survey.average < 8
    tasks = sum(task.startswith("low ") for task in lead.tasks)
    if tasks != int(low):
        yield f"{survey.id}: an average of {survey.average} has {tasks} tasks"


def _is_night(run: Run, survey: Survey, moment: float) -> bool:
    """Whether it was, by every clock and by every version: the sender goes by the one that is live.

    Clocks of processes are not the same.
    """
    at = datetime.fromtimestamp(moment, UTC)
    return all(
        is_quiet(
            at + wrong,
            playbook.reviewing.survey.quiet_hours,
            zone_of(survey.timezone, playbook.timezone),
        )
        for playbook in run.world.versions
        for wrong in (-_SKEW, timedelta(0), _SKEW)
    )


def _invited_once(run: Run) -> Iterator[str]:
    """A run of a survey has one invitation; what is read back before a repeat comes once."""
    invited: Counter[tuple[str, str]] = Counter()
    for name, effect in run.history.effects.items():
        if effect["kind"] != "tell_client":
            continue
        if effect["about"] in ("survey", "reminder"):
            invited[name.rpartition(":")[0], effect["about"]] += 1
        for way in (name, f"{name}.sms", f"{name}.whatsapp.sms"):
            times = len(run.world.gateway.of_effect(way))
            if times > 1:
                yield f"{way}: {times} SMS"
    for (survey, about), times in invited.items():
        if times > 1:
            yield f"{survey}: {times} messages of the kind {about!r}"


def _not_too_often(run: Run) -> Iterator[str]:
    """Nobody is asked again before his time, by the most generous of the rules that were live."""
    gaps = [of_version(run, n + 1).reviewing.survey for n in range(len(run.world.versions))]
    gap = timedelta(days=min(one.again_after_days for one in gaps)) - _SKEW
    asked: dict[str, dict[tuple[str, int], datetime]] = {}
    for (table, name), states in run.history.states.items():
        for state in states if table == "surveys" else ():
            survey = Survey.model_validate_json(state.json)
            if survey.asked_at is not None:
                asked.setdefault(survey.client, {})[name, survey.run] = survey.asked_at
    for client, times in asked.items():
        for one, other in pairwise(sorted(times.values())):
            if other - one < gap:
                yield f"{client} was asked again after {other - one}"


def _told_once(run: Run) -> Iterator[str]:
    """A client's messages by day, as far as nothing held them up for long."""
    for name, effect in run.history.effects.items():
        if effect["kind"] != "tell_client" or effect["about"] not in ("survey", "reminder"):
            continue
        survey = _survey_of(run, effect["id"])
        moments = [message.at for _, message in run.world.chats.of_effect(name)]
        for way in (name, f"{name}.sms", f"{name}.whatsapp", f"{name}.whatsapp.sms"):
            moments += [sms.at for sms in run.world.gateway.of_effect(way)]
            moments += [sent.at for sent in run.world.number.of_effect(way)]
            yield from _too_late(run, effect, way)
        for moment in moments:
            if survey and _is_night(run, survey, moment) and _is_night(run, survey, moment - _LATE):
                yield f"{name} came in quiet hours"


def _too_late(run: Run, effect: dict[str, Any], way: str) -> Iterator[str]:
    """Nobody is sent to a page by phone that is closed by then."""
    ends = datetime.fromisoformat(effect["link"]["expires_at"]).timestamp() + _LATE
    moments = [one.at for one in run.world.gateway.of_effect(way)]
    moments += [one.at for one in run.world.number.of_effect(way)]
    if max(moments, default=ends) > ends + _SKEW.total_seconds():
        yield f"{way} leads to a page that was closed by then"


def _survey_of(run: Run, effect: str) -> Survey | None:
    states = run.history.states.get(("surveys", effect.partition(":")[0]))
    return Survey.model_validate_json(states[-1].json) if states else None


def _not_surveyed(run: Run, lead: Lead) -> Iterator[str]:
    """The last thing that the CRM said had its consequence."""
    states = run.history.states.get(("surveys", f"amocrm-{lead.id}"))
    state = json.loads(states[-1].json)["state"] if states else None
    if lead.status == WON and not lead.deleted and state in _NEVER:
        yield f"lead {lead.id} is won, and its survey {state}"


def _unheard(run: Run, played: "Played", said: "Said") -> Iterator[str]:
    """What a client did in his chat and was acknowledged is in his survey, or came too late."""
    if said.update not in run.world.updates.acknowledged:
        return
    for message in played.done:
        event = json.loads(message.body)["event"]
        if event.get("id") == said.id and event["kind"] in ("client_answered", "client_said"):
            begin, end = message.first_received_at, message.at
            if said.kind == "tap" and _was_stale(run, said, begin, end):
                return
            if said.kind == "text" and not _was_open(run, said.chat, begin, end):
                return
            yield f"{said.id} ({said.data!r}) was dealt with, and nobody noted it"
            return
    yield f"{said.id} ({said.data!r}) was acknowledged, and nothing followed"


def _was_stale(run: Run, said: "Said", begin: float, end: float) -> bool:
    """Whether at some moment in between the button stood for nothing."""
    _, survey, number, question, value = said.data.split(":")
    states = run.history.states.get(("surveys", survey), [])
    before = [one for one in states if one.at <= begin][-1:]
    within = [one for one in states if begin < one.at <= end]
    for state in (*before, *within):
        now: dict[str, Any] = json.loads(state.json)
        mine = (now["run"], now["chat"], now["at"]) == (int(number), said.chat, int(question))
        back_from_first = value == "98" and question == "0"
        if now["state"] != "asked" or not mine or back_from_first:
            return True
    return not before


def _was_open(run: Run, chat: int, begin: float, end: float) -> bool:
    """Whether a question stood in the chat all the while. Idle talk is answered once a day."""
    for (table, _), states in run.history.states.items():
        if table != "surveys":
            continue
        before = [one for one in states if one.at <= begin][-1:]
        within = [one for one in states if begin < one.at <= end]
        lives = [json.loads(one.json) for one in (*before, *within)]
        if before and all(one["state"] == "asked" and one["chat"] == chat for one in lives):
            return True
    return False


def _not_filled(run: Run, played: "Played", visit: "Visit") -> Iterator[str]:
    """Whoever was thanked for his answers has them in the survey, or it was over by then."""
    link = run.world.tables.items["links"].get((visit.code, "link"))
    if link is None or link["purpose"]["S"] != "survey":
        return
    if visit.method != "POST" or visit.status != 200:
        return
    if "filled_at" not in link:
        filled = [json.loads(message.body)["event"] for message in played.done]
        if not any(one["kind"] == "survey_filled" and one["id"] == visit.id for one in filled):
            yield f"{visit.id} was thanked, and nothing followed"
            return
    name = link["survey"]["S"]
    lives = [json.loads(one.json) for one in run.history.states["surveys", name]]
    asked = [one for one in lives if one["run"] == int(link["run"]["N"])]
    if any(event.startswith("web-") for one in asked for event in one["heard"]):
        return
    # However long they have waited for their turn: there is no deal in which to read them.
    if any(one["deleted"] for one in asked):
        return
    over = [
        state
        for state, one in zip(run.history.states["surveys", name], lives, strict=True)
        if one["state"] != "asked" and one["asked_at"] is not None
    ]
    if not over or over[0].at > visit.ended + _LATE:
        yield f"{visit.id} was thanked, and {name} has no answers of his"


def _unknown(run: Run, played: "Played") -> Iterator[str]:
    """Who has shared his number, and was acknowledged, is known by his chat."""
    known = run.world.tables.items["clients"]
    for client in played.crowd.clients:
        if any(number in run.world.updates.acknowledged for number in client.shared):
            item = known.get((BRANCH, client.id), {})
            if item.get("chat") != {"N": str(client.person.id)}:
                yield f"{client.id} has shared his number, and is not known"


def _noted(run: Run) -> set[str]:
    """The events of clients that a survey or a chat has ever acted upon."""
    found: set[str] = set()
    for (table, _), states in run.history.states.items():
        for state in states:
            said = json.loads(state.json)
            if table == "surveys":
                found.update(said["heard"])
            elif table == "sessions":
                found.add(said["last"])
    return found
