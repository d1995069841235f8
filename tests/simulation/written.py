"""What must be true of WhatsApp: of messages that it could not deliver, and of clients' words."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from switchboard.flows.survey.survey import Survey
from switchboard.flows.survey.table import NEVER_ASKED, State
from switchboard.playbook.model import Question
from tests.simulation.asked import dead, of_version
from tests.simulation.invariants import was_over
from tests.simulation.registry import Run
from tests.simulation.setting import BRANCH
from tests.simulation.whatsapp import DECLINED
from tests.simulation.writers import TELLING, Words

if TYPE_CHECKING:
    from tests.simulation.reviews import Played


def broken(run: Run) -> Iterator[str]:
    played, number = run.reviews, run.world.number
    assert played is not None
    if number.fooled:
        yield "somebody who has no secret was taken for WhatsApp"
    for effect in {sent.effect: None for sent in number.sent} | dict.fromkeys(number.refused):
        yield from _passed_on(run, played, effect)
    for sent in number.sent:
        if (
            sent.kind == "text"
            and min(number.wrote.get(sent.phone, ()), default=sent.at) >= sent.at
        ):
            yield f"{sent.effect} was said to one who had not written"
    written = {words.id: words for words in played.crowd.writers.written}
    heard = dict[str, list[Survey]]()
    for (table, _), states in run.history.states.items():
        if table != "surveys":
            continue
        lives = [Survey.model_validate_json(one.json) for one in states]
        for before, after in pairwise(lives):
            for event in written.keys() & set(after.heard) - set(before.heard):
                heard.setdefault(event, []).append(after)
                yield from _understood(run, written[event], before, after)
    for words in written.values():
        if words.wamid in number.acknowledged and words.id not in heard:
            yield from _unheard(run, played, words)
        yield from _heard_twice(words, heard.get(words.id, []))


def _passed_on(run: Run, played: "Played", effect: str) -> Iterator[str]:
    """What failed went by SMS, once; what came did not; nor did what he has declined."""
    told = run.world.number.of_effect(effect)
    by_sms = len(run.world.gateway.of_effect(f"{effect}.sms"))
    codes = {sent.code for sent in told} | run.world.number.refused.get(effect, set())
    decided = run.history.effects[effect.removesuffix(".whatsapp")]
    if decided["kind"] == "answer_client" or codes <= {0, DECLINED}:
        if by_sms:
            yield f"{effect} went by SMS as well, and its codes are {sorted(codes)}"
        return
    if by_sms > 1:
        yield f"{effect} went by SMS {by_sms} times"
    if by_sms or DECLINED in codes:
        # Two copies of one message may end differently: the first to be told of counts.
        return
    passed = [name for name in run.history.done if name.startswith(f"{effect}.failed.")]
    ways = (effect, f"{effect}.sms", *passed, *_dead_of(run, effect))
    if any(dead(run, way) or was_over(run, decided, way) for way in ways):
        return
    if not _had_ended(run, played, decided, effect):
        yield f"{effect} failed with {sorted(codes)}, and there was no SMS"


def _dead_of(run: Run, effect: str) -> list[str]:
    """Attempts to pass the message on that lie with the dead."""
    keys = run.world.tables.items["deliveries"]
    begin = f"{BRANCH}#{effect}.failed."
    return [key[0].partition("#")[2] for key in keys if key[0].startswith(begin)]


def _had_ended(run: Run, played: "Played", decided: dict[str, Any], effect: str) -> bool:
    """Whether there was nothing left to ask for when it became known that the message failed."""
    states = run.history.states.get(("surveys", decided["id"].partition(":")[0]), [])
    lives = [(one.at, Survey.model_validate_json(one.json)) for one in states]
    if decided["about"] in ("survey", "reminder"):
        ended = [at for at, one in lives if one.asked_at and one.state is not State.ASKED]
    elif decided["about"] == "review":
        ended = [at for at, one in lives if one.reversed]
    else:
        return False
    events = [(one.at, json.loads(one.body)["event"]) for one in played.done]
    told = [
        at
        for at, event in events
        if event["kind"] == "message_failed" and event["effect"] == effect
    ]
    return bool(ended and told) and min(ended) <= min(told)


def _understood(run: Run, words: Words, before: Survey, after: Survey) -> Iterator[str]:
    """What a survey has made of his words: an answer, its beginning, its end, or a person's."""
    questions = of_version(run, after.playbook).reviewing.survey.questions
    question = before.waiting(questions) if before.state is State.ASKED else None
    scored = question is not None and question.kind in ("score", "nps")
    if question is None or after.reason != before.reason:
        yield from _noted(run, words, after)
    elif after.at > before.at:
        yield from _shown(run, after, questions)
        answer = next((one.value for one in after.answers if one.question == question.id), None)
        if not before.talking:
            yield f"{words.id} ({words.text!r}) answers what {after.id} had not asked"
        # He meant a choice by its number, and the next question wants a number already.
        said = int(words.text) if words.text.isdecimal() else words.meant
        if scored and answer not in (words.meant, said):
            yield f"{words.id} ({words.text!r}) is {answer} in {after.id}"
    elif after.message != before.message:
        yield from _shown(run, after, questions)
        if words.text in TELLING and not after.unclear:
            yield f"{words.id} ({words.text!r}) tells something, and nobody reads it"
    elif before.talking and scored and words.meant is not None:
        yield f"{words.id} ({words.text!r}) was a score, and {after.id} does not know of it"
    else:
        yield from _noted(run, words, after)


def _heard_twice(words: Words, surveys: list[Survey]) -> Iterator[str]:
    """What is told again after he was asked anew may be taken for words about that as well."""
    asked = [one for one in surveys if one.asked_at and one.asked_at.timestamp() <= words.at]
    if len(asked) > 1:
        yield f"{words.id} ({words.text!r}) was heard by {[one.id for one in asked]}"


def _shown(run: Run, survey: Survey, questions: tuple[Question, ...]) -> Iterator[str]:
    """The question that waits now is the one that he was sent."""
    question = survey.waiting(questions) if survey.state is State.ASKED else None
    if question is None or dead(run, survey.message):
        return
    told = run.world.number.of_effect(survey.message)
    if not any(f"{survey.at + 1}/{len(questions)} {question.text}" in sent.text for sent in told):
        yield f"{survey.message} does not ask for {question.id}"


def _noted(run: Run, words: Words, survey: Survey) -> Iterator[str]:
    """A person can read them in the deal."""
    lead = run.world.account.leads[int(survey.deal)]
    if lead.deleted or dead(run, f"{survey.id}:{survey.run}:said.{words.id}"):
        return
    if not any(words.text in note for note in lead.notes):
        yield f"{words.id} ({words.text!r}) is not in the CRM"


def _unheard(run: Run, played: "Played", words: Words) -> Iterator[str]:
    """Words that were acknowledged, and in no survey: there was none that they could be about."""
    for message in played.done:
        event = json.loads(message.body)["event"]
        if event["kind"] == "client_said" and event["id"] == words.id:
            begin, end = message.first_received_at, message.at
            if not words.by_button and _was_asked(run, words, begin, end):
                yield f"{words.id} ({words.text!r}) was dealt with, and nobody noted it"
            return
    yield f"{words.id} ({words.text!r}) was acknowledged, and nothing followed"


def _was_asked(run: Run, words: Words, begin: float, end: float) -> bool:
    """Whether a survey of his had asked him all the while, and none a newer question than he meant.

    What he wrote before the newest question is no answer to it, and is not about an older survey.
    """
    found = False
    for (table, _), states in run.history.states.items():
        if table != "surveys":
            continue
        before = [one for one in states if one.at <= begin][-1:]
        within = [one for one in states if begin < one.at <= end]
        lives = [Survey.model_validate_json(one.json) for one in (*before, *within)]
        mine = [one for one in lives if one.client == words.client.id]
        if any(one.shown_at and one.shown_at.timestamp() > words.at for one in mine):
            return False
        all_the_while = all(one.state not in NEVER_ASKED for one in lives)
        found = found or (bool(before) and mine == lives and all_the_while)
    return found
