"""The doors, put together. What is imported here is what a cold start waits for."""

from switchboard.doors.crm import CrmDoor
from switchboard.doors.telegram import TelegramDoor
from switchboard.playbook.table import PlaybookTable
from switchboard.playbook.view import Playbook
from switchboard.runtime.outside import Outside, real
from switchboard.runtime.queues import Inbox
from switchboard.runtime.settings import Settings
from switchboard.runtime.traced import Door, traced
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs


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
    published = PlaybookTable(database, settings.settings_table, Playbook.model_validate_json)
    door = TelegramDoor(
        playbooks=outside.playbooks(published),
        presses=Jobs(database, settings.jobs_table),
        inbox=Inbox(outside.sqs(), settings.inbox_queue_url),
        secrets=outside.secrets().all,
        now=outside.now,
        log=log,
    )
    return traced(door, log)


def crm_door(settings: CrmDoorSettings, outside: Outside | None = None) -> Door:
    outside = outside or real()
    database, log = Database(outside.dynamodb()), outside.log()
    published = PlaybookTable(database, settings.settings_table, Playbook.model_validate_json)
    door = CrmDoor(
        playbooks=outside.playbooks(published),
        inbox=Inbox(outside.sqs(), settings.inbox_queue_url),
        secrets=outside.secrets().all,
        log=log,
    )
    return traced(door, log)
