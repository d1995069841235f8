"""What must be true of a survey at any moment, whatever has happened in whatever order.

`broken` looks at a survey and at all that was ever decided for it, in that order; `moved` at two of
its states, one after the other. Neither knows how the survey comes to its decisions.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from switchboard.domain.effects import (
    AddTask,
    AnswerClient,
    EditMessage,
    Effect,
    RecordDeal,
    Schedule,
    SendMessage,
    TellClient,
)
from switchboard.domain.events import BonusEarned, BonusReversed
from switchboard.flows.survey.survey import Survey
from switchboard.flows.survey.table import State
from switchboard.playbook.model import Playbook
from switchboard.texts.catalogue import MESSAGE_LIMIT

CALLBACK_LIMIT = 64
"""Bytes of a button's data (Bot API, `InlineKeyboardButton`)."""
_ENDED = frozenset({State.COMPLETED, State.PARTIAL, State.SILENT, State.ABANDONED})
_QUESTION = re.compile(r":q\d+$")
_TAG = re.compile(r"</?[bis]>")
_AT_MOST_ONCE = (
    *("survey", "reminder", "review", "apology"),
    *(
        "visit",
        "results",
        "note",
        "task.low",
        "task.talk",
        "task.late",
        "late",
        "earned",
        "reversed",
    ),
)


class Decided(NamedTuple):
    """An effect, and when it was decided."""

    at: datetime
    effect: Effect


def broken(survey: Survey | None, decided: Iterable[Decided], playbook: Playbook) -> Iterator[str]:
    """What is wrong, in words; nothing when all is well.

    `playbook` is the one that the survey goes by.
    """
    everything = list(decided)
    first: dict[str, Decided] = {}
    for one in everything:
        if first.setdefault(one.effect.id, one).effect != one.effect:
            yield f"{one.effect.id} was decided twice, each time otherwise"
    once = list(first.values())
    if survey is None:
        if once:
            yield "something follows from nothing"
        return
    counts = Counter(name for one in once if (name := _name(one.effect)) is not None)
    for name in _AT_MOST_ONCE:
        if counts[name] > 1:
            yield f"{name}: {counts[name]} times"
    yield from _order(survey, counts)
    yield from _hours(survey, once, playbook)
    yield from _dialogue(survey, counts, once)
    yield from _messages(once)
    yield from _answers(survey, playbook)
    yield from _result(survey, [one.effect for one in once], playbook)


def moved(before: Survey | None, after: Survey | None) -> Iterator[str]:
    """What is wrong with the step from one state to the other."""
    if before is None:
        return
    if after is None:
        yield "the survey has vanished"
        return
    if before.state in _ENDED and (after.state, after.answers) != (before.state, before.answers):
        yield f"{before.state} was left for {after.state}"
    if before.state in _ENDED and (after.average, after.site) != (before.average, before.site):
        yield "a result has changed after the end"
    if after.run not in (before.run, before.run + 1):
        yield f"run {before.run} was followed by run {after.run}"
    if after.run != before.run and before.asked_at is not None:
        yield "a client who was asked is to be asked again"
    if after.run == before.run and after.seen < before.seen:
        yield "an older deal was acted upon"
    for name in ("reminded", "talking", "unclear", "handed", "reversed"):
        if after.run == before.run and getattr(before, name) and not getattr(after, name):
            yield f"{name} was taken back"


def _name(effect: Effect) -> str | None:
    match effect:
        case TellClient(about=about):
            return about
        case RecordDeal(results=results):
            return "visit" if "review" in results else "results"
        case Schedule(event=BonusEarned()):
            return "earned"
        case Schedule(event=BonusReversed()):
            return "reversed"
        case AddTask():
            return effect.id.split(":", 2)[2]
        case _:
            name = effect.id.rpartition(":")[2]
            return name if name in ("note", "late") else None


def _order(survey: Survey, counts: Counter[str]) -> Iterator[str]:
    asked = survey.asked_at is not None
    if asked is not (counts["survey"] == 1):
        yield f"asked: {asked}, invited {counts['survey']} times"
    if not asked and counts.keys() & {"reminder", "review", "apology", "results", "note"}:
        yield "something was said to a client who was never asked"
    if counts["results"] and survey.state not in _ENDED:
        yield "results of a survey that still runs"
    if counts["earned"] and (survey.pressed_at is None or not survey.bonus):
        yield "a bonus is earned without a press"
    if counts["reversed"] > counts["earned"]:
        yield "a bonus is reversed that was never earned"
    if survey.reversed and counts["earned"] != counts["reversed"]:
        yield "a bonus is not his any more and was not reversed"
    if bool(survey.site) is not bool(counts["review"]):
        yield "the review's site and its invitation do not go together"
    if counts["visit"] and not survey.site:
        yield "a visit where nobody was invited"


def _hours(survey: Survey, once: list[Decided], playbook: Playbook) -> Iterator[str]:
    """Nobody is written to at night, who has not just written himself."""
    quiet = playbook.reviewing.survey.quiet_hours
    zone = ZoneInfo(survey.timezone or playbook.timezone)
    for at, effect in once:
        if isinstance(effect, TellClient) and effect.about in ("survey", "reminder"):
            now = f"{at.astimezone(zone):%H:%M}"
            night = (
                quiet.start <= now < quiet.end
                if quiet.start <= quiet.end
                else now >= quiet.start or now < quiet.end
            )
            if night:
                yield f"{effect.id} at {now}"


def _dialogue(survey: Survey, counts: Counter[str], once: list[Decided]) -> Iterator[str]:
    """Where he is asked by phone he is asked by writing only once he has begun to write."""
    shown = [one for _, one in once if isinstance(one, AnswerClient) and _QUESTION.search(one.id)]
    if shown and not survey.talking:
        yield "he was shown a question and has not begun to write"
    if survey.talking and (survey.chat is not None or counts["survey"] == 0):
        yield "he answers by writing what he was asked in a chat, or was never asked"


def _messages(once: list[Decided]) -> Iterator[str]:
    sent = set[str]()
    for _, effect in once:
        if isinstance(effect, EditMessage) and effect.of not in sent:
            yield f"{effect.id} changes what was never sent"
        sent.add(effect.id)
        if isinstance(effect, SendMessage | EditMessage | TellClient):
            if len(_TAG.sub("", effect.text)) > MESSAGE_LIMIT:
                yield f"{effect.id} is too long"
            for row in effect.buttons:
                for button in row:
                    if len(button.data.encode()) > CALLBACK_LIMIT:
                        yield f"{effect.id}: {button.data} is too long"
        if isinstance(effect, AnswerClient) and ("{" in effect.text or _TAG.search(effect.text)):
            yield f"{effect.id} shows markup where there is none"
        if isinstance(effect, TellClient) and (effect.link is None) is ("{url}" in effect.sms):
            yield f"{effect.id}: the link and its place do not go together"


def _answers(survey: Survey, playbook: Playbook) -> Iterator[str]:
    questions = {one.id: one for one in playbook.reviewing.survey.questions}
    names = [one.question for one in survey.answers]
    if len(set(names)) < len(names):
        yield "a question has two answers"
    for answer in survey.answers:
        question = questions.get(answer.question)
        if question is None:
            yield f"an answer to {answer.question}, which was never asked"
        elif question.kind == "text":
            if answer.value is not None:
                yield "words with a score"
        elif answer.value is None:
            yield f"no answer to {answer.question}"
        elif question.kind == "choice":
            if question.choices[answer.value] != answer.text:
                yield "a choice that is not the one that was made"
        elif not (question.kind == "score") <= answer.value <= 10:
            yield f"{answer.value} of ten"
    if survey.state is State.COMPLETED and set(names) != set(questions):
        yield "completed with a question left"


def _result(survey: Survey, once: list[Effect], playbook: Playbook) -> Iterator[str]:
    rules = playbook.reviewing
    scored = {one.id for one in rules.survey.questions if one.kind == "score"}
    values = [one.value for one in survey.answers if one.question in scored]
    over = survey.state in _ENDED - {State.ABANDONED}
    average = round(sum(value or 0 for value in values) / len(values), 2) if values else None
    if scored and survey.average != (average if over else None):
        yield f"the average is {survey.average} and not {average}"
    recorded = [one.results for one in once if isinstance(one, RecordDeal)]
    for results in recorded:
        if results.get("average", survey.average) != survey.average:
            yield "the CRM has another average"
    low = survey.average is not None and survey.average < rules.happy_from
    tasks = [one for one in once if isinstance(one, AddTask) and one.id.endswith(":task.low")]
    if low is not (len(tasks) == 1):
        yield f"low: {low}, tasks: {len(tasks)}"
    apologies = [one for one in once if isinstance(one, TellClient) and one.about == "apology"]
    if (low and survey.state is State.COMPLETED) is not (len(apologies) == 1):
        yield f"low: {low}, apologies: {len(apologies)}"
    happy_only = {one.name for one in rules.sites if one.ask == "happy"}
    if survey.site in happy_only and (survey.average is None or low):
        yield "only the happy are asked there"
