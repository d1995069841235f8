"""Events of bonus accounts."""

from collections.abc import Callable, Sequence
from datetime import datetime

from switchboard.domain.deal import Deal
from switchboard.domain.errors import Misconfigured
from switchboard.domain.events import AccountEvent, DealForBonus, Envelope
from switchboard.flows.bonus.account import Account
from switchboard.flows.bonus.step import Step, step
from switchboard.inbox.reading import Reading
from switchboard.pipeline import Flow, HandOver, Subjects, settle
from switchboard.playbook.model import Playbook
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import Snapshot
from switchboard.store.clients import Clients


class AccountInbox:
    """Accounts go by the live playbook: a bonus outlives many versions of it."""

    def __init__(
        self,
        accounts: Subjects[Account],
        clients: Clients,
        playbooks: LivePlaybooks[Playbook],
        out: Callable[[datetime], HandOver],
    ) -> None:
        self._accounts = accounts
        self._clients = clients
        self._playbooks = playbooks
        self._out = out

    def settle(
        self, envelope: Envelope, live: Snapshot, events: Sequence[AccountEvent], now: datetime
    ) -> str:
        return self._settle(envelope, live, envelope.subject, events, now)

    def deal_read(
        self, envelope: Envelope, live: Snapshot, reading: Reading, now: datetime
    ) -> str | None:
        """What a deal means to bonuses; None where it means nothing.

        Only where it may take some does it matter whose it is now. Everywhere else it is theirs
        who was noted then: once it is deleted, nobody else could tell.
        """
        bonus = live.playbook.reviewing.bonus
        if bonus is None:
            return None
        noted = self._clients.of_deal(envelope.branch, envelope.subject)
        client = noted
        if reading.is_at(bonus.stages):
            client = reading.client or noted
        if noted is not None and noted != client:
            self._settle(envelope, live, noted, _another_has_it(noted, reading), now)
        if client is None:
            return None
        if client != noted:
            if self._accounts.load(envelope.branch, client).state is None:
                return None
            self._clients.note_deal(envelope.branch, envelope.subject, client)
        event = _for_bonus(client, reading, reading.deal)
        return self._settle(envelope, live, client, (event,), now)

    def _settle(
        self,
        envelope: Envelope,
        live: Snapshot,
        account: str,
        events: Sequence[AccountEvent],
        now: datetime,
    ) -> str:
        playbook, version = self._with_reviews(live)

        def step_by(account: Account | None, event: AccountEvent, at: datetime) -> Step:
            return step(account, event, at, playbook, version)

        return settle(
            self._accounts,
            self._out(now),
            envelope.branch,
            account,
            lambda _: Flow(step_by, version),
            events,
            now,
            envelope.trace,
        )

    def _with_reviews(self, live: Snapshot) -> tuple[Playbook, int]:
        """What is live; where reviews were taken out of it, the last version that had them."""
        for version in range(live.version, 0, -1):
            playbook = live.playbook
            if version != live.version:
                playbook = self._playbooks.at(live.playbook.branch, version)
            if playbook.reviews is not None:
                return playbook, version
        raise Misconfigured("no version of the playbook has a section `reviews`")


def _for_bonus(account: str, reading: Reading, deal: Deal | None) -> DealForBonus:
    return DealForBonus(
        account=account, provider=reading.provider, deal_id=reading.deal_id, deal=deal
    )


def _another_has_it(account: str, reading: Reading) -> tuple[DealForBonus, ...]:
    """The deal gives back what it held of this client's, and is then no way to him any more."""
    lost = reading.deal.model_copy(update={"stage": "lost"}) if reading.deal else None
    return (_for_bonus(account, reading, lost), _for_bonus(account, reading, None))
