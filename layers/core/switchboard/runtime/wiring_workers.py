"""The workers, put together: inbox, sender, timer, sweeper."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from switchboard.channels.telegram.client import Telegram
from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.port import Crm
from switchboard.domain.effects import parcels
from switchboard.domain.errors import Misconfigured
from switchboard.domain.events import envelopes
from switchboard.inbox import InboxWorker
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore, Snapshot
from switchboard.runtime import clients
from switchboard.runtime.batch import Batch, Context, Record
from switchboard.runtime.logs import Log, logger
from switchboard.runtime.queues import HandOver, Inbox, Outbound, Timer
from switchboard.runtime.secrets import Secrets
from switchboard.runtime.settings import Settings
from switchboard.runtime.telegram_pace import TelegramPace
from switchboard.runtime.wiring_doors import secrets, utc_now
from switchboard.sender import Branch, Sender
from switchboard.store.budgets import Budgets
from switchboard.store.cursors import Cursors
from switchboard.store.database import Database
from switchboard.store.deliveries import Dead, Deliveries
from switchboard.store.jobs import Jobs
from switchboard.store.journal import Journal
from switchboard.store.sessions import Sessions
from switchboard.sweeper import Sweeper

Handler = Callable[[Mapping[str, Any], Context], dict[str, Any]]


class InboxSettings(Settings):
    jobs_table: str
    sessions_table: str
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
    deliveries_table: str
    settings_table: str
    outbound_queue_url: str


class TimerSettings(Settings):
    inbox_queue_url: str
    timer_queue_url: str


class SweeperSettings(Settings):
    jobs_table: str
    deliveries_table: str
    settings_table: str
    inbox_queue_url: str


def inbox(settings: InboxSettings) -> Handler:
    database, sqs, log = Database(clients.dynamodb()), clients.sqs(), Log(logger())
    store = PlaybookStore(database, settings.settings_table)
    outbound = Outbound(sqs, settings.outbound_queue_url)
    timer = Timer(
        sqs,
        settings.timer_queue_url,
        clients.scheduler(),
        settings.timer_queue_arn,
        settings.scheduler_role_arn,
        settings.scheduler_group,
    )
    journal = Journal(database, settings.journal_table)
    worker = InboxWorker(
        playbooks=LivePlaybooks(store),
        store=store,
        jobs=Jobs(database, settings.jobs_table),
        sessions=Sessions(database, settings.sessions_table),
        out=lambda now: HandOver(outbound, timer, journal, now),
        crm=_crms(database, settings.deliveries_table, settings.settings_table),
        now=utc_now,
    )

    def act(record: Record) -> None:
        envelope = envelopes.validate_json(record["body"])
        log.trace(envelope.trace)
        outcome = worker.handle(envelope)
        log.info("event", kind=envelope.event.kind, subject=envelope.subject, outcome=outcome)

    deliveries = Deliveries(database, settings.deliveries_table)
    return Batch(sqs, settings.inbox_queue_url, act, _bury("inbox", deliveries), log).run


def sender(settings: SenderSettings) -> Handler:
    database, sqs, log = Database(clients.dynamodb()), clients.sqs(), Log(logger())
    store = PlaybookStore(database, settings.settings_table)
    playbooks = LivePlaybooks(store)
    deliveries = Deliveries(database, settings.deliveries_table)
    worker = Sender(
        deliveries=deliveries,
        jobs=Jobs(database, settings.jobs_table),
        branch=_branches(database, store, playbooks, settings),
        playbook_at=playbooks.at,
        outbound=Outbound(sqs, settings.outbound_queue_url),
        now=utc_now,
    )

    def act(record: Record) -> None:
        parcel = parcels.validate_json(record["body"])
        log.trace(parcel.trace)
        outcome = worker.deliver(parcel, record["messageId"])
        log.info("effect", kind=parcel.effect.kind, effect=parcel.effect.id, outcome=outcome)

    return Batch(sqs, settings.outbound_queue_url, act, _bury("outbound", deliveries), log).run


def timer(settings: TimerSettings) -> Handler:
    """What is due goes into the inbox, where it waits for its subject's turn like all else."""
    sqs, log = clients.sqs(), Log(logger())
    to = Inbox(sqs, settings.inbox_queue_url)

    def act(record: Record) -> None:
        envelope = envelopes.validate_json(record["body"])
        log.trace(envelope.trace)
        to.put(envelope, once=f"due.{record['messageId']}")
        log.info("due", kind=envelope.event.kind, subject=envelope.subject)

    def bury(record: Record, reason: str) -> None:
        # Left in the queue: SQS itself lays it into the dead-letter queue.
        raise Misconfigured(f"{record['messageId']}: {reason}")

    return Batch(sqs, settings.timer_queue_url, act, bury, log).run


def sweeper(settings: SweeperSettings) -> Sweeper:
    database = Database(clients.dynamodb())
    store = PlaybookStore(database, settings.settings_table)
    return Sweeper(
        jobs=Jobs(database, settings.jobs_table),
        inbox=Inbox(clients.sqs(), settings.inbox_queue_url),
        branches=store.branches,
        playbooks=LivePlaybooks(store),
        crm=_crms(database, settings.deliveries_table, settings.settings_table),
        cursors=Cursors(database, settings.settings_table),
        now=utc_now,
        log=Log(logger()),
    )


def _crms(database: Database, deliveries: str, settings: str) -> Callable[[Snapshot], Crm]:
    """Each branch's CRM client, kept while its playbook stays the same."""
    around = Surroundings(
        secret=secrets(),
        http=httpx.Client(timeout=httpx.Timeout(10, connect=3)),
        database=database,
        deliveries=deliveries,
        settings=settings,
        clock=utc_now,
    )
    kept: dict[str, tuple[int, Crm]] = {}

    def crm(snapshot: Snapshot) -> Crm:
        branch = snapshot.playbook.branch
        if branch not in kept or kept[branch][0] != snapshot.version:
            kept[branch] = (snapshot.version, connect(snapshot.playbook, around))
        return kept[branch][1]

    return crm


def _branches(
    database: Database, store: PlaybookStore, playbooks: LivePlaybooks, settings: SenderSettings
) -> Callable[[str], Branch]:
    known = secrets()
    crms = _crms(database, settings.deliveries_table, settings.settings_table)
    budgets = Budgets(database, settings.deliveries_table)
    bots = _bots(known)

    def branch(name: str) -> Branch:
        snapshot = playbooks.get(name)
        if snapshot is None:
            raise Misconfigured("the branch has no published playbook")
        playbook = snapshot.playbook
        pace = TelegramPace(budgets, playbook, utc_now, time.sleep)

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
        )

    return branch


def _bots(known: Secrets) -> Callable[[Snapshot], Telegram]:
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


def _bury(queue: str, deliveries: Deliveries) -> Callable[[Record, str], None]:
    def bury(record: Record, reason: str) -> None:
        body = record["body"]
        branch, letter = _whose(queue, body, record["messageId"])
        deliveries.bury(Dead(branch, letter, queue, reason, body, utc_now()))

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
