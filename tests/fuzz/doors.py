"""The doors as the functions have them, on tables and a queue in memory, which refuse as AWS does.

Two branches live here, one of each CRM, and one job is on offer. Every body finds it so: what a
body has changed is told, and undone.
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
from switchboard.playbook.model import Playbook
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime import http
from switchboard.runtime.logs import Log
from switchboard.runtime.metrics import Metrics
from switchboard.runtime.outside import Outside
from switchboard.runtime.wiring_doors import (
    CrmDoorSettings,
    TelegramDoorSettings,
    crm_door,
    telegram_door,
)
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.record import Commit, Outbox
from tests.doors.house import CRM_SECRET, SECRET
from tests.flows.story import BRANCH, NOW, VERSION, Story, deal, playbook
from tests.simulation.database import Client, Tables

ENVIRON = {"TEST_SECRET": SECRET, "TEST_CRM_SECRET": CRM_SECRET}
GENERIC_BRANCH = "shop"

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


class Happened(NamedTuple):
    """What came of a body: the answer, the tables' items written, what was queued and said."""

    answer: Answer
    written: list[tuple[str, tuple[str, ...]]]
    queued: list[dict[str, Any]]
    said: str


class Doors:
    def __init__(self) -> None:
        self._tables = Tables(lambda: 0.0, lambda _: False)
        self._queue = Queue()
        self._log = io.StringIO()
        self._written: list[tuple[str, tuple[str, ...]]] = []
        outside = self._outside()
        self._arrange(Database(outside.dynamodb()))
        self._stands = {name: dict(items) for name, items in self._tables.items.items()}
        self._tables.on_write.append(lambda table, key, *_: self._written.append((table, key)))
        telegram = telegram_door(
            TelegramDoorSettings(jobs_table="jobs", settings_table="settings", inbox_queue_url="q"),
            outside,
        )
        crm = crm_door(CrmDoorSettings(settings_table="settings", inbox_queue_url="q"), outside)
        # As functions/*/handler.py do it.
        self.handlers: dict[str, Handler] = {
            "telegram": lambda event: telegram(http.request(event)),
            "amocrm": lambda event: crm(http.request(event)),
            "generic": lambda event: crm(http.request(event)),
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
        for table, key in self._written:
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

    def _arrange(self, database: Database) -> None:
        store = PlaybookStore(database, "settings")
        store.publish(playbook(), NOW)
        store.publish(_shop(), NOW)
        story, jobs = Story(), Jobs(database, "jobs")
        story.tell(deal())
        assert story.job is not None
        commit = Commit(story.job, Outbox((), "trace", VERSION), NOW)
        jobs.clear(jobs.commit(jobs.load(BRANCH, story.job.id), commit))


def _now() -> datetime:
    return NOW


def _shop() -> Playbook:
    by = playbook().model_dump(mode="json")
    by["branch"] = GENERIC_BRANCH
    by["crm"] = {
        "kind": "generic",
        "base_url": "https://crm.example",
        "webhook_secrets": ["env:TEST_CRM_SECRET"],
        "stages": {"search": ["search"]},
    }
    return Playbook.model_validate(by)


_KEY_LIMITS = {"pk": 2048, "sk": 1024}
"""Bytes (DynamoDB, "Quotas": partition key and sort key)."""


def _reach(_service: str, _kind: str, request: Mapping[str, Any], act: Callable[[], Any]) -> Any:
    # It goes over the wire as UTF-8: a lone surrogate does not.
    json.dumps(request, ensure_ascii=False).encode()
    for name, value in request.get("Key", {}).items():
        if not 1 <= len(value["S"].encode()) <= _KEY_LIMITS[name]:
            raise AwsRefuses(f"DynamoDB: ValidationException, size of {name}")
    return act()
