"""The doors as the functions have them, on tables and a queue in memory, which refuse as AWS does.

Three branches live here, one of each CRM, one job is on offer, and links of all kinds have gone out
(`branches.py`). Every body finds it so: what a body has changed is told, and undone.
"""

import io
import itertools
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from functions.health import handler as health
from switchboard.runtime import http
from switchboard.runtime.logs import Log
from switchboard.runtime.metrics import Metrics
from switchboard.runtime.outside import Outside
from switchboard.runtime.wiring_click import ClickDoorSettings, click_door
from switchboard.runtime.wiring_doors import (
    CrmDoorSettings,
    TelegramDoorSettings,
    crm_door,
    telegram_door,
)
from switchboard.runtime.wiring_survey import SurveyDoorSettings, survey_door
from switchboard.runtime.wiring_whatsapp import WhatsappDoorSettings, whatsapp_door
from switchboard.store.database import Database, Item
from tests.flows.story import NOW
from tests.fuzz.branches import ENVIRON, arrange
from tests.simulation.database import Client, Tables

_numbers = itertools.count(1)

Answer = dict[str, Any]
Handler = Callable[[Mapping[str, Any]], Answer]


class AwsRefuses(Exception):
    """What DynamoDB or SQS would answer with an error of the client."""


class Queue:
    """SQS as far as a door needs it, with the limits that it enforces."""

    exceptions = None

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []

    def send_message(self, **message: str) -> None:
        for name in ("MessageGroupId", "MessageDeduplicationId"):
            if not _IN_NAMES.fullmatch(message[name]):
                raise AwsRefuses(f"SQS: {name}")
        body = message["MessageBody"]
        if len(body.encode()) > 262_144 or _NOT_IN_QUEUES.search(body):
            raise AwsRefuses("SQS: InvalidMessageContents")
        self.messages.append(message)


_NOT_IN_QUEUES = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""SQS takes the characters of XML 1.0 alone (SendMessage, "MessageBody")."""
_IN_NAMES = re.compile("[!-~]{1,128}")


class Write(NamedTuple):
    """An item as it stood, and as it stands now."""

    table: str
    key: tuple[str, ...]
    before: Item | None
    after: Item | None


class Happened(NamedTuple):
    """What came of a body: the answer, the tables' items written, what was queued and said."""

    answer: Answer
    written: list[Write]
    queued: list[dict[str, Any]]
    said: str


class Doors:
    def __init__(self) -> None:
        self._tables = Tables(lambda: 0.0, lambda _: False)
        self._queue = Queue()
        self._log = io.StringIO()
        self._written: list[Write] = []
        outside = self._outside()
        arrange(Database(outside.dynamodb()))
        self._stands = {name: dict(items) for name, items in self._tables.items.items()}
        self._tables.on_write.append(lambda *write: self._written.append(Write(*write)))
        telegram = telegram_door(
            TelegramDoorSettings(jobs_table="jobs", settings_table="settings", inbox_queue_url="q"),
            outside,
        )
        crm = crm_door(CrmDoorSettings(settings_table="settings", inbox_queue_url="q"), outside)
        click = click_door(ClickDoorSettings(links_table="links", inbox_queue_url="q"), outside)
        survey = survey_door(
            SurveyDoorSettings(links_table="links", settings_table="settings", inbox_queue_url="q"),
            outside,
        )
        whatsapp = whatsapp_door(
            WhatsappDoorSettings(settings_table="settings", inbox_queue_url="q"), outside
        )
        # As functions/*/handler.py do it.
        self.handlers: dict[str, Handler] = {
            "telegram": lambda event: telegram(http.request(event)),
            "amocrm": lambda event: crm(http.request(event)),
            "generic": lambda event: crm(http.request(event)),
            "clients": lambda event: telegram(http.request(event)),
            "bitrix24": lambda event: crm(http.request(event)),
            "onec": lambda event: crm(http.request(event)),
            "click": lambda event: click(http.request(event)),
            "survey": lambda event: survey(http.request(event)),
            "whatsapp": lambda event: whatsapp(http.request(event)),
            "health": lambda event: health.handler(event, None),
        }

    def take(self, door: str, event: Mapping[str, Any]) -> Happened:
        """Hands an event to a door. Whatever the door raises comes out of here."""
        try:
            answer = self.handlers[door](event)
            queued = [json.loads(one["MessageBody"]) for one in self._queue.messages]
            return Happened(answer, list(self._written), queued, self._log.getvalue())
        finally:
            self._undo()

    def _undo(self) -> None:
        for table, key, *_ in self._written:
            stood = self._stands[table].get(key)
            if stood is None:
                self._tables.items[table].pop(key, None)
            else:
                self._tables.items[table][key] = stood
        self._written.clear()
        self._queue.messages.clear()
        self._log.seek(0)
        self._log.truncate()

    def _outside(self) -> Outside:
        client: Any = Client(self._tables, _reach, lambda size: size)
        queue: Any = self._queue

        def absent() -> Any:
            raise NotImplementedError("no door needs it")

        def log() -> Log:
            # A name of its own, since loggers of one name share their handlers.
            name = f"fuzz-{next(_numbers)}"
            return Log(Logger(service=name, stream=self._log, utc=True), Metrics("fuzz"))

        return Outside(
            dynamodb=lambda: client,
            sqs=lambda: queue,
            scheduler=absent,
            parameter=lambda _: "",
            environ=ENVIRON,
            now=_now,
            monotonic=lambda: 0.0,
            sleep=lambda _: None,
            log=log,
        )


def _now() -> datetime:
    return NOW


_KEY_LIMITS = {"pk": 2048, "sk": 1024}
"""Bytes (DynamoDB, "Quotas": partition key and sort key)."""


def _reach(_service: str, _kind: str, request: Mapping[str, Any], act: Callable[[], Any]) -> Any:
    # It goes over the wire as UTF-8: a lone surrogate does not.
    json.dumps(request, ensure_ascii=False).encode()
    for name, value in request.get("Key", {}).items():
        if not 1 <= len(value["S"].encode()) <= _KEY_LIMITS[name]:
            raise AwsRefuses(f"DynamoDB: ValidationException, size of {name}")
    return act()
