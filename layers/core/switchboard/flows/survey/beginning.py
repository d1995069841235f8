"""From a deal to the first question: whether its client is asked, when, and where."""

from datetime import datetime, timedelta

from switchboard.domain.deal import Deal
from switchboard.domain.events import DealSeen, SurveyReady
from switchboard.domain.identity import job_id
from switchboard.experiments.assignment import assign
from switchboard.flows.daytime import is_quiet, next_daytime, zone_of
from switchboard.flows.decision import Decision
from switchboard.flows.survey import asking, ending
from switchboard.flows.survey.survey import Survey
from switchboard.flows.survey.table import TABLE, Outcome, State, Trigger
from switchboard.playbook.model import Playbook, Variant

Step = Decision[Survey]

_OVERDUE = timedelta(minutes=15)
"""How late a timer may be before it is taken to be lost."""


def deal_seen(
    survey: Survey | None, event: DealSeen, now: datetime, playbook: Playbook, version: int
) -> Step:
    """A deal was read: its survey begins, or begins anew, or is called off."""
    deal = event.deal
    if survey and deal and deal.updated_at < survey.seen:
        return Decision(survey, Outcome.OUTDATED)
    trigger = _trigger(event, now, playbook)
    if survey and trigger in _IN_STAGE and _is_overdue(survey, now):
        trigger = Trigger.OVERDUE
    row = TABLE[survey.state if survey else None, trigger]
    match row.outcome:
        case Outcome.SCHEDULED | Outcome.NO_PHONE if deal:
            begun = _begun(survey, event, deal, now, playbook, version)
            return Decision(begun, row.outcome, asking.due(begun))
        case Outcome.RESCHEDULED if survey:
            after = _with(survey, due_again=survey.due)
            return Decision(after, row.outcome, asking.due_again(after))
        case Outcome.CANCELLED | Outcome.ABANDONED if survey and row.to:
            after = _called_off(survey, row.to, trigger, deal, now)
            return Decision(after, row.outcome, asking.closed(after, playbook))
        case Outcome.REVERSED if survey:
            return _reversed(survey, deal, now)
        case _:
            return Decision(survey, row.outcome)


def ready(survey: Survey, event: SurveyReady, now: datetime, playbook: Playbook) -> Step:
    """The survey is due. What was true when the deal came to the stage need not be any more."""
    if survey.state is not State.WAITING or event.run != survey.run:
        return Decision(survey, Outcome.UNCHANGED)
    if event.refused == "off":
        return _refused(survey, event.refused, now)
    deal, rules = event.deal, playbook.reviewing.survey
    if deal is None or deal.stage_id not in rules.stages:
        trigger = Trigger.GONE if deal is None else Trigger.ELSEWHERE
        row = TABLE[survey.state, trigger]
        return Decision(_called_off(survey, row.to, trigger, deal, now), row.outcome)
    if _is_too_late(survey, now, playbook):
        return _refused(survey, "too_late", now)
    zone = zone_of(survey.timezone, playbook.timezone)
    if is_quiet(now, rules.quiet_hours, zone):
        # The timer came late, or the playbook's hours are others than when it was set.
        later = _with(survey, due=next_daytime(now, rules.quiet_hours, zone))
        row = TABLE[survey.state, Trigger.NIGHT]
        return Decision(later, row.outcome, asking.due(later))
    reason = _reason_against(event, playbook)
    if reason:
        return _refused(survey, reason, now)
    return _asked(survey, event, deal, now, playbook)


def variant_of(playbook: Playbook, client: str) -> Variant | None:
    """The arm that this client is in, for good: by a hash of who he is."""
    survey = playbook.reviewing.survey
    if not survey.variants:
        return None
    weights = [(variant.name, variant.weight) for variant in survey.variants]
    name = assign(survey.experiment, client, weights)
    return next(variant for variant in survey.variants if variant.name == name)


def _trigger(event: DealSeen, now: datetime, playbook: Playbook) -> Trigger:
    deal, rules = event.deal, playbook.reviewing.survey
    if deal is None:
        return Trigger.GONE
    # First of all: a branch may well ask those whose deal came to nothing.
    if deal.stage_id not in rules.stages:
        return Trigger.GONE if deal.stage == "lost" else Trigger.ELSEWHERE
    since = deal.stage_since or deal.updated_at
    if since and now.timestamp() - since > rules.latest_hours * 3600:
        return Trigger.LATE
    return Trigger.NO_PHONE if event.client is None else Trigger.CLOSED


_IN_STAGE = (Trigger.CLOSED, Trigger.NO_PHONE, Trigger.LATE)


def _is_overdue(survey: Survey, now: datetime) -> bool:
    """Whether the client should have been asked, and nobody has seen to that yet."""
    due = survey.due
    if survey.state is not State.WAITING or due is None or survey.due_again == due:
        return False
    return now - due > _OVERDUE


def _is_too_late(survey: Survey, now: datetime, playbook: Playbook) -> bool:
    """Whoever was down for days does not ask then how a visit was that nobody remembers.

    Counted from the moment that was set at first: what is put off over a night gets no younger.
    """
    since = survey.first_due or survey.due
    latest = timedelta(hours=playbook.reviewing.survey.latest_hours)
    return since is not None and now - since > latest


def _begun(
    survey: Survey | None,
    event: DealSeen,
    deal: Deal,
    now: datetime,
    playbook: Playbook,
    version: int,
) -> Survey:
    begun = Survey(
        id=job_id(event.provider, event.deal_id),
        provider=event.provider,
        deal=event.deal_id,
        state=State.SKIPPED,
        run=survey.run + 1 if survey else 1,
        playbook=version,
        seen=deal.updated_at,
        manager=deal.manager,
        begun_at=now,
        timezone=deal.timezone,
    )
    if event.client is None:
        return _with(begun, reason="no_phone", finished_at=now)
    variant = variant_of(playbook, event.client)
    due = _due(deal, variant, now, playbook)
    return _with(
        begun,
        state=State.WAITING,
        client=event.client,
        variant=variant.name if variant else "",
        experiment=playbook.reviewing.survey.experiment,
        due=due,
        first_due=due,
    )


def _due(deal: Deal, variant: Variant | None, now: datetime, playbook: Playbook) -> datetime:
    """The first moment of his daytime after the delay, which the variant may have of its own."""
    rules = playbook.reviewing.survey
    delay = rules.delay_minutes
    if variant is not None and variant.delay_minutes is not None:
        delay = variant.delay_minutes
    zone = zone_of(deal.timezone, playbook.timezone)
    return next_daytime(now + timedelta(minutes=delay), rules.quiet_hours, zone)


def _called_off(
    survey: Survey, to: State | None, trigger: Trigger, deal: Deal | None, now: datetime
) -> Survey:
    seen = deal.updated_at if deal else survey.seen
    reason = trigger.name.lower()
    called_off = _with(survey, state=to, finished_at=now, reason=reason, seen=seen)
    return _with(called_off, deleted=deal is None)


def _reversed(survey: Survey, deal: Deal | None, now: datetime) -> Step:
    """What the bonus was for is void. Not yet earned, it cannot be earned any more."""
    if survey.reversed or not survey.bonus:
        return Decision(survey, Outcome.UNCHANGED)
    after = _with(survey, reversed=True, seen=deal.updated_at if deal else survey.seen)
    return Decision(after, Outcome.REVERSED, ending.reversed_bonus(after, now))


def _refused(survey: Survey, reason: str, now: datetime) -> Step:
    row = TABLE[survey.state, Trigger.REFUSED]
    return Decision(_with(survey, state=row.to, finished_at=now, reason=reason), row.outcome)


def _reason_against(event: SurveyReady, playbook: Playbook) -> str:
    """Why he is not asked; empty where he is."""
    if event.client is None:
        return "no_phone"
    if asking.channel_for(event, playbook) is None:
        return "no_channel"
    return event.refused


def _asked(
    survey: Survey, event: SurveyReady, deal: Deal, now: datetime, playbook: Playbook
) -> Step:
    row = TABLE[survey.state, Trigger.READY]
    channel = asking.channel_for(event, playbook)
    # The phone may be another's by now, who has a variant of his own.
    variant = variant_of(playbook, event.client or survey.client)
    asked = _with(
        survey,
        state=row.to,
        client=event.client or survey.client,
        variant=variant.name if variant else "",
        channel=channel,
        chat=event.chat if channel == "telegram" else None,
        asked_at=now,
        seen=max(survey.seen, deal.updated_at),
        manager=deal.manager,
    )
    asked = asking.with_message(asked)
    return Decision(asked, row.outcome, asking.invitation(asked, event.first_name, playbook))


def _with(survey: Survey, **changes: object) -> Survey:
    return survey.model_copy(update=changes)
