"""One effect after another: paced, leased, carried out, noted."""

from collections.abc import Callable
from datetime import datetime, timedelta

from switchboard.channels.port import Messenger, Moved
from switchboard.crm.port import Assignment
from switchboard.domain.deal import Contact
from switchboard.domain.effects import (
    AddNote,
    AddTask,
    AnswerClient,
    EditMessage,
    MoveBonus,
    Parcel,
    PassOn,
    RecordDeal,
    SendContact,
    SendMessage,
    SetAmount,
    TellClient,
    UpdateDeal,
    VoidLink,
)
from switchboard.domain.errors import Held, Postponed, Refused, Unreachable
from switchboard.domain.identity import JobLink, deep_link_token
from switchboard.flows.claim import effects as claim_effects
from switchboard.flows.claim.job import Job, claim_stands, may_have_contact, standing
from switchboard.flows.claim.table import Outcome
from switchboard.flows.start import link_refused
from switchboard.playbook.model import Playbook
from switchboard.sender.bonuses import Bonuses
from switchboard.sender.branch import Branch, Post
from switchboard.sender.clients import ClientPost
from switchboard.store.deliveries import Begun, Busy, Deliveries, Finished, Kept
from switchboard.store.jobs import Jobs

PROBES = 10
"""Message ids after the last one known that are tried when a post may have been sent already."""
_LOOKS = 5
"""Attempts of an edit that wait for its message. Both go through one message group, so it was sent
before, or it is lost; and an edit that waits holds back everything else in that chat."""


_MAY_COME_BACK = timedelta(days=30)
"""For as long WhatsApp tries to deliver a message, and tells how that went."""


class Sender:
    def __init__(
        self,
        deliveries: Deliveries,
        jobs: Jobs,
        branch: Callable[[str], Branch],
        playbook_at: Callable[[str, int], Playbook],
        clients: ClientPost,
        bonuses: Bonuses,
        outbound: Post,
        now: Callable[[], datetime],
    ) -> None:
        self._deliveries = deliveries
        self._jobs = jobs
        self._branch = branch
        self._playbook_at = playbook_at
        self._clients = clients
        self._bonuses = bonuses
        self._outbound = outbound
        self._now = now

    def deliver(self, parcel: Parcel, owner: str) -> str:
        """Carries the effect out, unless that has been done, and returns what came of it.

        `owner` is the queue's receipt: this handing out of the message, and no other.
        Raises Postponed when it is to be tried again later and Refused when it never will succeed.
        """
        branch = self._branch(parcel.branch)
        effect = parcel.effect
        chat = None
        if effect.chat_written_to is not None:
            chat = branch.chat(effect.chat_written_to)
            wait = branch.pace(chat)
            if wait > 0:
                raise Postponed("our pace", wait)
        begun = self._deliveries.begin(parcel.branch, effect.id, owner, self._now())
        if isinstance(begun, Finished):
            return "repeated"
        if isinstance(begun, Busy):
            raise Postponed("another sender is at it", begun.seconds)
        outcome, message = "delivered", None
        try:
            if isinstance(effect, TellClient) and self._clients.is_over(effect):
                outcome = "over"
            else:
                message = self._act(parcel, branch, chat, begun)
        except Unreachable:
            # Only an edit comes here: what it would have changed nobody reads any more.
            outcome = "unreachable"
        except Postponed as postponed:
            # A doubt from an earlier attempt stays: this one has only shown that it did not act.
            doubt = postponed.doubt or begun.doubt
            postponed.attempt = begun.attempt
            self._deliveries.put_back(parcel.branch, effect.id, doubt=doubt)
            if chat is not None and postponed.seconds and not isinstance(postponed, Held):
                branch.slow_down(chat, postponed.seconds)
            raise
        except Moved as moved:
            self._deliveries.put_back(parcel.branch, effect.id, doubt=begun.doubt)
            branch.moved(chat or 0, moved.new)
            raise Postponed("the chat has moved", 0.1) from None
        kept = _kept(parcel, self._now())
        self._deliveries.finish(parcel.branch, effect.id, message, chat, kept)
        return outcome

    def _act(self, parcel: Parcel, branch: Branch, chat: int | None, begun: Begun) -> int | None:
        effect = parcel.effect
        again = begun.attempt > 1
        match effect:
            case SendMessage():
                return self._send(parcel.branch, effect, branch, chat or effect.chat, begun)
            case EditMessage():
                self._edit(parcel.branch, effect, branch, chat or effect.chat, begun)
            case SendContact():
                self._send_contact(parcel, effect, branch)
            case TellClient():
                return self._clients.tell(parcel, effect, branch, chat, again=again)
            case AnswerClient():
                self._clients.answer(parcel, effect, branch, again=again)
            case PassOn():
                self._clients.pass_on(effect, branch)
            case VoidLink():
                self._clients.void(parcel, effect, branch)
            case MoveBonus():
                self._bonuses.move(parcel, effect, branch, again=again)
            case UpdateDeal():
                self._assign(parcel.branch, effect, branch)
            case RecordDeal():
                branch.crm().record(effect.deal, effect.results)
            case SetAmount():
                self._set_amount(parcel, effect, branch)
            case AddNote():
                branch.crm().add_note(effect.deal, effect.text, effect.id, again=again)
            case AddTask():
                branch.crm().add_task(
                    effect.deal,
                    effect.text,
                    effect.due,
                    effect.responsible,
                    effect.id,
                    again=again,
                )
        return None

    def _send(self, name: str, effect: SendMessage, branch: Branch, chat: int, begun: Begun) -> int:
        messenger = branch.messenger()
        message = None
        try:
            if effect.probe and begun.doubt:
                message = self._find(name, effect, messenger, chat)
            if message is None:
                message = messenger.send(chat, effect.text, effect.buttons)
        except Unreachable as unreachable:
            raise Refused(str(unreachable)) from None
        if chat < 0:
            self._deliveries.saw_message(name, chat, message, effect.id)
        return message

    def _find(self, name: str, effect: SendMessage, messenger: Messenger, chat: int) -> int | None:
        """The post that an earlier sender may have sent before it died, found by its own text.

        A group's message ids follow one another, and all that we send to one chat goes through one
        message group: so our only message after the last one known is the post itself. Making it
        say what it says already shows whether it is there. More than PROBES messages by others in
        between hide it; the workers then see the job twice, and one claim still takes it.
        """
        last = self._deliveries.last_message(name, chat)
        # He died between noting the message and finishing: looking further on would miss it.
        if last.effect == effect.id:
            return last.number
        for message in range(last.number + 1, last.number + 1 + PROBES):
            if messenger.edit(chat, message, effect.text, effect.buttons):
                return message
        return None

    def _edit(
        self, name: str, effect: EditMessage, branch: Branch, chat: int, begun: Begun
    ) -> None:
        sent = self._deliveries.message(name, effect.of)
        if sent is None and begun.attempt < _LOOKS:
            raise Postponed("what is to be edited is not sent yet")
        if sent is None:
            raise Refused("what is to be edited was never sent")
        # Where the post was sent to: the sender of the post may know of a move that we do not.
        where = chat if sent.chat is None else sent.chat
        # A group that has moved numbers its messages anew: the old number may be another post.
        if sent.message is None or branch.chat(where) != where:
            return
        try:
            branch.messenger().edit(where, sent.message, effect.text, effect.buttons)
        except Unreachable as unreachable:
            # A client has blocked the bot. That a group has shut us out somebody must know.
            if where > 0:
                raise
            raise Refused(str(unreachable)) from None

    def _assign(self, name: str, effect: UpdateDeal, branch: Branch) -> None:
        stands = self._jobs.standing(name, effect.job)
        if stands is None or not claim_stands(standing(*stands), effect.offer):
            return
        assignment = Assignment(effect.worker_name, effect.worker_login, effect.responsible)
        branch.crm().assign(effect.deal, assignment)

    def _set_amount(self, parcel: Parcel, effect: SetAmount, branch: Branch) -> None:
        """The note tells which of the two came of it; it goes after the price, in its group."""
        written = branch.crm().set_amount(effect.deal, effect.before, effect.amount)
        text = effect.note if written else effect.note_if_changed
        if text:
            note = AddNote(id=f"{effect.id}.note", deal=effect.deal, text=text)
            self._outbound.put([parcel.model_copy(update={"effect": note})])

    def _send_contact(self, parcel: Parcel, effect: SendContact, branch: Branch) -> None:
        stands = self._jobs.standing(parcel.branch, effect.job)
        job = standing(*stands) if stands else None
        text = self._contact_text(parcel.branch, effect, job, branch)
        try:
            branch.messenger().send(branch.chat(effect.chat), text, ())
        except Unreachable:
            if job is not None and effect.workers_chat is not None:
                self._invite(parcel, effect, job, branch)

    def _contact_text(self, name: str, effect: SendContact, job: Job | None, branch: Branch) -> str:
        if job is None:
            return link_refused(effect.worker, branch.playbook)
        contact = _contact(effect, job, branch)
        playbook = self._playbook_at(name, job.playbook)
        return claim_effects.contact_text(job, effect.worker.id, effect.offer, contact, playbook)

    def _invite(self, parcel: Parcel, effect: SendContact, job: Job, branch: Branch) -> None:
        link = JobLink(job=job.id, offer=effect.offer)
        token = deep_link_token(branch.link_key(), parcel.branch, link, effect.worker.id)
        url = f"https://t.me/{branch.playbook.telegram.bot}?start={token}"
        playbook = self._playbook_at(parcel.branch, job.playbook)
        message = claim_effects.start_first(effect, job, url, playbook)
        self._outbound.put([parcel.model_copy(update={"effect": message})])


def _kept(parcel: Parcel, now: datetime) -> Kept | None:
    """What WhatsApp has accepted it may yet give back, and then it goes by SMS."""
    if not isinstance(parcel.effect, TellClient) or parcel.effect.channel != "whatsapp":
        return None
    return Kept(parcel.model_dump_json(), now + _MAY_COME_BACK)


def _contact(effect: SendContact, job: Job, branch: Branch) -> Contact:
    """Read from the CRM only for a worker who may have it, at the moment when he gets it."""
    if may_have_contact(job, effect.worker.id, effect.offer) is not Outcome.CONTACT_SENT:
        return Contact()
    return branch.crm().contact(job.deal) or Contact()
