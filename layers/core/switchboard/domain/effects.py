"""What is to be done outside. Flows decide effects; the sender carries each out once per id.

Every effect has a deterministic id, so that whoever decides it again decides the same one. `group`
is the queue's message group: effects of one group are carried out in order, and a group that must
wait (a chat over its rate, a CRM that is down) delays no other.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from switchboard.domain.bonus import Movement, Place
from switchboard.domain.events import Timed
from switchboard.domain.identity import Worker
from switchboard.domain.model import Value


class Button(Value):
    """A button: `data` comes back to us when it is pressed, or `url` opens, or, with `contact`, the
    person's own card is sent to us."""

    text: str
    data: str = ""
    url: str = ""
    contact: bool = False


Rows = tuple[tuple[Button, ...], ...]


class _ToChat(Value):
    id: str
    chat: int

    @property
    def group(self) -> str:
        return f"chat.{self.chat}"

    @property
    def chat_written_to(self) -> int | None:
        """The chat whose pace the effect keeps to; None for what goes elsewhere."""
        return self.chat


class SendMessage(_ToChat):
    """A message in a chat, as Telegram HTML.

    `probe` asks the sender, after a crash in mid-send, to look for the message before it sends
    again: a doubled post would be two jobs to the workers, a doubled notice is only untidy.
    """

    kind: Literal["send_message"] = "send_message"
    text: str
    buttons: Rows = ()
    probe: bool = False


class EditMessage(_ToChat):
    """New text and buttons for the message that the effect `of` once sent."""

    kind: Literal["edit_message"] = "edit_message"
    of: str
    text: str
    buttons: Rows = ()


class SendContact(_ToChat):
    """The client's contact to one worker's private chat, read from the CRM at that moment.

    Whether he may still have it is judged by the flow at that moment too. A worker who never
    pressed Start is shown a deep link in `workers_chat` instead, unless that is None.
    """

    kind: Literal["send_contact"] = "send_contact"
    job: str
    offer: int
    worker: Worker
    workers_chat: int | None = None


class _ToDeal(Value):
    id: str
    deal: str

    @property
    def group(self) -> str:
        return f"deal.{self.deal}"

    @property
    def chat_written_to(self) -> None:
        return None


class UpdateDeal(_ToDeal):
    """Who does the job now. Writing it twice changes nothing.

    It is written only while that claim still stands: what comes late must not speak of an offer
    that is over.
    """

    kind: Literal["update_deal"] = "update_deal"
    job: str
    offer: int
    worker_name: str
    worker_login: str
    responsible: str | None = None


class AddNote(_ToDeal):
    """A line in the deal's history."""

    kind: Literal["add_note"] = "add_note"
    text: str


class AddTask(_ToDeal):
    """A task for the deal's manager, due at a moment."""

    kind: Literal["add_task"] = "add_task"
    text: str
    due: datetime
    responsible: str | None = None


class RecordDeal(_ToDeal):
    """Results for the deal's own fields, by our names for them (`average`, `variant`, …), which the
    playbook leads to the CRM's. Writing them twice changes nothing."""

    kind: Literal["record_deal"] = "record_deal"
    results: dict[str, str | int | float]


class SetAmount(_ToDeal):
    """A new price for the deal, unless somebody has changed `before` meanwhile."""

    kind: Literal["set_amount"] = "set_amount"
    before: Decimal
    amount: Decimal
    note: str = ""
    note_if_changed: str = ""
    """What the deal's history says when the price was set, and when it was left alone."""


Channel = Literal["telegram", "whatsapp", "sms"]


class LinkTo(Value):
    """A link of the client's own. The sender makes its code, for codes need a secret.

    A `review` link leads to `url`; with a `bonus` it shows a page with a button first. A `survey`
    link leads to the page with the questions of that `run`.
    """

    purpose: Literal["review", "survey"]
    survey: str
    run: int
    client: str
    playbook: int
    expires_at: datetime
    site: str = ""
    url: str = ""
    bonus: int = 0


class TellClient(Value):
    """A message to a client, where he can be reached.

    In `chat` for Telegram; for the other channels his phone is read from the deal's contact at that
    moment. `text` holds `{url}` where the link comes in. WhatsApp sends the playbook's template for
    `about` with `values` instead, or `sms` as it is where he has just written there himself
    (`free`); and what cannot be sent there goes by SMS.
    """

    kind: Literal["tell_client"] = "tell_client"
    id: str
    client: str
    deal: str
    channel: Channel
    chat: int | None = None
    about: Literal["survey", "reminder", "review", "apology", "bonus", "redeemed", "expired"]
    text: str
    sms: str = ""
    """The same in plain words, for SMS and for WhatsApp's fallback."""
    values: Mapping[str, str] = Field(default_factory=dict)
    link: LinkTo | None = None
    timezone: str | None = None
    """Where it must not come at night: the client's time zone, empty for the branch's. None where
    he has just written himself."""
    free: bool = False
    button: str = ""
    buttons: Rows = ()

    @property
    def group(self) -> str:
        if self.channel == "telegram":
            return f"chat.{self.chat}"
        return f"talk.{self.client}" if self.free else f"client.{self.client}"

    @property
    def chat_written_to(self) -> int | None:
        return self.chat if self.channel == "telegram" else None


class AnswerClient(Value):
    """Plain words in WhatsApp for a client who has just written there.

    For a day after his message WhatsApp takes words of our own; by another channel they would come
    out of nowhere, so they go by no other.
    """

    kind: Literal["answer_client"] = "answer_client"
    id: str
    client: str
    deal: str
    text: str

    @property
    def group(self) -> str:
        # Not behind what waits for the morning: he has just written.
        return f"talk.{self.client}"

    @property
    def chat_written_to(self) -> None:
        return None


class PassOn(Value):
    """A message that its channel accepted, and could not deliver, goes by the next one.

    `of` is the effect that sent it, `code` the channel's own reason.
    """

    kind: Literal["pass_on"] = "pass_on"
    id: str
    channel: Literal["whatsapp"]
    of: str
    code: int

    @property
    def group(self) -> str:
        return f"message.{self.of}"

    @property
    def chat_written_to(self) -> None:
        return None


class VoidLink(Value):
    """A review link promises no bonus any more.

    It keeps to the group of the message that carries the link, and so comes after it. A press that
    came before stays what it is.
    """

    kind: Literal["void_link"] = "void_link"
    id: str
    client: str
    chat: int | None = None
    purpose: Literal["review"] = "review"
    survey: str
    run: int
    site: str

    @property
    def group(self) -> str:
        return f"client.{self.client}" if self.chat is None else f"chat.{self.chat}"

    @property
    def chat_written_to(self) -> None:
        return None


class MoveBonus(Value):
    """One movement of a bonus, for the contact's card in the CRM or the loyalty system.

    `amount` is above 0 and `movement` says which way; `balance` is what the client has after it.
    """

    kind: Literal["move_bonus"] = "move_bonus"
    id: str
    client: str
    deal: str
    place: Place
    movement: Movement
    bonus: str
    amount: int
    balance: int
    expires_at: datetime | None = None

    @property
    def group(self) -> str:
        return f"{self.place}.{self.client}"

    @property
    def chat_written_to(self) -> None:
        return None


class Schedule(Value):
    """The event comes back at that moment; the flow then sees whether it still matters.

    A moment that is over means now: so one flow tells another.
    """

    kind: Literal["schedule"] = "schedule"
    id: str
    at: datetime
    event: Annotated[Timed, Field(discriminator="kind")]


Outbound = (
    SendMessage
    | EditMessage
    | SendContact
    | UpdateDeal
    | AddNote
    | AddTask
    | RecordDeal
    | SetAmount
    | TellClient
    | AnswerClient
    | PassOn
    | VoidLink
    | MoveBonus
)
Effect = Outbound | Schedule


class Parcel(Value):
    """An effect on its way to the sender."""

    branch: str
    trace: str
    playbook: int
    """The version of the playbook that decided it."""
    effect: Annotated[Outbound, Field(discriminator="kind")]


parcels: TypeAdapter[Parcel] = TypeAdapter(Parcel)
effects: TypeAdapter[tuple[Effect, ...]] = TypeAdapter(
    tuple[Annotated[Effect, Field(discriminator="kind")], ...],
    config=ConfigDict(defer_build=True),
)
