"""What clients are connected with in tests."""

from datetime import UTC, datetime, timedelta

import httpx

from switchboard.crm.connect import Surroundings
from switchboard.playbook.model import Playbook
from switchboard.store.database import Database

SECRETS = {
    "env:TOKEN": "long-lived-TEST",
    "env:CODE": "code-TEST",
    "env:CLIENT_ID": "client-TEST",
    "env:CLIENT_SECRET": "client-secret-TEST",  # pragma: allowlist secret
    "env:REFRESH": "refresh-1-TEST",
}


class Clock:
    """Stands still but for `sleep`, which remembers how long it was asked to."""

    def __init__(self) -> None:
        self.now = datetime(2025, 11, 21, 12, 0, tzinfo=UTC)
        self.slept = 0.0

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.forward(seconds)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def surroundings(
    http: httpx.Client, database: Database, deliveries: str, settings: str, clock: Clock
) -> Surroundings:
    return Surroundings(
        secret=SECRETS.__getitem__,
        http=http,
        database=database,
        deliveries=deliveries,
        settings=settings,
        clock=clock,
        sleep=clock.sleep,
    )


def playbook(crm: dict[str, object], **changes: object) -> Playbook:
    return Playbook.model_validate(
        {
            "branch": "demo",
            "telegram": {
                "bot": "demo_bot",
                "token": "env:BOT_TOKEN",
                "webhook_secrets": ["env:BOT_SECRET"],
            },
            "dispatch": {"workers_chat": -100},
            "crm": crm,
            **changes,
        }
    )


LONG_LIVED = {"kind": "token", "token": "env:TOKEN"}
OAUTH = {
    "kind": "oauth",
    "client_id": "env:CLIENT_ID",
    "client_secret": "env:CLIENT_SECRET",
    "redirect_uri": "https://switchboard.example/oauth",
    "refresh_token": "env:REFRESH",
}


def amocrm(**changes: object) -> dict[str, object]:
    """An account in which deal 41000001 of the tests lives."""
    return {
        "kind": "amocrm",
        "base_url": "https://example.amocrm.ru",
        "webhook_secrets": ["env:HOOK"],
        "auth": LONG_LIVED,
        "pipeline": 9000001,
        "stages": {"search": [70000001], "done": [142], "lost": [143]},
        "fields": {
            "conditions": 500001,
            "deadline": 500002,
            "pay": 500003,
            "skills": 500004,
            "worker_name": 500005,
            "worker_login": 500006,
        },
        "results": {
            "average": 500011,
            "variant": 500012,
            "answers": 500013,
            "scores": {"quality": 500014, "speed": 500015},
            "review": 500016,
            "bonus": 500017,
            "balance": 600002,
        },
        **changes,
    }


def bitrix24(**changes: object) -> dict[str, object]:
    """An account in which deal 759 of the tests lives."""
    return {
        "kind": "bitrix24",
        "base_url": "https://example.bitrix24.ru",
        "user": 1,
        "code": "env:CODE",
        "webhook_secrets": ["env:HOOK"],
        "stages": {"search": ["NEW"], "done": ["WON"], "lost": ["LOSE"]},
        "fields": {
            "conditions": "ufCrm_1700000021",
            "deadline": "ufCrm_1700000022",
            "pay": "ufCrm_1700000023",
            "skills": "ufCrm_1700000024",
            "worker_name": "ufCrm_1700000025",
            "worker_login": "ufCrm_1700000026",
            "category": "ufCrm_1700000009",
            "timezone": "ufCrm_1700000010",
        },
        "results": {
            "average": "ufCrm_1700000004",
            "variant": "ufCrm_1700000005",
            "answers": "ufCrm_1700000006",
            "scores": {"quality": "ufCrm_1700000001", "speed": "ufCrm_1700000002"},
            "review": "ufCrm_1700000008",
            "bonus": "ufCrm_1700000007",
            "balance": "ufCrm_1700000101",
        },
        **changes,
    }


def generic(**changes: object) -> dict[str, object]:
    return {
        "kind": "generic",
        "base_url": "https://crm.example/api",
        "webhook_secrets": ["env:HOOK"],
        "token": "env:TOKEN",
        "stages": {"search": ["search"], "done": ["done"], "lost": ["lost"]},
        "changed": "/deals?updated_since={since}",
        "paths": {
            "conditions": "terms.text",
            "deadline": "schedule.deadline",
            "pay": "terms.pay.amount",
            "skills": "tags.0.name",
            "url": "url",
            "manager": "assignee.id",
            "updated_at": "updated_at",
            "contact_name": "client.name",
            "contact_phone": "client.phones.0",
        },
        "assign": {
            "method": "PATCH",
            "path": "/deals/{deal}",
            "body": {
                "worker": "{worker_name}",
                "login": "{worker_login}",
                "assignee_id": "{responsible}",
            },
        },
        "note": {"path": "/deals/{deal}/comments", "body": {"text": "{text}"}},
        "task": {
            "path": "/deals/{deal}/tasks",
            "body": {"text": "{text}", "due": "{due}", "user": "{responsible}"},
        },
        "results": {
            "method": "PATCH",
            "path": "/deals/{deal}",
            "body": {
                "average": "{average}",
                "variant": "{variant}",
                "answers": "{answers}",
                "score_quality": "{score_quality}",
                "score_speed": "{score_speed}",
                "review": "{review}",
                "bonus": "{bonus}",
                "source": "survey",
            },
        },
        **changes,
    }
