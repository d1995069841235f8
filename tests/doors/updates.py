"""Updates as Telegram builds them, with whatever is to be wrong in them."""

from typing import Any

from switchboard.domain.identity import Worker
from tests.flows.story import IVAN, JOB, WORKERS_CHAT

CLAIM = f"claim:{JOB}:1"
CONTACT = f"contact:{JOB}:1"


def user(worker: Worker = IVAN) -> dict[str, Any]:
    found = {"id": worker.id, "is_bot": False, "first_name": worker.first_name}
    if worker.last_name:
        found["last_name"] = worker.last_name
    if worker.login:
        found["username"] = worker.login
    return found


def pressed(
    data: Any = CLAIM, worker: Worker = IVAN, chat: Any = WORKERS_CHAT, **query: Any
) -> dict[str, Any]:
    """A press; keyword arguments replace parts of the callback query, None leaves one out."""
    said = {
        "id": f"{worker.id}000000001",
        "from": user(worker),
        "message": {"message_id": 120, "date": 1763715600, "chat": {"id": chat, "type": "group"}},
        "chat_instance": "-1",
        "data": data,
    } | query
    said = {name: value for name, value in said.items() if value is not None}
    return {"update_id": 730000001, "callback_query": said}


def wrote(text: Any, worker: Worker = IVAN, chat: Any = None, **message: Any) -> dict[str, Any]:
    """A message, in the worker's private chat unless another is given."""
    private = {"id": worker.id, "type": "private", "first_name": worker.first_name}
    said = {"message_id": 7, "date": 1, "from": user(worker), "chat": chat or private}
    return {"update_id": 730000002, "message": said | {"text": text} | message}
