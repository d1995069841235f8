"""What follows while a survey runs: the messages to the client, and what is due later."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from switchboard.domain.effects import (
    AddNote,
    AddTask,
    AnswerClient,
    Channel,
    EditMessage,
    Effect,
    LinkTo,
    Rows,
    Schedule,
    SendMessage,
    TellClient,
)
from switchboard.domain.events import ClientSaid, SurveyDue, SurveyReady, SurveyWait
from switchboard.flows.daytime import next_daytime, zone_of
from switchboard.flows.survey import wording
from switchboard.flows.survey.survey import Survey
from switchboard.playbook.model import Playbook
from switchboard.texts.render import Markup, without_markup

_IN_TASK = 300
"""Characters of a client's words in a task's title; the note beside it holds all of them."""


def effect_id(survey: Survey, name: str) -> str:
    return f"{survey.id}:{survey.run}:{name}"


def channel_for(ready: SurveyReady, playbook: Playbook) -> Channel | None:
    """Telegram where the client is known there, else WhatsApp, else SMS."""
    if ready.chat is not None:
        return "telegram"
    if playbook.whatsapp is not None and "survey" in playbook.whatsapp.templates:
        return "whatsapp"
    return "sms" if playbook.sms is not None else None


def with_message(survey: Survey) -> Survey:
    """From now on a message of its own shows the question: the effect with this revision's id."""
    revision = survey.revision + 1
    message = effect_id(survey, f"q{revision}")
    return survey.model_copy(update={"revision": revision, "message": message})


def closes_at(survey: Survey, playbook: Playbook) -> datetime | None:
    """When the survey is closed, whatever has come in by then."""
    if survey.asked_at is None:
        return None
    return survey.asked_at + timedelta(hours=playbook.reviewing.survey.close_after_hours)


def due(survey: Survey) -> tuple[Effect, ...]:
    """The moment at which the client is to be asked."""
    if survey.due is None:
        return ()
    event = SurveyDue(survey=survey.id, run=survey.run)
    at = survey.due
    return (Schedule(id=effect_id(survey, f"due.{at:%Y%m%d%H%M}"), at=at, event=event),)


def due_again(survey: Survey) -> tuple[Effect, ...]:
    """The same at once: the timer of that moment was lost. Once for each moment that was set."""
    return tuple(one.model_copy(update={"id": f"{one.id}.again"}) for one in due(survey))


def invitation(survey: Survey, first_name: str, playbook: Playbook) -> tuple[Effect, ...]:
    """The first message, with the first question or a link to all of them."""
    reviews = playbook.reviewing
    hello = (
        wording.plain("survey.hello", playbook, {"first_name": first_name})
        if first_name
        else wording.plain("survey.hello_stranger", playbook)
    )
    variant = next((one for one in reviews.survey.variants if one.name == survey.variant), None)
    values = {"hello": hello, "company": reviews.company, "url": wording.LINK}
    text = wording.of_variant("survey.invite", variant.text if variant else None, playbook, values)
    sms = wording.of_variant("survey.sms", variant.sms if variant else None, playbook, values)
    known = {"first_name": first_name, "company": reviews.company}
    message = _tell(survey, "survey", text, sms, known, playbook)
    waits = (remind_at(survey, survey.asked_at, playbook), _close_at(survey, playbook))
    return (message, *(wait for wait in waits if wait is not None))


def remind_at(survey: Survey, now: datetime | None, playbook: Playbook) -> Schedule | None:
    """When the client is reminded, in his daytime; None where nobody is or it would be too late."""
    rules = playbook.reviewing.survey
    closes = closes_at(survey, playbook)
    if rules.remind_after_hours is None or survey.asked_at is None or not now or not closes:
        return None
    zone = zone_of(survey.timezone, playbook.timezone)
    wanted = max(now, survey.asked_at + timedelta(hours=rules.remind_after_hours))
    at = next_daytime(wanted, rules.quiet_hours, zone)
    if at >= closes:
        return None
    event = SurveyWait(survey=survey.id, run=survey.run, what="remind")
    return Schedule(id=effect_id(survey, f"remind.{at:%Y%m%d%H%M}"), at=at, event=event)


def shown_in_place(survey: Survey, playbook: Playbook) -> tuple[Effect, ...]:
    """The message that held the last question shows the present one."""
    text = wording.question_text(survey, playbook)
    return (edit(survey, text, wording.buttons(survey, playbook)),)


def shown_anew(answered: Survey, after: Survey, playbook: Playbook) -> tuple[Effect, ...]:
    """He has typed: the next question stands under his words, and the last one keeps no button."""
    if answered.chat is None:
        return (ask(after, playbook),)
    over = edit(answered, wording.answered_text(answered, playbook))
    return (over, ask(after, playbook))


def shown_in_whatsapp(before: Survey, after: Survey, playbook: Playbook) -> tuple[Effect, ...]:
    """The question stands there from now on; in Telegram, if it ever came, it has no button."""
    if before.chat is None:
        return (ask(after, playbook),)
    return (edit(before, wording.moved_text(before, playbook)), ask(after, playbook))


def not_understood(before: Survey, after: Survey, playbook: Playbook) -> tuple[Effect, ...]:
    if before.chat is None:
        return (ask(after, playbook, wording.plain("survey.written.unclear", playbook)),)
    again = ask(after, playbook, wording.markup("survey.unclear", playbook))
    return (edit(before, wording.moved_text(before, playbook)), again)


def reminder(before: Survey, after: Survey, playbook: Playbook) -> tuple[Effect, ...]:
    """Once. In Telegram with the question that waits, elsewhere with the link."""
    values = {"company": playbook.reviewing.company}
    text = wording.markup("survey.reminder", playbook, values)
    sms = wording.plain("survey.reminder_sms", playbook, {**values, "url": wording.LINK})
    told = _tell(after, "reminder", text, sms, values, playbook)
    if after.channel != "telegram":
        return (told,)
    return (edit(before, wording.moved_text(before, playbook)), told)


def passed_on(
    survey: Survey, event: ClientSaid, now: datetime, playbook: Playbook, *, waits: bool
) -> tuple[Effect, ...]:
    """A person hears of what we do not understand, and, where somebody `waits` for him, is to
    answer it."""
    said = event.text.strip()
    note = AddNote(
        id=effect_id(survey, f"said.{event.id}"),
        deal=survey.deal,
        text=wording.plain("crm.survey_said", playbook, {"text": said}),
    )
    if not waits:
        return (note,)
    short = {"text": said[:_IN_TASK]}
    what = wording.plain("crm.survey_talk_task", playbook, short)
    told = wording.markup("survey.handed", playbook)
    answer = say(survey, effect_id(survey, f"handed.{event.id}"), event.chat, told)
    return (note, task(survey, "talk", what, now, playbook), answer)


def stopped(
    survey: Survey, event: ClientSaid, now: datetime, playbook: Playbook
) -> tuple[Effect, ...]:
    """He is told that he is left alone; the deal's manager reads what he said."""
    note = passed_on(survey, event, now, playbook, waits=False)
    told = wording.markup("survey.stopped", playbook)
    return (*note, say(survey, effect_id(survey, f"stopped.{event.id}"), event.chat, told))


def say(survey: Survey, name: str, chat: int | None, text: Markup) -> Effect:
    """Words where he has just written: in that chat, or in WhatsApp."""
    if chat is not None:
        return SendMessage(id=name, chat=chat, text=text)
    return _in_whatsapp(survey, name, without_markup(text))


def ask(survey: Survey, playbook: Playbook, first: str = "") -> Effect:
    """The question that waits, under what he has just written; after the words of `first`."""
    if survey.chat is None:
        question = wording.question_written(survey, playbook)
        return _in_whatsapp(survey, survey.message, f"{first}\n\n{question}" if first else question)
    question = wording.question_text(survey, playbook)
    return SendMessage(
        id=survey.message,
        chat=survey.chat,
        text=f"{first}\n\n{question}" if first else question,
        buttons=wording.buttons(survey, playbook),
    )


def _in_whatsapp(survey: Survey, name: str, text: str) -> AnswerClient:
    return AnswerClient(id=name, client=survey.client, deal=survey.deal, text=text)


def closed(survey: Survey, playbook: Playbook) -> tuple[Effect, ...]:
    """The message in Telegram says so and has no buttons any more."""
    if survey.asked_at is None or survey.channel != "telegram":
        return ()
    return (edit(survey, wording.markup("survey.closed", playbook)),)


def task(survey: Survey, name: str, text: str, now: datetime, playbook: Playbook) -> AddTask:
    low = playbook.reviewing.low
    return AddTask(
        id=effect_id(survey, f"task.{name}"),
        deal=survey.deal,
        text=text,
        due=now + timedelta(hours=low.due_hours),
        responsible=low.owner or survey.manager,
    )


def edit(survey: Survey, text: str, buttons: Rows = ()) -> EditMessage:
    """New text for the message that shows the question."""
    return EditMessage(
        id=effect_id(survey, f"e{survey.revision}.{survey.at}.{survey.state}"),
        chat=survey.chat or 0,
        of=survey.message,
        text=text,
        buttons=buttons,
    )


def _tell(
    survey: Survey,
    about: Literal["survey", "reminder"],
    text: str,
    sms: str,
    values: Mapping[str, str],
    playbook: Playbook,
) -> TellClient:
    """In Telegram with the question under it; by phone with the link to all of them."""
    return TellClient(
        id=survey.message,
        client=survey.client,
        deal=survey.deal,
        channel=survey.channel or "sms",
        chat=survey.chat,
        timezone=survey.timezone,
        about=about,
        text=f"{text}\n\n{wording.question_text(survey, playbook)}",
        sms=sms,
        values=values,
        link=_page(survey, playbook),
        buttons=wording.buttons(survey, playbook),
    )


def _page(survey: Survey, playbook: Playbook) -> LinkTo | None:
    """The page with all questions, for as long as they wait."""
    closes = closes_at(survey, playbook)
    if closes is None:
        return None
    return LinkTo(
        purpose="survey",
        survey=survey.id,
        run=survey.run,
        client=survey.client,
        playbook=survey.playbook,
        expires_at=closes,
    )


def _close_at(survey: Survey, playbook: Playbook) -> Schedule | None:
    at = closes_at(survey, playbook)
    if at is None:
        return None
    event = SurveyWait(survey=survey.id, run=survey.run, what="close")
    return Schedule(id=effect_id(survey, "close"), at=at, event=event)
