"""A branch behind its two doors: real stores and queues' requests, a log that can be read."""

import base64
import io
import json
import secrets
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from aws_lambda_powertools import Logger

from switchboard.doors.crm import CrmDoor
from switchboard.doors.telegram import TelegramDoor
from switchboard.doors.whatsapp import WhatsappDoor
from switchboard.playbook.model import Playbook
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore
from switchboard.playbook.table import PlaybookTable
from switchboard.playbook.view import Playbook as View
from switchboard.runtime import http
from switchboard.runtime.logs import Log
from switchboard.runtime.queues import Inbox
from switchboard.runtime.secrets import Secrets
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.record import Commit, Outbox
from tests.flows.story import BRANCH, NOW, VERSION, Story, deal, playbook

SECRET = "telegram-secret"
CRM_SECRET = "crm-secret"
EVENTS = Path(__file__).parents[2] / "events"

Event = dict[str, Any]
Answer = dict[str, Any]


class Counting:
    """A boto3 client that counts its calls."""

    def __init__(self, client: Any, calls: Counter[str]) -> None:
        self._client = client
        self._calls = calls
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls[name] += 1
            return method(*args, **kwargs)

        return call


class Queue:
    """SQS as far as the inbox needs it, with the limits that it enforces."""

    class exceptions:  # noqa: N801 - boto3's own name
        pass

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.down = False

    def send_message(self, **message: str) -> None:
        if self.down:
            raise ConnectionError("the queue is down")
        for name in ("MessageGroupId", "MessageDeduplicationId"):
            assert 1 <= len(message[name]) <= 128
            assert message[name].isascii()
            assert message[name].isprintable()
        assert len(message["MessageBody"].encode()) <= 262_144
        self.messages.append(message)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(message["MessageBody"])["event"] for message in self.messages]


class House:
    def __init__(self, dynamodb: Any, jobs: str, settings: str, by: Playbook | None = None) -> None:
        self.calls: Counter[str] = Counter()
        self.queue = Queue()
        self.environ = {"TEST_SECRET": SECRET, "TEST_CRM_SECRET": CRM_SECRET}
        self.said = io.StringIO()
        database = Database(cast("Any", Counting(dynamodb, self.calls)))
        store = PlaybookStore(database, settings)
        self.playbook = by or playbook()
        store.publish(self.playbook, NOW)
        self.store = store
        self.jobs = Jobs(database, jobs)
        inbox = Inbox(cast("Any", Counting(self.queue, self.calls)), "inbox")
        known = Secrets(self.environ, lambda _: "", lambda: 0.0)
        # A name of its own, since loggers of one name share their handlers.
        powertools = Logger(service=secrets.token_hex(6), stream=self.said, utc=True)
        log = Log(powertools)
        playbooks = LivePlaybooks(PlaybookTable(database, settings, View.model_validate_json))
        self.telegram = TelegramDoor(playbooks, self.jobs, inbox, known.all, lambda: NOW, log)
        self.crm = CrmDoor(playbooks, inbox, known.all, log)
        self.whatsapp = WhatsappDoor(playbooks, inbox, known.all, lambda: NOW, log)
        self._tables = (dynamodb, jobs, settings)

    def offer(self) -> None:
        """The job is offered, and settled."""
        story = Story(self.playbook)
        story.tell(deal())
        assert story.job is not None
        record = self.jobs.load(BRANCH, story.job.id)
        commit = Commit(story.job, Outbox((), "trace", VERSION), NOW)
        self.jobs.clear(self.jobs.commit(record, commit))

    def update(self, body: Any, **changes: Any) -> Answer:
        """An update as Telegram sends it; `body` is JSON, or the raw text where it is a string."""
        return self.telegram(http.request(telegram_event(body, **changes)))

    def webhook(self, body: str | bytes, **changes: Any) -> Answer:
        return self.crm(http.request(crm_event(body, **changes)))

    @property
    def stands(self) -> Any:
        """Everything that stands in the tables."""
        client, *names = self._tables
        return [client.scan(TableName=name)["Items"] for name in names]

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said.getvalue().splitlines()]


def telegram_event(
    body: Any,
    *,
    secret: str | None = SECRET,
    branch: str = BRANCH,
    in_base64: bool = False,
    path: Mapping[str, str] | None = None,
) -> Event:
    headers = {"content-type": "application/json"}
    if secret is not None:
        headers["x-telegram-bot-api-secret-token"] = secret
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return _event(headers, text, path or {"branch": branch}, in_base64)


def crm_event(
    body: str | bytes,
    *,
    secret: str = CRM_SECRET,
    branch: str = BRANCH,
    provider: str = "amocrm",
    content_type: str = "application/x-www-form-urlencoded",
    in_base64: bool = False,
) -> Event:
    path = {"branch": branch, "provider": provider, "secret": secret}
    return _event({"content-type": content_type}, body, path, in_base64)


def _event(
    headers: Mapping[str, str], body: str | bytes, path: Mapping[str, str], in_base64: bool
) -> Event:
    if isinstance(body, bytes) or in_base64:
        raw = body if isinstance(body, bytes) else body.encode()
        body, in_base64 = base64.b64encode(raw).decode(), True
    return {
        "version": "2.0",
        "headers": dict(headers),
        "pathParameters": dict(path),
        "requestContext": {"requestId": f"request-{secrets.token_hex(8)}"},
        "body": body,
        "isBase64Encoded": in_base64,
    }
