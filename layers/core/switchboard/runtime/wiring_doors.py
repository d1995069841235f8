"""The doors, put together. What is imported here is what a cold start waits for."""

import os
import time
from datetime import UTC, datetime

from switchboard.doors.crm import CrmDoor
from switchboard.doors.telegram import TelegramDoor
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime import clients
from switchboard.runtime.logs import Log, logger
from switchboard.runtime.queues import Inbox
from switchboard.runtime.secrets import Secrets
from switchboard.runtime.settings import Settings
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs


class TelegramDoorSettings(Settings):
    jobs_table: str
    settings_table: str
    inbox_queue_url: str


class CrmDoorSettings(Settings):
    settings_table: str
    inbox_queue_url: str


def telegram_door(settings: TelegramDoorSettings) -> TelegramDoor:
    database = Database(clients.dynamodb())
    return TelegramDoor(
        playbooks=LivePlaybooks(PlaybookStore(database, settings.settings_table)),
        presses=Jobs(database, settings.jobs_table),
        inbox=Inbox(clients.sqs(), settings.inbox_queue_url),
        secrets=secrets().all,
        now=utc_now,
        log=Log(logger()),
    )


def crm_door(settings: CrmDoorSettings) -> CrmDoor:
    database = Database(clients.dynamodb())
    return CrmDoor(
        playbooks=LivePlaybooks(PlaybookStore(database, settings.settings_table)),
        inbox=Inbox(clients.sqs(), settings.inbox_queue_url),
        secrets=secrets().all,
        log=Log(logger()),
    )


def secrets() -> Secrets:
    return Secrets(os.environ, clients.parameter, time.monotonic)


def utc_now() -> datetime:
    return datetime.now(UTC)
