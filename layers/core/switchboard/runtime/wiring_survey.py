"""The survey page's door, put together."""

from switchboard.doors.survey_page import SurveyDoor
from switchboard.playbook.table import PlaybookTable
from switchboard.playbook.view import Playbook
from switchboard.runtime.outside import Outside, real
from switchboard.runtime.queues import Inbox
from switchboard.runtime.settings import Settings
from switchboard.runtime.traced import Door, traced
from switchboard.store.database import Database
from switchboard.store.links import Links


class SurveyDoorSettings(Settings):
    links_table: str
    settings_table: str
    inbox_queue_url: str


def survey_door(settings: SurveyDoorSettings, outside: Outside | None = None) -> Door:
    outside = outside or real()
    database, log = Database(outside.dynamodb()), outside.log()
    published = PlaybookTable(database, settings.settings_table, Playbook.model_validate_json)
    door = SurveyDoor(
        links=Links(database, settings.links_table),
        playbooks=outside.playbooks(published),
        inbox=Inbox(outside.sqs(), settings.inbox_queue_url),
        now=outside.now,
        log=log,
    )
    return traced(door, log)
