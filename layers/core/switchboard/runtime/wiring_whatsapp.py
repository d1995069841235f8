"""WhatsApp's door, put together. Apart from the others, which start without its models."""

from switchboard.doors.whatsapp import WhatsappDoor
from switchboard.playbook.table import PlaybookTable
from switchboard.playbook.view import Playbook
from switchboard.runtime.outside import Outside, real
from switchboard.runtime.queues import Inbox
from switchboard.runtime.settings import Settings
from switchboard.runtime.traced import Door, traced
from switchboard.store.database import Database


class WhatsappDoorSettings(Settings):
    settings_table: str
    inbox_queue_url: str


def whatsapp_door(settings: WhatsappDoorSettings, outside: Outside | None = None) -> Door:
    outside = outside or real()
    database, log = Database(outside.dynamodb()), outside.log()
    published = PlaybookTable(database, settings.settings_table, Playbook.model_validate_json)
    door = WhatsappDoor(
        playbooks=outside.playbooks(published),
        inbox=Inbox(outside.sqs(), settings.inbox_queue_url),
        secrets=outside.secrets().all,
        now=outside.now,
        log=log,
    )
    return traced(door, log)
