"""The doors, put together. What is imported here is what a cold start waits for."""

from collections.abc import Callable
from typing import Any

from switchboard.doors.crm import CrmDoor
from switchboard.doors.telegram import TelegramDoor
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime.http import Request
from switchboard.runtime.logs import Log
from switchboard.runtime.outside import Outside, real
from switchboard.runtime.queues import Inbox
from switchboard.runtime.settings import Settings
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs

Door = Callable[[Request], dict[str, Any]]


class TelegramDoorSettings(Settings):
    jobs_table: str
    settings_table: str
    inbox_queue_url: str


class CrmDoorSettings(Settings):
    settings_table: str
    inbox_queue_url: str


def telegram_door(settings: TelegramDoorSettings, outside: Outside | None = None) -> Door:
    outside = outside or real()
    database, log = Database(outside.dynamodb()), outside.log()
    door = TelegramDoor(
        playbooks=outside.playbooks(PlaybookStore(database, settings.settings_table)),
        presses=Jobs(database, settings.jobs_table),
        inbox=Inbox(outside.sqs(), settings.inbox_queue_url),
        secrets=outside.secrets().all,
        now=outside.now,
        log=log,
    )
    return _traced(door, log)


def crm_door(settings: CrmDoorSettings, outside: Outside | None = None) -> Door:
    outside = outside or real()
    database, log = Database(outside.dynamodb()), outside.log()
    door = CrmDoor(
        playbooks=outside.playbooks(PlaybookStore(database, settings.settings_table)),
        inbox=Inbox(outside.sqs(), settings.inbox_queue_url),
        secrets=outside.secrets().all,
        log=log,
    )
    return _traced(door, log)


def _traced(door: Door, log: Log) -> Door:
    """API Gateway's id of the request is the trace of everything that follows from it."""

    def answered(request: Request) -> dict[str, Any]:
        with log.invocation(trace=request.id):
            return door(request)

    return answered
