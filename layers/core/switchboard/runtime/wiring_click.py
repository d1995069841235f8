"""The click door, put together apart from the others.

They read a playbook; who presses a link waits for no more than its own table. The inbox is opened
when there is something to tell.
"""

from functools import cache
from typing import TYPE_CHECKING

from switchboard.doors.click import ClickDoor
from switchboard.runtime.outside import Outside, real
from switchboard.runtime.settings import Settings
from switchboard.runtime.traced import Door, traced
from switchboard.store.database import Database
from switchboard.store.links import Links

if TYPE_CHECKING:
    from switchboard.runtime.queues import Inbox


class ClickDoorSettings(Settings):
    links_table: str
    inbox_queue_url: str


def click_door(settings: ClickDoorSettings, outside: Outside | None = None) -> Door:
    outside = outside or real()
    sqs = outside.sqs

    @cache
    def inbox() -> "Inbox":
        from switchboard.runtime.queues import Inbox

        return Inbox(sqs(), settings.inbox_queue_url)

    log = outside.log()
    door = ClickDoor(
        links=Links(Database(outside.dynamodb()), settings.links_table),
        inbox=inbox,
        now=outside.now,
        log=log,
    )
    return traced(door, log)
