"""A branch with reviews behind its two doors for links: real stores, a queue's limits, a log."""

import base64
import io
import json
import secrets
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from aws_lambda_powertools import Logger

from switchboard.domain.effects import LinkTo
from switchboard.doors.click import ClickDoor
from switchboard.doors.survey_page import SurveyDoor
from switchboard.playbook.model import Playbook
from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore
from switchboard.playbook.table import PlaybookTable
from switchboard.playbook.view import Playbook as View
from switchboard.runtime import http
from switchboard.runtime.logs import Log
from switchboard.runtime.queues import Inbox
from switchboard.store.database import Database
from switchboard.store.links import Links, code_of, page_of
from tests.doors.crawler_agents import SAFARI
from tests.doors.house import Answer, Counting, Event, Queue
from tests.flows.story import NOW
from tests.flows.story import playbook as dispatching

BRANCH = "demo"
HOST = "go.example.ru"
COMPANY = "Шинный двор «Пример & Ко»"
SITE = "Карты Пример"
URL = "https://reviews.example/org/1?add-review=true"
BONUS = 300
SURVEY = "amocrm-41000001"
CLIENT = "c-exampleclient00000000"
KEY = "a key of the tests"
SENT = NOW - timedelta(minutes=5)
UNTIL = NOW + timedelta(days=30)

QUESTIONS = (
    {"id": "quality", "text": "Как вам качество работы?"},
    {"id": "speed", "text": "А скорость?"},
    {"id": "friends", "kind": "nps", "text": "Посоветуете нас друзьям?"},
    {
        "id": "again",
        "kind": "choice",
        "text": "Приедете ещё?",
        "choices": ["Да", "Нет", "Не знаю <пока>"],
    },
    {"id": "words", "kind": "text", "text": "Что нам исправить?"},
)
ANSWERS = {"quality": "9", "speed": "10", "friends": "0", "again": "3", "words": "Ничего"}
FORM = "application/x-www-form-urlencoded"


def reviewing(**changes: Any) -> Playbook:
    by = dispatching().model_dump(mode="json") | {
        "reviews": {
            "company": COMPANY,
            "public_url": f"https://{HOST}",
            "link_key": "env:TEST_LINK_KEY",
            "survey": {"stages": ["142"], "questions": QUESTIONS},
        },
        **changes,
    }
    return Playbook.model_validate(by)


class LinkHouse:
    """`now` is the doors' clock, which stands still."""

    def __init__(
        self,
        dynamodb: Any,
        links: str,
        settings: str,
        *,
        database: Database | None = None,
        kind: type[Links] = Links,
    ) -> None:
        self.now = NOW
        self.calls: Counter[str] = Counter()
        self.queue = Queue()
        self.said = io.StringIO()
        self._tables = (dynamodb, links)
        counted = Database(cast("Any", Counting(dynamodb, self.calls)))
        store = PlaybookStore(counted, settings)
        self.playbook = reviewing()
        self.version = store.publish(self.playbook, NOW).version
        self.links = kind(database or counted, links)
        inbox = Inbox(cast("Any", Counting(self.queue, self.calls)), "inbox")
        # A name of its own, since loggers of one name share their handlers.
        log = Log(Logger(service=secrets.token_hex(6), stream=self.said, utc=True))
        self.click = ClickDoor(self.links, lambda: inbox, self._clock, log)
        playbooks = LivePlaybooks(PlaybookTable(counted, settings, View.model_validate_json))
        self.survey = SurveyDoor(self.links, playbooks, inbox, self._clock, log)
        self._numbers = iter(range(10**9))
        self.calls.clear()

    def _clock(self) -> datetime:
        return self.now

    def link(self, *, sent: bool = True, branch: str = BRANCH, **changes: Any) -> str:
        """A review link with a bonus that was sent five minutes ago; returns its code."""
        link = LinkTo.model_validate(
            {
                "purpose": "review",
                "survey": SURVEY,
                "run": 1,
                "client": CLIENT,
                "playbook": self.version,
                "expires_at": UNTIL,
                "site": SITE,
                "url": URL,
                "bonus": BONUS,
                **changes,
            }
        )
        code = code_of(KEY, branch, f"{SURVEY}:{next(self._numbers)}")
        self.links.put(code, link, branch, page_of(self.playbook))
        if sent:
            self.links.sent(code, SENT)
        self.calls.clear()
        return code

    def survey_link(self, **changes: Any) -> str:
        return self.link(**{"purpose": "survey", "site": "", "url": "", "bonus": 0, **changes})

    def get(self, code: str, agent: str = SAFARI, **headers: str) -> Answer:
        return self.ask("GET", code, {"user-agent": agent, **_named(headers)})

    def press(self, code: str, agent: str = SAFARI, **headers: str) -> Answer:
        """A press as a browser sends it from our page."""
        return self.ask("POST", code, {**own_form(agent), **_named(headers)})

    def ask(self, method: str, code: str, headers: dict[str, str], **event: Any) -> Answer:
        return self.click(http.request(link_event(method, code, headers, **event)))

    def page(self, code: str, method: str = "GET", **headers: str) -> Answer:
        return self.survey(http.request(link_event(method, code, _named(headers))))

    def fill(self, code: str, answers: Any = None, **headers: str) -> Answer:
        """The form as a browser sends it; `answers` may be the raw body."""
        sent = ANSWERS if answers is None else answers
        body = sent if isinstance(sent, str | bytes) else urlencode(sent)
        named = {**own_form(), "content-type": FORM, **_named(headers)}
        return self.survey(http.request(link_event("POST", code, named, body=body)))

    @property
    def stands(self) -> Any:
        """Everything that stands in the links table."""
        client, name = self._tables
        return client.scan(TableName=name)["Items"]

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said.getvalue().splitlines()]


def own_form(agent: str = SAFARI) -> dict[str, str]:
    return {
        "host": HOST,
        "user-agent": agent,
        "origin": f"https://{HOST}",
        "sec-fetch-site": "same-origin",
    }


def link_event(
    method: str, code: str, headers: dict[str, str], body: str | bytes = "", **event: Any
) -> Event:
    raw = body.encode() if isinstance(body, str) else body
    return {
        "version": "2.0",
        "headers": headers,
        "pathParameters": {"code": code},
        "requestContext": {
            "requestId": f"request-{secrets.token_hex(8)}",
            "http": {"method": method, "sourceIp": "203.0.113.7"},
        },
        "body": base64.b64encode(raw).decode(),
        "isBase64Encoded": True,
        **event,
    }


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
