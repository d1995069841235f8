"""The survey: its questions, its variants, its hours, and the stages that start it."""

from collections.abc import Iterator
from datetime import time

from switchboard.playbook.model import Playbook, Question, QuietHours, Reviews, Survey, Variant
from switchboard.playbook.read import Path, dotted
from switchboard.playbook.rules.objection import Objection, Rule

_DAY = 24 * 60
_NIGHT = (22 * 60, 8 * 60)
"""Minutes of the day: nobody likes to hear from a tyre service between ten and eight."""
_HALF_OF_SCALE = 6
_SURVEY: Path = ("reviews", "survey")


def _questions(playbook: Playbook) -> Iterator[Objection]:
    for survey in _surveys(playbook):
        first: dict[str, int] = {}
        for position, question in enumerate(survey.questions):
            path: Path = (*_SURVEY, "questions", position)
            if question.id in first:
                reason = f"`{question.id}` is also question {first[question.id] + 1}."
                yield "question-twice", (*path, "id"), reason
            first.setdefault(question.id, position)
            for field, reason in _choices(question):
                yield "question-choices", (*path, field), reason


def _choices(question: Question) -> Iterator[tuple[str, str]]:
    if question.kind != "choice":
        if question.choices:
            yield "choices", f"A question of kind `{question.kind}` has no choices."
        return
    if len(question.choices) < 2:
        yield "choices", "Fewer than two choices stand here."
    if len({one.casefold().strip() for one in question.choices}) < len(question.choices):
        yield "choices", "The same choice stands here twice."


def _scores(playbook: Playbook) -> Iterator[Objection]:
    """Only questions of kind `score` make the average, by which a client is happy or not."""
    for reviews in _reviewing(playbook):
        if any(question.kind == "score" for question in reviews.survey.questions):
            continue
        reason = "No question is of kind `score`, so there is no average"
        if happy := [f"`{site.name}`" for site in reviews.sites if site.ask == "happy"]:
            reason += f", and nobody is ever sent to {', '.join(happy)}"
        yield "score-missing", (*_SURVEY, "questions"), f"{reason}."


def _variants(playbook: Playbook) -> Iterator[Objection]:
    for survey in _surveys(playbook):
        variants, path = survey.variants, (*_SURVEY, "variants")
        if not variants:
            continue
        total = sum(variant.weight for variant in variants)
        if total != 100:
            yield "variant-weights", path, f"The weights add up to {total}."
        if len(variants) == 1:
            yield "variant-alone", path, f"Only `{variants[0].name}` stands here."
        first: dict[str, int] = {}
        for position, variant in enumerate(variants):
            if variant.name in first:
                reason = f"`{variant.name}` is also entry {first[variant.name] + 1} of the list."
                yield "variant-twice", (*path, position, "name"), reason
            first.setdefault(variant.name, position)


def _same_variants(playbook: Playbook) -> Iterator[Objection]:
    for survey in _surveys(playbook):
        first: dict[tuple[int, str | None, str | None], str] = {}
        for position, variant in enumerate(survey.variants):
            shown = (_delay(variant, survey), variant.text, variant.sms)
            if shown in first:
                reason = f"`{variant.name}` says the same as `{first[shown]}`, at the same time."
                yield "variant-same", (*_SURVEY, "variants", position), reason
            first.setdefault(shown, variant.name)


def _quiet_hours(playbook: Playbook) -> Iterator[Objection]:
    path = (*_SURVEY, "quiet_hours")
    for survey in _surveys(playbook):
        quiet = survey.quiet_hours
        if quiet.start == quiet.end:
            yield "quiet-hours", path, f"They begin and end at {quiet.start}, so there are none."
            continue
        awake = [minute for minute in _minutes(*_NIGHT) if not _is_quiet(minute, quiet)]
        if awake:
            at = f"{awake[0] // 60:02}:{awake[0] % 60:02}"
            yield "quiet-hours", path, f"Clients may be written to at {at}."


def _minutes(start: int, end: int) -> Iterator[int]:
    """Those from `start` to `end`, past midnight where it comes between."""
    for passed in range((end - start) % _DAY):
        yield (start + passed) % _DAY


def _is_quiet(minute: int, quiet: QuietHours) -> bool:
    start, end = (_minute_of(text) for text in (quiet.start, quiet.end))
    return (minute - start) % _DAY < (end - start) % _DAY


def _minute_of(text: str) -> int:
    told = time.fromisoformat(text)
    return told.hour * 60 + told.minute


def _waits(playbook: Playbook) -> Iterator[Objection]:
    """Times that contradict each other."""
    for reviews in _reviewing(playbook):
        survey = reviews.survey
        remind, close = survey.remind_after_hours, survey.close_after_hours
        if remind is not None and remind >= close:
            reason = f"After {remind} hours the survey is closed already: it is open for {close}."
            yield "reminder-late", (*_SURVEY, "remind_after_hours"), reason
        path, delay = _longest_delay(survey)
        if delay > survey.latest_hours * 60:
            reason = f"It waits {delay} minutes, and `latest_hours` is {survey.latest_hours}."
            yield "delay-long", path, reason
        if reviews.link_days * 24 < close:
            reason = f"A review link lives {reviews.link_days * 24} hours, a survey {close}."
            yield "link-short", ("reviews", "link_days"), reason
        if survey.again_after_days == 0:
            reason = "A client with two deals in a day is asked twice in a day."
            yield "asked-too-often", (*_SURVEY, "again_after_days"), reason


def _longest_delay(survey: Survey) -> tuple[Path, int]:
    delays: list[tuple[int, Path]] = [(survey.delay_minutes, (*_SURVEY, "delay_minutes"))]
    for position, variant in enumerate(survey.variants):
        if variant.delay_minutes is not None:
            path: Path = (*_SURVEY, "variants", position, "delay_minutes")
            delays.append((variant.delay_minutes, path))
    longest = max(delays, key=lambda one: one[0])
    return longest[1], longest[0]


def _delay(variant: Variant, survey: Survey) -> int:
    return survey.delay_minutes if variant.delay_minutes is None else variant.delay_minutes


def _happy(playbook: Playbook) -> Iterator[Objection]:
    for reviews in _reviewing(playbook):
        if reviews.happy_from < _HALF_OF_SCALE:
            reason = f"Who gives {reviews.happy_from:g} of 10 on average counts as happy."
            yield "happy-low", ("reviews", "happy_from"), reason


def _stages(playbook: Playbook) -> Iterator[Objection]:
    """A stage that starts the survey must not say that the deal goes on, or came to nothing."""
    for reviews in _reviewing(playbook):
        taken: dict[str, Path] = {}
        for name in ("search", "lost"):
            taken |= dict.fromkeys(getattr(playbook.crm.stages, name), ("crm", "stages", name))
        if reviews.bonus is not None:
            for name in ("stages", "lost_stages"):
                here: Path = ("reviews", "bonus", name)
                taken |= dict.fromkeys(getattr(reviews.bonus, name), here)
        seen: set[str] = set()
        for position, stage in enumerate(reviews.survey.stages):
            path: Path = (*_SURVEY, "stages", position)
            if stage in seen:
                yield "stage-twice", path, f"Stage {stage} stands in the list already."
            elif stage in taken:
                reason = f"Stage {stage} also stands in {dotted(taken[stage])}."
                yield "survey-stage", path, reason
            seen.add(stage)


def _reviewing(playbook: Playbook) -> Iterator[Reviews]:
    if playbook.reviews is not None:
        yield playbook.reviews


def _surveys(playbook: Playbook) -> Iterator[Survey]:
    for reviews in _reviewing(playbook):
        yield reviews.survey


RULES: tuple[Rule, ...] = (
    _questions,
    _scores,
    _variants,
    _same_variants,
    _quiet_hours,
    _waits,
    _happy,
    _stages,
)
