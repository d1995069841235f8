"""The workers, put together: inbox, sender, timer, sweeper."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar

import httpx

from switchboard.channels.connect import connect_phones
from switchboard.channels.port import Messenger, Phones
from switchboard.channels.telegram.client import Telegram
from switchboard.channels.whatsapp.codes import verdict
from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.connect_loyalty import connect_loyalty
from switchboard.crm.port import Crm
from switchboard.domain.effects import parcels
from switchboard.domain.errors import Misconfigured
from switchboard.domain.events import MessageFailed, envelopes
from switchboard.flows.bonus.account import Account, balance, ways
from switchboard.flows.start import Session
from switchboard.flows.survey.survey import Survey
from switchboard.inbox.accounts import AccountInbox
from switchboard.inbox.chats import ChatInbox
from switchboard.inbox.jobs import JobInbox
from switchboard.inbox.surveys import SurveyInbox
from switchboard.inbox.worker import InboxWorker
from switchboard.playbook.model import Playbook
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore, Snapshot
from switchboard.runtime.batch import Batch, Context, Record
from switchboard.runtime.lines import event_named, of_effect, of_event, waited_until
from switchboard.runtime.logs import Log
from switchboard.runtime.outside import Outside, real
from switchboard.runtime.queues import HandOver, Inbox, Outbound, Timer
from switchboard.runtime.secrets import Secrets
from switchboard.runtime.settings import Settings
from switchboard.runtime.telegram_pace import TelegramPace
from switchboard.sender.bonuses import Bonuses, Standing
from switchboard.sender.branch import Branch
from switchboard.sender.clients import ClientPost
from switchboard.sender.worker import Sender
from switchboard.store.budgets import Budgets
from switchboard.store.clients import Clients
from switchboard.store.cursors import Cursors
from switchboard.store.database import Database
from switchboard.store.deliveries import Dead, Deliveries
from switchboard.store.jobs import Jobs
from switchboard.store.journal import Journal
from switchboard.store.links import Links
from switchboard.store.subjects import SubjectTable
from switchboard.sweeper import Sweeper

C = TypeVar("C")
PhoneChannel = Literal["whatsapp", "sms"]
Handler = Callable[[Mapping[str, Any], Context], dict[str, Any]]
Bots = Callable[[Snapshot], Messenger]
Crms = Callable[[Snapshot], Crm]


class Providers(NamedTuple):
    """The way to the providers: HTTP for the CRMs, and the bot of each branch."""

    http: Callable[[], httpx.Client]
    bots: Callable[[Secrets], Bots]


class InboxSettings(Settings):
    jobs_table: str
    sessions_table: str
    surveys_table: str
    ledger_table: str
    clients_table: str
    links_table: str
    deliveries_table: str
    settings_table: str
    journal_table: str
    inbox_queue_url: str
    outbound_queue_url: str
    timer_queue_url: str
    timer_queue_arn: str
    scheduler_role_arn: str
    scheduler_group: str


class SenderSettings(Settings):
    jobs_table: str
    ledger_table: str
    links_table: str
    deliveries_table: str
    settings_table: str
    inbox_queue_url: str
    outbound_queue_url: str


class TimerSettings(Settings):
    inbox_queue_url: str
    timer_queue_url: str


class SweeperSettings(Settings):
    jobs_table: str
    sessions_table: str
    surveys_table: str
    ledger_table: str
    links_table: str
    deliveries_table: str
    settings_table: str
    inbox_queue_url: str


def inbox(
    settings: InboxSettings, outside: Outside | None = None, providers: Providers | None = None
) -> Handler:
    outside = outside or real()
    database, sqs, log = Database(outside.dynamodb()), outside.sqs(), outside.log()
    store = PlaybookStore(database, settings.settings_table)
    outbound = Outbound(sqs, settings.outbound_queue_url)
    timer = Timer(
        sqs,
        settings.timer_queue_url,
        outside.scheduler(),
        settings.timer_queue_arn,
        settings.scheduler_role_arn,
        settings.scheduler_group,
    )
    journal = Journal(database, settings.journal_table)
    playbooks = outside.playbooks(store)
    crm = _crms(database, settings, outside, providers or _providers())
    clients = Clients(database, settings.clients_table)

    def out(now: datetime) -> HandOver:
        return HandOver(outbound, timer, journal, now)

    worker = InboxWorker(
        playbooks=playbooks,
        store=store,
        jobs=JobInbox(Jobs(database, settings.jobs_table), playbooks, out),
        chats=ChatInbox(SubjectTable(database, settings.sessions_table, Session), clients, out),
        surveys=SurveyInbox(
            SubjectTable(database, settings.surveys_table, Survey),
            clients,
            Links(database, settings.links_table),
            playbooks,
            out,
            crm,
            Inbox(sqs, settings.inbox_queue_url),
        ),
        accounts=AccountInbox(
            SubjectTable(database, settings.ledger_table, Account), clients, playbooks, out
        ),
        outbound=outbound,
        crm=crm,
        now=outside.now,
    )

    def act(record: Record) -> None:
        log.about()
        envelope = envelopes.validate_json(record["body"])
        log.about(**of_event(envelope))
        outcome = worker.handle(envelope)
        if isinstance(envelope.event, MessageFailed):
            _warn_of(envelope.event, log)
        waited = waited_until(outside.now(), record)
        log.info("event", **event_named(envelope), outcome=outcome, **waited)

    deliveries = Deliveries(database, settings.deliveries_table)
    bury = _bury("inbox", deliveries, outside.now)
    return _quiet(Batch(sqs, settings.inbox_queue_url, act, bury, log), log)


def sender(
    settings: SenderSettings, outside: Outside | None = None, providers: Providers | None = None
) -> Handler:
    outside = outside or real()
    database, sqs, log = Database(outside.dynamodb()), outside.sqs(), outside.log()
    store = PlaybookStore(database, settings.settings_table)
    playbooks = outside.playbooks(store)
    deliveries = Deliveries(database, settings.deliveries_table)
    outbound = Outbound(sqs, settings.outbound_queue_url)
    accounts = SubjectTable(database, settings.ledger_table, Account)

    def standing_of(branch: str, client: str) -> Standing | None:
        account = accounts.load(branch, client).state
        return None if account is None else Standing(balance(account), ways(account))

    worker = Sender(
        deliveries=deliveries,
        jobs=Jobs(database, settings.jobs_table),
        branch=_branches(database, store, playbooks, settings, outside, providers or _providers()),
        playbook_at=playbooks.at,
        clients=ClientPost(
            Links(database, settings.links_table),
            deliveries,
            playbooks.at,
            outbound,
            outside.now,
        ),
        bonuses=Bonuses(standing_of, Inbox(sqs, settings.inbox_queue_url), outbound, outside.now),
        outbound=outbound,
        now=outside.now,
    )

    def act(record: Record) -> None:
        log.about()
        parcel = parcels.validate_json(record["body"])
        live = playbooks.get(parcel.branch)
        log.about(**of_effect(parcel, live.playbook.crm.kind if live else "unknown"))
        outcome = worker.deliver(parcel, record["receiptHandle"])
        log.info("effect", outcome=outcome, **waited_until(outside.now(), record))

    bury = _bury("outbound", deliveries, outside.now)
    return _quiet(Batch(sqs, settings.outbound_queue_url, act, bury, log), log)


def timer(settings: TimerSettings, outside: Outside | None = None) -> Handler:
    """What is due goes into the inbox, where it waits for its subject's turn like all else."""
    outside = outside or real()
    sqs, log = outside.sqs(), outside.log()
    to = Inbox(sqs, settings.inbox_queue_url)

    def act(record: Record) -> None:
        log.about()
        envelope = envelopes.validate_json(record["body"])
        log.about(**of_event(envelope))
        to.put(envelope, once=f"due.{record['messageId']}")
        log.info("due", **event_named(envelope))

    def bury(record: Record, reason: str) -> None:
        # Left in the queue: SQS itself lays it into the dead-letter queue.
        raise Misconfigured(f"{record['messageId']}: {reason}")

    return _quiet(Batch(sqs, settings.timer_queue_url, act, bury, log), log)


def sweeper(
    settings: SweeperSettings, outside: Outside | None = None, providers: Providers | None = None
) -> "TracedSweeper":
    outside = outside or real()
    database, log = Database(outside.dynamodb()), outside.log()
    store = PlaybookStore(database, settings.settings_table)
    sweeper = Sweeper(
        jobs=Jobs(database, settings.jobs_table),
        flows={
            "survey": SubjectTable(database, settings.surveys_table, Survey),
            "account": SubjectTable(database, settings.ledger_table, Account),
            "session": SubjectTable(database, settings.sessions_table, Session),
        },
        links=Links(database, settings.links_table),
        inbox=Inbox(outside.sqs(), settings.inbox_queue_url),
        branches=store.branches,
        playbooks=outside.playbooks(store),
        crm=_crms(database, settings, outside, providers or _providers()),
        cursors=Cursors(database, settings.settings_table),
        now=outside.now,
        log=log,
    )

    return TracedSweeper(sweeper, log)


class TracedSweeper:
    """The sweeper, each round under a trace of its own."""

    def __init__(self, sweeper: Sweeper, log: Log) -> None:
        self._sweeper = sweeper
        self._log = log

    def sweep(self, trace: str) -> None:
        with self._log.invocation(trace=trace):
            self._sweeper.sweep(trace)


def _quiet(batch: Batch, log: Log) -> Handler:
    """What a batch cannot help is raised without its words, which may be anybody's."""

    def run(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        with log.invocation():
            return batch.run(event, context)

    return run


def _providers() -> Providers:
    return Providers(lambda: httpx.Client(timeout=httpx.Timeout(10, connect=3)), _bots)


def _crms(
    database: Database,
    settings: InboxSettings | SenderSettings | SweeperSettings,
    outside: Outside,
    providers: Providers,
) -> Crms:
    """Each branch's CRM client, kept while its playbook stays the same."""
    around = _surroundings(database, settings, outside, providers)
    return _kept(lambda playbook: connect(playbook, around))


def _surroundings(
    database: Database,
    settings: InboxSettings | SenderSettings | SweeperSettings,
    outside: Outside,
    providers: Providers,
) -> Surroundings:
    return Surroundings(
        secret=outside.secrets(),
        http=providers.http(),
        database=database,
        deliveries=settings.deliveries_table,
        settings=settings.settings_table,
        clock=outside.now,
        sleep=outside.sleep,
    )


def _kept(connected: Callable[[Playbook], C]) -> Callable[[Snapshot], C]:
    """Each branch's client of one kind, kept while its playbook stays the same."""
    kept: dict[str, tuple[int, C]] = {}

    def client(snapshot: Snapshot) -> C:
        branch = snapshot.playbook.branch
        if branch not in kept or kept[branch][0] != snapshot.version:
            kept[branch] = (snapshot.version, connected(snapshot.playbook))
        return kept[branch][1]

    return client


def _branches(
    database: Database,
    store: PlaybookStore,
    playbooks: LivePlaybooks[Playbook],
    settings: SenderSettings,
    outside: Outside,
    providers: Providers,
) -> Callable[[str], Branch]:
    known = outside.secrets()
    around = _surroundings(database, settings, outside, providers)
    crms = _kept(lambda playbook: connect(playbook, around))
    loyalties = _kept(lambda playbook: connect_loyalty(playbook, around))
    phones: dict[PhoneChannel, Callable[[Snapshot], Phones | None]] = {
        "whatsapp": _kept(lambda playbook: connect_phones(playbook, "whatsapp", around)),
        "sms": _kept(lambda playbook: connect_phones(playbook, "sms", around)),
    }
    budgets = Budgets(database, settings.deliveries_table)
    bots = providers.bots(known)

    def branch(name: str) -> Branch:
        snapshot = playbooks.get(name)
        if snapshot is None:
            raise Misconfigured("the branch has no published playbook")
        playbook = snapshot.playbook
        pace = TelegramPace(budgets, playbook, outside.now, outside.sleep)

        def moved(old: int, new: int) -> None:
            store.record_migration(name, old, new)
            playbooks.refresh(name)

        return Branch(
            playbook=playbook,
            chat=snapshot.chat,
            messenger=lambda: bots(snapshot),
            crm=lambda: crms(snapshot),
            link_key=lambda: known(playbook.telegram.webhook_secrets[0]),
            pace=pace.take,
            slow_down=pace.slow_down,
            moved=moved,
            phones=lambda channel: phones[channel](snapshot),
            loyalty=lambda: loyalties(snapshot),
            secret=known,
        )

    return branch


def _bots(known: Secrets) -> Bots:
    runner = asyncio.Runner()
    kept: dict[str, tuple[int, Telegram]] = {}

    def bot(snapshot: Snapshot) -> Telegram:
        telegram, branch = snapshot.playbook.telegram, snapshot.playbook.branch
        if branch not in kept or kept[branch][0] != snapshot.version:
            proxy = known(telegram.proxy) if telegram.proxy else None
            client = Telegram(known(telegram.token), telegram.base_url, proxy, runner)
            kept[branch] = (snapshot.version, client)
        return kept[branch][1]

    return bot


def _warn_of(failed: MessageFailed, log: Log) -> None:
    """A template that is paused, an account that is not paid: the owner is to know, though the
    client gets his message by another channel."""
    if verdict(failed.code) == "misconfigured":
        reason = f"not delivered, code {failed.code}"
        log.warning("provider failed", outcome="failed", provider=failed.channel, reason=reason)


def _bury(
    queue: str, deliveries: Deliveries, now: Callable[[], datetime]
) -> Callable[[Record, str], None]:
    def bury(record: Record, reason: str) -> None:
        body = record["body"]
        branch, letter = _whose(queue, body, record["messageId"])
        deliveries.bury(Dead(branch, letter, queue, reason, body, now()))

    return bury


def _whose(queue: str, body: str, message: str) -> tuple[str, str]:
    """Whose dead letter it is, and its id; what cannot even be read belongs to no branch."""
    try:
        if queue == "outbound":
            parcel = parcels.validate_json(body)
            return parcel.branch, parcel.effect.id
        return envelopes.validate_json(body).branch, f"event.{message}"
    except ValueError:
        return "-", f"unreadable.{message}"
