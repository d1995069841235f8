"""The branch of these runs: its settings, its playbook, and texts that say which text they are."""

from collections.abc import Mapping
from typing import Any

from switchboard.domain.identity import Worker
from switchboard.playbook.model import Playbook
from tests.simulation.amocrm import CLAIMED, LOST, PIPELINE, SEARCH, WON, WORKER_LOGIN, WORKER_NAME
from tests.simulation.database import SCHEMAS

BRANCH = "demo"
WORKERS_CHAT = -1000000000001
MOVED_CHAT = -1000000000077
STRANGE_CHAT = -1000000000002
MANAGER_CHAT = 990000099

WORKERS = (
    Worker(id=990000001, first_name="Иван", last_name="Примеров", login="ivan_primerov"),
    Worker(id=990000002, first_name="Ольга", last_name="Образцова"),
    Worker(id=990000003, first_name="Пётр", login="Petr_Example"),
    Worker(id=990000004, first_name="Анна", last_name="Тестова"),
    Worker(id=990000005, first_name="Олег", last_name="Условный"),
)

ENVIRON = {
    "TEST_TOKEN": "000000:TEST",
    "TEST_SECRET": "telegram-secret",
    "TEST_CRM_SECRET": "crm-secret",
    "TEST_CRM_TOKEN": "crm-token",
    "TEST_LINK_KEY": "link-key",
    "TEST_SMS_LOGIN": "sms",
    "TEST_SMS_PASSWORD": "sms-password",
    "TEST_WHATSAPP_TOKEN": "whatsapp-token",
    "TEST_WHATSAPP_SECRET": "whatsapp-secret",
    "TEST_WHATSAPP_VERIFY": "whatsapp-verify",
    "TEST_1C_LOGIN": "1c",
    "TEST_1C_PASSWORD": "1c-password",
    "TEST_1C_SECRET": "1c-secret",
}

SETTINGS = {
    **{f"{name.upper()}_TABLE": name for name in SCHEMAS},
    "INBOX_QUEUE_URL": "inbox.fifo",
    "OUTBOUND_QUEUE_URL": "outbound.fifo",
    "TIMER_QUEUE_URL": "timer",
    "TIMER_QUEUE_ARN": "arn:timer",
    "SCHEDULER_ROLE_ARN": "arn:role",
    "SCHEDULER_GROUP": "timer",
}

_TOASTS = ("won", "yours", "gone", "not_member", "unknown", "stale", "contact_sent")
TEXTS = {
    **{f"press.{name}": name for name in _TOASTS},
    "press.taken": "taken {first_name}",
    "job.offered": "offered {title}",
    "job.claimed": "claimed {title}",
    "job.withdrawn": "withdrawn {title}",
    "job.done": "done {title}",
}


def playbook(
    number: int,
    *,
    dispatched: bool = True,
    reviewed: Mapping[str, Any] | None = None,
    **dispatch: Any,
) -> Playbook:
    """Versions differ in a text, as most do, and in whatever is given of their dispatch.

    `reviewed` are the sections that a branch with reviews has besides, see `reviewed.py`.
    """
    said: dict[str, Any] = {
        "branch": BRANCH,
        "telegram": {
            "bot": "example_jobs_bot",
            "token": "env:TEST_TOKEN",
            "webhook_secrets": ["env:TEST_SECRET"],
        },
        "crm": {
            "kind": "amocrm",
            "base_url": "https://crm.example",
            "webhook_secrets": ["env:TEST_CRM_SECRET"],
            "auth": {"kind": "token", "token": "env:TEST_CRM_TOKEN"},
            "pipeline": PIPELINE,
            "stages": {"search": [SEARCH], "done": [WON], "lost": [LOST]},
            "claimed_stage": CLAIMED,
            "fields": {"worker_name": WORKER_NAME, "worker_login": WORKER_LOGIN},
        },
        "texts": TEXTS | {"worker.greeting": f"greeting {number}"},
    }
    if dispatched:
        said["dispatch"] = {
            "workers_chat": WORKERS_CHAT,
            "manager_chat": MANAGER_CHAT,
            "workers": [{"telegram": WORKERS[0].id, "crm_user": "8000001"}],
            **dispatch,
        }
    if reviewed is not None:
        more = dict(reviewed)
        said["texts"] = said["texts"] | more.pop("texts")
        said["crm"] = said["crm"] | {
            name: more.pop(name) for name in ("results", "requests_per_second")
        }
        said |= more
    return Playbook.model_validate(said)
