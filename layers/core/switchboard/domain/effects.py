"""What is to be done outside. Flows decide effects; the sender carries each out once per id.

Every effect has a deterministic id, so that whoever decides it again decides the same one. `group`
is the queue's message group: effects of one group are carried out in order, and a group that must
wait (a chat over its rate, a CRM that is down) delays no other.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from switchboard.domain.events import Unclaimed
from switchboard.domain.identity import Worker
from switchboard.domain.model import Value


class Button(Value):
    """An inline button: either `data` comes back to us when it is pressed, or `url` opens."""

    text: str
    data: str = ""
    url: str = ""


Rows = tuple[tuple[Button, ...], ...]


class _ToChat(Value):
    id: str
    chat: int

    @property
    def group(self) -> str:
        return f"chat.{self.chat}"


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


class Schedule(Value):
    """The event comes back at that moment; the flow then sees whether it still matters."""

    kind: Literal["schedule"] = "schedule"
    id: str
    at: datetime
    event: Unclaimed


Outbound = SendMessage | EditMessage | SendContact | UpdateDeal | AddNote | AddTask
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
