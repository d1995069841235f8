"""One step of a survey: (survey, event, now, playbook) to what it is then and what follows."""

from datetime import datetime, timedelta

from switchboard.domain.events import (
    ClientAnswered,
    ClientSaid,
    DealSeen,
    LinkPressed,
    LinkVisited,
    SurveyDue,
    SurveyEvent,
    SurveyFilled,
    SurveyReady,
    SurveyWait,
)
from switchboard.flows.daytime import is_quiet, zone_of
from switchboard.flows.decision import Decision
from switchboard.flows.survey import answering, asking, ending
from switchboard.flows.survey.beginning import deal_seen, ready
from switchboard.flows.survey.survey import BACK, Answer, Survey, average_of
from switchboard.flows.survey.table import TABLE, Outcome, State, Trigger
from switchboard.flows.survey.understanding import is_courtesy, is_refusal
from switchboard.playbook.model import Playbook, Question

Step = Decision[Survey]

_CLOCKS = timedelta(seconds=5)
"""By how much WhatsApp's clock and ours may disagree."""


def step(
    survey: Survey | None, event: SurveyEvent, now: datetime, playbook: Playbook, version: int
) -> Step:
    """The next state of the survey and what follows. `version` is the playbook's."""
    match event:
        case DealSeen():
            return deal_seen(survey, event, now, playbook, version)
        case _ if survey is None:
            return Decision(None, Outcome.UNCHANGED)
        case SurveyReady():
            return ready(survey, event, now, playbook)
        case SurveyWait():
            return _waited(survey, event, now, playbook)
        case ClientAnswered():
            return _pressed(survey, event, now, playbook)
        case ClientSaid():
            return _said(survey, event, now, playbook)
        case SurveyFilled():
            return _filled(survey, event, now, playbook)
        case LinkPressed() | LinkVisited():
            return _opened(survey, event, now, playbook)
        case SurveyDue():
            raise TypeError("a survey that is due is made ready first")


def _waited(survey: Survey, event: SurveyWait, now: datetime, playbook: Playbook) -> Step:
    if survey.state is not State.ASKED or event.run != survey.run:
        return Decision(survey, Outcome.UNCHANGED)
    return _over(survey, now, playbook) if event.what == "close" else _silent(survey, now, playbook)


def _over(survey: Survey, now: datetime, playbook: Playbook) -> Step:
    row = TABLE[survey.state, Trigger.OVER if survey.answers else Trigger.OVER_SILENT]
    average = average_of(survey.answers, playbook.reviewing.survey.questions)
    after = _with(survey, state=row.to, finished_at=now, average=average)
    return Decision(after, row.outcome, ending.over(after, now, playbook))


def _silent(survey: Survey, now: datetime, playbook: Playbook) -> Step:
    rules = playbook.reviewing.survey
    closes = asking.closes_at(survey, playbook)
    too_late = closes is not None and now >= closes
    if survey.reminded or too_late or survey.waiting(rules.questions) is None:
        return Decision(survey, Outcome.UNCHANGED)
    zone = zone_of(survey.timezone, playbook.timezone)
    if is_quiet(now, rules.quiet_hours, zone):
        later = asking.remind_at(survey, now, playbook)
        row = TABLE[survey.state, Trigger.NIGHT]
        return Decision(survey, row.outcome, (later,) if later else ())
    row = TABLE[survey.state, Trigger.SILENCE]
    after = asking.with_message(_with(survey, reminded=True))
    before = _with(survey, revision=after.revision)
    return Decision(after, row.outcome, asking.reminder(before, after, playbook))


def _pressed(survey: Survey, event: ClientAnswered, now: datetime, playbook: Playbook) -> Step:
    question = survey.waiting(playbook.reviewing.survey.questions)
    if survey.state is not State.ASKED or event.chat != survey.chat or question is None:
        return Decision(survey, Outcome.UNCHANGED)
    # Told twice, tapped twice, or a button of a message that shows another question by now.
    stands = event.run == survey.run and event.question == survey.at
    if event.id in survey.heard or not stands:
        return Decision(survey, Outcome.STALE)
    if event.value == BACK:
        return _back(survey, event, playbook)
    answer = answering.of_button(question, event.value)
    if answer is None:
        return Decision(survey, Outcome.UNCHANGED)
    return _answered(survey, answer, event, now, playbook)


def _back(survey: Survey, event: ClientAnswered, playbook: Playbook) -> Step:
    if survey.at == 0:
        return Decision(survey, Outcome.UNCHANGED)
    row = TABLE[survey.state, Trigger.BACK]
    heard = survey.with_heard(event.id)
    after = _with(survey, at=survey.at - 1, heard=heard, revision=survey.revision + 1)
    return Decision(after, row.outcome, asking.shown_in_place(after, playbook))


def _answered(
    survey: Survey,
    answer: Answer,
    event: ClientAnswered | ClientSaid,
    now: datetime,
    playbook: Playbook,
) -> Step:
    last = survey.at + 1 == len(playbook.reviewing.survey.questions)
    row = TABLE[survey.state, Trigger.LAST_ANSWER if last else Trigger.ANSWER]
    typed = isinstance(event, ClientSaid)
    answered = _with(
        survey,
        state=row.to,
        answers=survey.with_answer(answer),
        at=survey.at + 1,
        heard=survey.with_heard(event.id),
        revision=survey.revision + 1,
    )
    if last:
        return _completed(answered, now, playbook, typed=typed)
    if not typed:
        return Decision(answered, row.outcome, asking.shown_in_place(answered, playbook))
    after = asking.with_message(_with(answered, revision=survey.revision, shown_at=now))
    return Decision(after, row.outcome, asking.shown_anew(answered, after, playbook))


def _completed(survey: Survey, now: datetime, playbook: Playbook, *, typed: bool = False) -> Step:
    average = average_of(survey.answers, playbook.reviewing.survey.questions)
    after = _with(survey, average=average, finished_at=now)
    site = ending.site_for(after, playbook)
    if site is not None:
        bonus = playbook.reviewing.bonus
        after = _with(after, site=site.name, bonus=bonus.amount if site.bonus and bonus else 0)
    effects = ending.completed(after, site, now, playbook, typed=typed)
    return Decision(after, Outcome.COMPLETED, effects)


def _said(survey: Survey, event: ClientSaid, now: datetime, playbook: Playbook) -> Step:
    if event.id in survey.heard:
        return Decision(survey, Outcome.UNCHANGED)
    question = survey.waiting(playbook.reviewing.survey.questions)
    step = None
    if survey.state is State.ASKED and question is not None:
        step = _said_in_time(survey, event, question, now, playbook)
    return step or _words(survey, event, now, playbook)


def _said_in_time(
    survey: Survey, event: ClientSaid, question: Question, now: datetime, playbook: Playbook
) -> Step | None:
    """What words mean while a question waits; None where a person has to read them."""
    if is_refusal(event.text):
        return _stopped(survey, event, now, playbook)
    in_whatsapp = event.chat is None
    nothing_more = event.reply or answering.says_nothing_more(event.text, question)
    if in_whatsapp and not survey.talking:
        # Telegram did not reach him, maybe; and where he has answered there, he is asked there.
        begins = nothing_more and not (survey.answers and survey.chat is not None)
        return _first_words(survey, event, now, playbook) if begins else None
    if survey.chat != event.chat:
        return None
    if event.reply:
        return _first_words(survey, event, now, playbook)
    answer = answering.of_words(question, event.text)
    if answer is not None and in_whatsapp and _came_before(event, survey):
        return Decision(survey, Outcome.STALE)
    if answer is not None:
        return _answered(survey, answer, event, now, playbook)
    return None if survey.unclear else _unclear(survey, event, now, playbook)


def _came_before(event: ClientSaid, survey: Survey) -> bool:
    """Whether he had written before he was shown the question, and it has come late."""
    return survey.shown_at is not None and event.at < survey.shown_at - _CLOCKS


def _words(survey: Survey, event: ClientSaid, now: datetime, playbook: Playbook) -> Step:
    """A person reads them, and is to answer what waits for an answer."""
    row = TABLE[survey.state, Trigger.WORDS]
    # A button of a template says nothing to a person.
    if row.outcome is Outcome.UNCHANGED or event.reply:
        return Decision(survey, Outcome.UNCHANGED)
    waits = not survey.handed and not is_courtesy(event.text)
    after = _with(survey, handed=survey.handed or waits, heard=survey.with_heard(event.id))
    effects = asking.passed_on(after, event, now, playbook, waits=waits)
    return Decision(after, row.outcome, effects)


def _first_words(survey: Survey, event: ClientSaid, now: datetime, playbook: Playbook) -> Step:
    """He answers the invitation, which held a link and no question: a score would be one of what?

    He is shown the question now. He may have been asked in Telegram, and reached in WhatsApp alone.
    """
    row = TABLE[survey.state, Trigger.FIRST_WORDS]
    heard = survey.with_heard(event.id)
    after = _with(survey, channel="whatsapp", chat=None, shown_at=now, heard=heard)
    after = asking.with_message(after)
    before = _with(survey, revision=after.revision)
    return Decision(after, row.outcome, asking.shown_in_whatsapp(before, after, playbook))


def _stopped(survey: Survey, event: ClientSaid, now: datetime, playbook: Playbook) -> Step:
    """He is asked nothing more; what he has answered counts."""
    row = TABLE[survey.state, Trigger.STOP if survey.answers else Trigger.STOP_SILENT]
    average = average_of(survey.answers, playbook.reviewing.survey.questions)
    after = _with(survey, state=row.to, finished_at=now, average=average, reason="stopped")
    after = _with(after, heard=survey.with_heard(event.id))
    effects = (*ending.over(after, now, playbook), *asking.stopped(after, event, now, playbook))
    return Decision(after, row.outcome, effects)


def _unclear(survey: Survey, event: ClientSaid, now: datetime, playbook: Playbook) -> Step:
    row = TABLE[survey.state, Trigger.UNCLEAR]
    heard = _with(survey, unclear=True, shown_at=now, heard=survey.with_heard(event.id))
    after = asking.with_message(heard)
    before = _with(heard, revision=after.revision)
    return Decision(after, row.outcome, asking.not_understood(before, after, playbook))


def _filled(survey: Survey, event: SurveyFilled, now: datetime, playbook: Playbook) -> Step:
    """The page sends all answers at once."""
    if event.run != survey.run or event.id in survey.heard:
        return Decision(survey, Outcome.UNCHANGED)
    if survey.state is not State.ASKED:
        return _filled_late(survey, event, now, playbook)
    questions = playbook.reviewing.survey.questions
    answers = answering.of_page(survey, event.answers, questions)
    if answers == survey.answers:
        return Decision(survey, Outcome.UNCHANGED)
    last = {one.id for one in questions} <= {one.question for one in answers}
    row = TABLE[survey.state, Trigger.LAST_ANSWER if last else Trigger.ANSWER]
    after = _with(survey, state=row.to, answers=answers, heard=survey.with_heard(event.id))
    if not last:
        return Decision(after, row.outcome)
    return _completed(_with(after, at=len(questions)), now, playbook)


def _filled_late(survey: Survey, event: SurveyFilled, now: datetime, playbook: Playbook) -> Step:
    """He was thanked for answers that the survey takes no more: a person gets them, once."""
    row = TABLE[survey.state, Trigger.FILLED_LATE]
    if row.outcome is Outcome.UNCHANGED or survey.late or survey.deleted:
        return Decision(survey, Outcome.UNCHANGED)
    questions = playbook.reviewing.survey.questions
    answers = answering.of_page(survey, event.answers, questions)
    if answers == survey.answers:
        return Decision(survey, Outcome.UNCHANGED)
    filled = _with(survey, answers=answers, average=average_of(answers, questions))
    after = _with(survey, late=True, heard=survey.with_heard(event.id))
    return Decision(after, row.outcome, ending.came_late(survey, filled, now, playbook))


def _opened(
    survey: Survey, event: LinkPressed | LinkVisited, now: datetime, playbook: Playbook
) -> Step:
    """The first visit and the first press of the review link count."""
    pressed = isinstance(event, LinkPressed)
    row = TABLE[survey.state, Trigger.LINK_PRESSED if pressed else Trigger.LINK_VISITED]
    known = survey.pressed_at or (None if pressed else survey.visited_at)
    if row.outcome is Outcome.UNCHANGED or not survey.site or known is not None:
        return Decision(survey, Outcome.UNCHANGED)
    after = _with(survey, visited_at=survey.visited_at or event.at)
    if pressed:
        after = _with(after, pressed_at=event.at)
    # A deal that is void is not written to any more, and earns nothing.
    effects = () if survey.reversed else ending.opened(survey, after, now, playbook)
    return Decision(after, row.outcome, effects)


def _with(survey: Survey, **changes: object) -> Survey:
    return survey.model_copy(update=changes)
