"""What follows when a survey ends: results in the CRM, an apology or a review, and its bonus."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from switchboard.domain.effects import (
    AddNote,
    Effect,
    LinkTo,
    RecordDeal,
    Schedule,
    TellClient,
    VoidLink,
)
from switchboard.domain.events import BonusEarned, BonusReversed
from switchboard.experiments.assignment import assign
from switchboard.flows.daytime import zone_of
from switchboard.flows.survey import wording
from switchboard.flows.survey.asking import closed, edit, effect_id, say, task, with_message
from switchboard.flows.survey.survey import Survey
from switchboard.playbook.model import Playbook, Site
from switchboard.texts.dates import day_and_time


def site_for(survey: Survey, playbook: Playbook) -> Site | None:
    """The site that this client is asked to review on, among those that fit him, by its weight."""
    reviews = playbook.reviewing
    happy = survey.average is not None and survey.average >= reviews.happy_from
    fitting = {site.name: site for site in reviews.sites if happy or site.ask == "everyone"}
    if not fitting:
        return None
    weights = [(site.name, site.weight) for site in fitting.values()]
    return fitting[assign("site", survey.client, weights)]


def completed(
    survey: Survey, site: Site | None, now: datetime, playbook: Playbook, *, typed: bool
) -> tuple[Effect, ...]:
    """Results into the CRM; thanks; the unhappy are called, the happy are asked for a review."""
    found = [*_thanks(survey, playbook, typed=typed), *_results(survey, playbook)]
    # He is in WhatsApp just now: there he reads on, in words of our own.
    free = typed and survey.chat is None
    if _is_low(survey, playbook):
        found += [_call(survey, now, playbook), _apology(survey, now, playbook, free=free)]
    if site is not None:
        found.append(_review(survey, site, now, playbook, free=free))
    return tuple(found)


def over(survey: Survey, now: datetime, playbook: Playbook) -> tuple[Effect, ...]:
    """Time is over. What there is goes to the CRM, and a bad score is not lost either."""
    found = [*closed(survey, playbook), *_results(survey, playbook)]
    if _is_low(survey, playbook):
        found.append(_call(survey, now, playbook))
    return tuple(found)


def opened(before: Survey, after: Survey, now: datetime, playbook: Playbook) -> tuple[Effect, ...]:
    """The link was followed: the deal says so once, and a press earns the bonus."""
    found: list[Effect] = []
    if before.visited_at is None:
        results = {"review": after.site}
        found.append(
            RecordDeal(id=effect_id(after, "review"), deal=after.deal, results={**results})
        )
    if after.pressed_at is not None and after.bonus:
        found.append(_earned(after, after.pressed_at, now, playbook))
    return tuple(found)


def reversed_bonus(survey: Survey, now: datetime) -> tuple[Effect, ...]:
    """The link promises nothing any more; what its press has earned already is taken back."""
    void = VoidLink(
        id=effect_id(survey, "void"),
        client=survey.client,
        chat=survey.chat,
        survey=survey.id,
        run=survey.run,
        site=survey.site,
    )
    if survey.pressed_at is None:
        return (void,)
    event = BonusReversed(account=survey.client, source=_source(survey))
    return (void, Schedule(id=effect_id(survey, "bonus.reversed"), at=now, event=event))


def came_late(
    before: Survey, filled: Survey, now: datetime, playbook: Playbook
) -> tuple[Effect, ...]:
    """The page was sent after the end: a person reads it, and calls who is unhappy.

    `filled` is the survey with these answers, which stay out of its result.
    """
    text = wording.plain("crm.survey_note", playbook, _summary(filled, playbook))
    note = AddNote(id=effect_id(filled, "late"), deal=filled.deal, text=text)
    if not _is_low(filled, playbook) or _is_low(before, playbook):
        return (note,)
    text = wording.plain("crm.survey_task", playbook, _summary(filled, playbook))
    return (note, task(filled, "late", text, now, playbook))


def _thanks(survey: Survey, playbook: Playbook, *, typed: bool) -> tuple[Effect, ...]:
    """In place of the last question, or under what he has typed. The page thanks by itself."""
    text = wording.markup("survey.thanks", playbook)
    told = say(survey, with_message(survey).message, survey.chat, text)
    if survey.channel != "telegram":
        return (told,) if typed else ()
    if not typed:
        return (edit(survey, text),)
    return (edit(survey, wording.answered_text(survey, playbook)), told)


def _results(survey: Survey, playbook: Playbook) -> tuple[Effect, ...]:
    results: dict[str, str | int | float] = {}
    if survey.variant:
        results["variant"] = survey.variant
    if survey.average is not None:
        results["average"] = survey.average
    if survey.answers:
        results["answers"] = wording.all_answers(survey, playbook)
    kinds = {one.id: one.kind for one in playbook.reviewing.survey.questions}
    for answer in survey.answers:
        if answer.value is not None and kinds.get(answer.question) in ("score", "nps"):
            results[f"score_{answer.question}"] = answer.value
    recorded = RecordDeal(
        id=effect_id(survey, f"results.{survey.state}"), deal=survey.deal, results=results
    )
    if not survey.answers:
        return (recorded,) if results else ()
    text = wording.plain("crm.survey_note", playbook, _summary(survey, playbook))
    return (recorded, AddNote(id=effect_id(survey, "note"), deal=survey.deal, text=text))


def _summary(survey: Survey, playbook: Playbook) -> Mapping[str, str | int]:
    average = "—" if survey.average is None else wording.number(survey.average, playbook)
    return {
        "average": average,
        "variant": survey.variant or "—",
        "answers": wording.all_answers(survey, playbook),
        "left_off": len(playbook.reviewing.survey.questions) - len(survey.answers),
    }


def _is_low(survey: Survey, playbook: Playbook) -> bool:
    return survey.average is not None and survey.average < playbook.reviewing.happy_from


def _call(survey: Survey, now: datetime, playbook: Playbook) -> Effect:
    """A person is to call him."""
    text = wording.plain("crm.survey_task", playbook, _summary(survey, playbook))
    return task(survey, "low", text, now, playbook)


def _apology(survey: Survey, now: datetime, playbook: Playbook, *, free: bool) -> TellClient:
    """He is told that a person will call, and until when."""
    until = now + timedelta(hours=playbook.reviewing.low.due_hours)
    zone = zone_of(survey.timezone, playbook.timezone)
    values = {
        "company": playbook.reviewing.company,
        "until": day_and_time(until, zone.key, playbook.language),
    }
    return TellClient(
        id=effect_id(survey, "apology"),
        client=survey.client,
        deal=survey.deal,
        channel=survey.channel or "sms",
        chat=survey.chat,
        about="apology",
        text=wording.markup("survey.apology", playbook, values),
        sms=wording.plain("survey.apology_sms", playbook, values),
        values=values,
        free=free,
    )


def _review(
    survey: Survey, site: Site, now: datetime, playbook: Playbook, *, free: bool
) -> TellClient:
    values: dict[str, str | int] = {
        "site": site.name,
        "company": playbook.reviewing.company,
        "bonus": survey.bonus,
        "url": wording.LINK,
    }
    kind = "review.invite_bonus" if survey.bonus else "review.invite"
    return TellClient(
        id=effect_id(survey, "invite"),
        client=survey.client,
        deal=survey.deal,
        channel=survey.channel or "sms",
        chat=survey.chat,
        about="review",
        text=wording.markup(kind, playbook, values),
        sms=wording.plain(f"{kind}_sms", playbook, values),
        values={name: str(value) for name, value in values.items() if name != "url"},
        link=_link(survey, site, now, playbook),
        free=free,
        button=wording.plain("review.button", playbook),
    )


def _link(survey: Survey, site: Site, now: datetime, playbook: Playbook) -> LinkTo:
    return LinkTo(
        purpose="review",
        survey=survey.id,
        run=survey.run,
        client=survey.client,
        playbook=survey.playbook,
        expires_at=now + timedelta(days=playbook.reviewing.link_days),
        site=site.name,
        url=site.url,
        bonus=survey.bonus,
    )


def _earned(survey: Survey, at: datetime, now: datetime, playbook: Playbook) -> Schedule:
    bonus = playbook.reviewing.bonus
    event = BonusEarned(
        account=survey.client,
        source=_source(survey),
        deal=survey.deal,
        amount=survey.bonus,
        lifetime_days=bonus.lifetime_days if bonus else 1,
        channel=survey.channel or "sms",
        chat=survey.chat,
        at=at,
    )
    return Schedule(id=effect_id(survey, "bonus.earned"), at=now, event=event)


def _source(survey: Survey) -> str:
    """What the bonus is for: one deal, however often its survey was begun."""
    return f"review.{survey.id}"
