"""Which flow an event is for. One webhook about a deal may concern several."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from switchboard.channels.whatsapp.codes import verdict
from switchboard.crm.port import Crm
from switchboard.domain.effects import Parcel, PassOn
from switchboard.domain.errors import Misconfigured
from switchboard.domain.events import (
    BonusEarned,
    BonusExpires,
    BonusMoved,
    BonusNews,
    BonusReversed,
    ChatMigrated,
    ClientAnswered,
    ClientSaid,
    ContactShared,
    DealForBonus,
    DealRead,
    DealSeen,
    DealTouched,
    Envelope,
    LinkPressed,
    LinkVisited,
    MessageFailed,
    Press,
    Resume,
    SaleClosed,
    Settle,
    Started,
    SurveyDue,
    SurveyFilled,
    SurveyReady,
    SurveyWait,
    Unclaimed,
)
from switchboard.inbox.accounts import AccountInbox
from switchboard.inbox.chats import ChatInbox
from switchboard.inbox.jobs import JobInbox
from switchboard.inbox.reading import Reading
from switchboard.inbox.surveys import SurveyInbox
from switchboard.playbook.model import Playbook
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore, Snapshot

_UNCHANGED = "unchanged"


class Outbound(Protocol):
    def put(self, parcels: list[Parcel], again: str = "") -> None: ...


class InboxWorker:
    def __init__(
        self,
        playbooks: LivePlaybooks[Playbook],
        store: PlaybookStore,
        jobs: JobInbox,
        chats: ChatInbox,
        surveys: SurveyInbox,
        accounts: AccountInbox,
        outbound: Outbound,
        crm: Callable[[Snapshot], Crm],
        now: Callable[[], datetime],
    ) -> None:
        self._playbooks = playbooks
        self._store = store
        self._jobs = jobs
        self._chats = chats
        self._surveys = surveys
        self._accounts = accounts
        self._outbound = outbound
        self._crm = crm
        self._now = now

    def handle(self, envelope: Envelope) -> str:
        """What the event came to. Raises Postponed, Refused or Misconfigured."""
        branch, now = envelope.branch, self._now()
        live = self._playbooks.get(branch)
        if live is None:
            raise Misconfigured("the branch has no published playbook")
        match envelope.event:
            case ChatMigrated(old=old, new=new):
                if not _is_ours(old, live):
                    return "not ours"
                return "moved" if self._store.record_migration(branch, old, new) else "circular"
            case Started() as event:
                return self._chats.settle(envelope, live, (event,), now)
            case ContactShared() as event:
                return self._chats.shared(envelope, live, event, now)
            case ClientSaid() as event:
                return self._said(envelope, live, event, now)
            case MessageFailed() as event:
                return self._failed(envelope, live, event)
            case DealTouched(provider=provider, deal=deal):
                return self._deal_touched(envelope, live, provider, deal, now)
            case Settle():
                return self._jobs.settle(envelope, live, (), now)
            case DealRead() | Press() | Unclaimed() as event:
                return self._jobs.settle(envelope, live, (event,), now)
            case SaleClosed() as event:
                return self._surveys.sale_closed(envelope, live, event)
            case SurveyDue() as event:
                return self._surveys.due(envelope, live, event, now)
            case LinkPressed() | LinkVisited() as event:
                return self._surveys.opened(envelope, live, event, now)
            case DealSeen() | SurveyReady() | SurveyWait() | ClientAnswered() | SurveyFilled() as e:
                return self._surveys.settle(envelope, live, envelope.subject, (e,), now)
            case BonusEarned() | BonusMoved() | BonusExpires() | BonusReversed() as e:
                return self._accounts.settle(envelope, live, (e,), now)
            case BonusNews() | DealForBonus() as e:
                return self._accounts.settle(envelope, live, (e,), now)
            case Resume(flow=flow):
                return self._resume(envelope, live, flow, now)

    def _said(self, envelope: Envelope, live: Snapshot, event: ClientSaid, now: datetime) -> str:
        if event.chat is None:
            survey = self._surveys.of_client(envelope.branch, event.client, now)
        else:
            survey = self._surveys.of_chat(envelope.branch, event.chat, now)
        if survey is not None:
            return self._surveys.settle(envelope, live, survey, (event,), now)
        if event.chat is None:
            # A person may read this number in WhatsApp itself: what we know nothing of is his.
            return "unasked"
        return self._chats.settle(envelope, live, (event,), now)

    def _failed(self, envelope: Envelope, live: Snapshot, event: MessageFailed) -> str:
        """The sender knows what the message was, and where else its client can be reached."""
        if verdict(event.code) == "declined":
            # To send him by SMS what he has turned off in WhatsApp would be to ignore him.
            return "declined"
        if self._surveys.is_over(envelope.branch, event.effect):
            return "over"
        effect = PassOn(
            id=f"{event.effect}.failed.{event.id}",
            channel=event.channel,
            of=event.effect,
            code=event.code,
        )
        parcel = Parcel(
            branch=envelope.branch, trace=envelope.trace, playbook=live.version, effect=effect
        )
        self._outbound.put([parcel])
        return "passed on"

    def _deal_touched(
        self, envelope: Envelope, live: Snapshot, provider: str, deal_id: str, now: datetime
    ) -> str:
        """Reads the deal only now that this subject's turn has come: of two webhooks in the wrong
        order the later one reads what is true, and so does the earlier one."""
        reading = Reading(provider, deal_id, self._crm(live), live.playbook)
        said = list[str | None]()
        if live.playbook.dispatch is not None:
            read = DealRead(provider=provider, deal_id=deal_id, deal=reading.deal)
            said.append(self._jobs.settle(envelope, live, (read,), now))
        if live.playbook.reviews is not None:
            said.append(self._surveys.deal_read(envelope, live, reading, now))
            said.append(self._accounts.deal_read(envelope, live, reading, now))
        # Outcomes are counted: what did not change is not worth a name in every combination.
        return ", ".join(one for one in said if one and one != _UNCHANGED) or _UNCHANGED

    def _resume(self, envelope: Envelope, live: Snapshot, flow: str, now: datetime) -> str:
        match flow:
            case "survey":
                return self._surveys.settle(envelope, live, envelope.subject, (), now)
            case "account":
                return self._accounts.settle(envelope, live, (), now)
            case _:
                return self._chats.settle(envelope, live, (), now)


def _is_ours(chat: int, live: Snapshot) -> bool:
    """Whether the playbook names this chat, by its first id or by the one it moved to since."""
    dispatch = live.playbook.dispatch
    ours = {dispatch.workers_chat, dispatch.manager_chat} if dispatch else set()
    return chat in ours or any(new == chat and old in ours for old, new in live.moved.items())
