"""What can happen. Doors make events; events cross the inbox queue as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

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


Event = DealTouched | DealRead | Press | Settle | Started | ChatMigrated | Unclaimed


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
            ):
                return job_id(provider, deal)
            case Press(job=job) | Settle(job=job) | Unclaimed(job=job):
                return job
            case Started(worker=worker):
                return f"worker-{worker.id}"
            case ChatMigrated(old=old):
                return f"chat-{old}"


envelopes: TypeAdapter[Envelope] = TypeAdapter(Envelope)
