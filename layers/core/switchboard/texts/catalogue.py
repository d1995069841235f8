"""Every text that the product says, which placeholders it may use, and how long it may get."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["ru", "en"]

MESSAGE_LIMIT = 4096
"""Characters of a Telegram message after its markup is parsed."""
TOAST_LIMIT = 200
"""Characters of an answer to a button press (Bot API, answerCallbackQuery)."""
BUTTON_LIMIT = 64
"""Characters that a button shows before a phone cuts them; Telegram itself allows more."""


class Spec(NamedTuple):
    """One text: the placeholders that may stand in it, its limit, whether it may hold markup."""

    placeholders: frozenset[str]
    limit: int = MESSAGE_LIMIT
    markup: bool = True


_JOB = frozenset({"title", "conditions", "deadline", "pay", "skills"})
_WORKER = frozenset({"first_name", "name", "login"})
_LINK = frozenset({"url"})


def _toast(*placeholders: str) -> Spec:
    return Spec(frozenset(placeholders), TOAST_LIMIT, markup=False)


def _button() -> Spec:
    return Spec(frozenset(), BUTTON_LIMIT, markup=False)


CATALOGUE: Mapping[str, Spec] = {
    # The post in the workers' chat, and what becomes of it.
    "job.offered": Spec(_JOB),
    "job.claimed": Spec(_JOB | _WORKER),
    "job.withdrawn": Spec(_JOB),
    "job.done": Spec(_JOB | _WORKER),
    "job.line.conditions": Spec(frozenset({"conditions"})),
    "job.line.deadline": Spec(frozenset({"deadline"})),
    "job.line.pay": Spec(frozenset({"pay"})),
    "job.line.skills": Spec(frozenset({"skills"})),
    "job.button.contact": _button(),
    "job.button.claim": _button(),
    # What the chat, the worker and the manager are told.
    "chat.found": Spec(_JOB | _WORKER),
    "chat.start_first": Spec(_WORKER | {"title"}),
    "chat.button.start": _button(),
    "worker.claimed": Spec(_JOB | {"client", "phone"}),
    "worker.contact": Spec(_JOB | {"client", "phone"}),
    "worker.no_phone": Spec(_JOB | {"client"}),
    "worker.contact_gone": Spec(_JOB),
    "worker.contact_taken": Spec(_JOB | {"first_name"}),
    "worker.withdrawn": Spec(_JOB),
    "worker.greeting": Spec(frozenset({"first_name"})),
    "worker.link_invalid": Spec(frozenset({"first_name"})),
    "manager.claimed": Spec(_JOB | _WORKER | _LINK),
    "manager.unclaimed": Spec(_JOB | _LINK | {"minutes"}),
    # The answers to a press.
    "press.won": _toast(),
    "press.yours": _toast(),
    "press.taken": _toast("first_name"),
    "press.gone": _toast(),
    "press.not_member": _toast(),
    "press.unknown": _toast(),
    "press.stale": _toast(),
    "press.contact_sent": _toast(),
    # What stands in the CRM.
    "crm.note": Spec(_WORKER, markup=False),
    "crm.task": Spec(_WORKER | {"title"}, markup=False),
}
