"""What can happen. Doors make events; events cross the inbox queue as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from switchboard.domain.bonus import Movement, Place
from switchboard.domain.deal import Deal
from switchboard.domain.identity import JobLink, Worker, job_id
from switchboard.domain.model import Value


class DealTouched(Value):
    """A CRM said that something about a deal changed; what, is read back from the CRM itself."""

    kind: Literal["deal_touched"] = "deal_touched"
    provider: str
    deal: str


class DealRead(Value):
    """A deal was read back. `deal` is None when the CRM no longer has it."""

    kind: Literal["deal_read"] = "deal_read"
    provider: str
    deal_id: str
    deal: Deal | None


class Press(Value):
    """A worker pressed a button under a job's post. `id` is Telegram's callback query id.

    `trace` is the webhook's that brought it: whoever steps the press later goes on under it.
    """

    kind: Literal["press"] = "press"
    id: str
    action: Literal["claim", "contact"]
    job: str
    offer: int
    chat: int
    worker: Worker
    at: datetime
    trace: str = ""


class Settle(Value):
    """A door has written into a job's item; what follows from it is still to be done."""

    kind: Literal["settle"] = "settle"
    job: str


class Started(Value):
    """A person opened a private chat with the bot.

    `link` is the job that his deep link leads to, once its signature was found to be his; a link
    that is another's, or old, or made up leaves `link` empty and says so in `link_refused`.
    """

    kind: Literal["started"] = "started"
    id: str
    worker: Worker
    link: JobLink | None = None
    link_refused: bool = False
    at: datetime


class ChatMigrated(Value):
    """A group became a supergroup; from now on it answers to another id."""

    kind: Literal["chat_migrated"] = "chat_migrated"
    old: int
    new: int


class Unclaimed(Value):
    """The time in which somebody should have taken the job is over."""

    kind: Literal["unclaimed"] = "unclaimed"
    job: str
    offer: int


class Resume(Value):
    """A crash left something in the item of a survey, an account or a chat; it is handed over."""

    kind: Literal["resume"] = "resume"
    flow: Literal["survey", "account", "session"]
    subject: str


class SaleClosed(Value):
    """Another system tells of a sale and knows the client's phone alone, in any spelling."""

    kind: Literal["sale_closed"] = "sale_closed"
    id: str
    phone: str


class DealSeen(Value):
    """A deal was read for its survey. `client` is whose it is, None where no phone is known."""

    kind: Literal["deal_seen"] = "deal_seen"
    provider: str
    deal_id: str
    deal: Deal | None
    client: str | None = None


class SurveyDue(Value):
    """The delay is over: the client may be asked, if nothing speaks against it now."""

    kind: Literal["survey_due"] = "survey_due"
    survey: str
    run: int


class SurveyReady(Value):
    """All that decides whether and where the client is asked, gathered when the survey is due.

    `refused`: he was asked lately (`throttled`), the day's quota is used up (`quota`), or the
    branch asks nobody any more (`off`).
    """

    kind: Literal["survey_ready"] = "survey_ready"
    survey: str
    run: int
    deal: Deal | None
    client: str | None = None
    first_name: str = ""
    chat: int | None = None
    refused: Literal["", "throttled", "quota", "off"] = ""


class SurveyWait(Value):
    """The client has been silent for a while: he is reminded, or the survey is closed."""

    kind: Literal["survey_wait"] = "survey_wait"
    survey: str
    run: int
    what: Literal["remind", "close"]


class ClientAnswered(Value):
    """A client pressed a button under a question. `value` is the position of his choice."""

    kind: Literal["client_answered"] = "client_answered"
    id: str
    survey: str
    run: int
    question: int
    value: int
    chat: int
    at: datetime


class ClientSaid(Value):
    """A client wrote: into his private chat with the bot, or, where `chat` is None, in WhatsApp.

    There he is known by his number alone, and `client` is who that is to us. `reply`: he has
    pressed a button of a template, which says no more than that he answers.
    """

    kind: Literal["client_said"] = "client_said"
    id: str
    chat: int | None = None
    client: str = ""
    text: str
    reply: bool = False
    at: datetime


class MessageFailed(Value):
    """A channel accepted the message of an effect, and says now that it could not deliver it.

    `code` is the channel's own reason, 0 where it gave none. `id` names the message that failed: an
    effect whose sender died may have sent several.
    """

    kind: Literal["message_failed"] = "message_failed"
    id: str
    channel: Literal["whatsapp"]
    effect: str
    code: int


class SurveyFilled(Value):
    """A client sent the survey page: his answers as typed or chosen, by question id."""

    kind: Literal["survey_filled"] = "survey_filled"
    id: str
    survey: str
    run: int
    answers: dict[str, str]
    at: datetime


class ContactShared(Value):
    """A person sent a contact card. `own`: Telegram says that it is his own, and only then is there
    a `phone`."""

    kind: Literal["contact_shared"] = "contact_shared"
    id: str
    worker: Worker
    phone: str
    own: bool
    at: datetime


class LinkPressed(Value):
    """A person pressed the button behind a review link; the press stands in the link's item."""

    kind: Literal["link_pressed"] = "link_pressed"
    code: str
    survey: str
    at: datetime


class LinkVisited(Value):
    """A review link without a bonus was opened, for the first time by what looks like a person."""

    kind: Literal["link_visited"] = "link_visited"
    code: str
    survey: str
    at: datetime


class BonusEarned(Value):
    """A client has earned a bonus. `source` names what for: the same source earns it once.

    `channel` and `chat` say where the client is told of it.
    """

    kind: Literal["bonus_earned"] = "bonus_earned"
    account: str
    source: str
    deal: str
    amount: int
    lifetime_days: int
    channel: Literal["telegram", "whatsapp", "sms"]
    chat: int | None = None
    at: datetime


class BonusMoved(Value):
    """The CRM or the loyalty system has taken a movement of a bonus down, once."""

    kind: Literal["bonus_moved"] = "bonus_moved"
    account: str
    bonus: str
    place: Place
    movement: Movement


class BonusExpires(Value):
    """The bonus's time is over."""

    kind: Literal["bonus_expires"] = "bonus_expires"
    account: str
    bonus: str


class BonusReversed(Value):
    """What the bonus was for has turned out to be void."""

    kind: Literal["bonus_reversed"] = "bonus_reversed"
    account: str
    source: str


class BonusNews(Value):
    """It is day again, and the client is told what has come of his bonuses at night."""

    kind: Literal["bonus_news"] = "bonus_news"
    account: str


class DealForBonus(Value):
    """A deal of a client was read, on which his bonuses may be shown or spent."""

    kind: Literal["deal_for_bonus"] = "deal_for_bonus"
    account: str
    provider: str
    deal_id: str
    deal: Deal | None


SurveyEvent = (
    DealSeen
    | SurveyDue
    | SurveyReady
    | SurveyWait
    | ClientAnswered
    | ClientSaid
    | SurveyFilled
    | LinkPressed
    | LinkVisited
)
AccountEvent = BonusEarned | BonusMoved | BonusExpires | BonusReversed | BonusNews | DealForBonus
Event = (
    DealTouched
    | DealRead
    | Press
    | Settle
    | Started
    | ChatMigrated
    | Unclaimed
    | Resume
    | SaleClosed
    | ContactShared
    | MessageFailed
    | SurveyEvent
    | AccountEvent
)
Timed = Unclaimed | SurveyDue | SurveyWait | BonusEarned | BonusExpires | BonusReversed | BonusNews
"""What a flow may have come back at a moment, or at once into another flow."""


class Envelope(Value):
    """An event on its way through a queue: whose it is, and the trace that it belongs to."""

    branch: str
    trace: str
    event: Annotated[Event, Field(discriminator="kind")]

    @property
    def subject(self) -> str:
        """What the event is about. One subject's events are handled one after another."""
        match self.event:
            case (
                DealTouched(provider=provider, deal=deal)
                | DealRead(provider=provider, deal_id=deal)
                | DealSeen(provider=provider, deal_id=deal)
            ):
                return job_id(provider, deal)
            case Press(job=job) | Settle(job=job) | Unclaimed(job=job):
                return job
            case Started(worker=worker) | ContactShared(worker=worker):
                return f"worker-{worker.id}"
            case ClientSaid(chat=None, client=client):
                return f"client-{client}"
            case ClientSaid(chat=chat):
                return f"worker-{chat}"
            case MessageFailed(effect=effect):
                return f"message-{effect}"
            case ChatMigrated(old=old):
                return f"chat-{old}"
            case SaleClosed(id=sale):
                return f"sale-{sale}"
            case Resume(subject=subject):
                return subject
            case (
                SurveyDue(survey=survey)
                | SurveyReady(survey=survey)
                | SurveyWait(survey=survey)
                | ClientAnswered(survey=survey)
                | SurveyFilled(survey=survey)
                | LinkPressed(survey=survey)
                | LinkVisited(survey=survey)
            ):
                return survey
            case (
                BonusEarned(account=account)
                | BonusMoved(account=account)
                | BonusExpires(account=account)
                | BonusReversed(account=account)
                | BonusNews(account=account)
                | DealForBonus(account=account)
            ):
                return account


envelopes: TypeAdapter[Envelope] = TypeAdapter(Envelope)
