"""What a job has left behind at the providers: counted here, judged by the rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from switchboard.playbook.model import Playbook
from switchboard.texts.render import render
from tests.proofs.report import Checks
from tests.proofs.sandbox import Json, Sandbox, first_text, was_post
from tests.proofs.stack import BRANCH, Stack

KINDS = ("post", "edit", "notice", "private", "manager", "patch", "note", "task")
"""The effects of one claim, as the providers count them."""


@dataclass
class Traces:
    """Effects seen, by deal and kind; `worker` and `final` as the providers show them now."""

    seen: dict[str, Counter[str]] = field(default_factory=dict)
    post_text: dict[str, str] = field(default_factory=dict)
    private_to: dict[str, set[int]] = field(default_factory=dict)

    def __getitem__(self, deal: str) -> Counter[str]:
        return self.seen.setdefault(deal, Counter())

    def total(self, kind: str) -> int:
        return sum(seen[kind] for seen in self.seen.values())

    def doubled(self, kind: str) -> int:
        """How many too many there are of a kind that should be once a deal."""
        return sum(max(0, seen[kind] - 1) for seen in self.seen.values())


async def traces(stack: Stack, names: Mapping[str, str]) -> Traces:
    """What can be seen of the deals. `names`: their unique names, by number."""
    found = Traces({deal: Counter() for deal in names})
    dispatch = stack.playbook.dispatching
    for chat_id, chat in (await stack.sandbox.chats()).items():
        for message in chat["messages"]:
            if message.get("from", {}).get("is_bot"):
                _message(found, names, chat_id, message, dispatch.workers_chat)
    _crm_calls(found, await stack.sandbox.crm_calls(), names)
    return found


def _message(found: Traces, names: Mapping[str, str], chat: int, message: Json, group: int) -> None:
    deal = _deal_in(first_text(message), names)
    if deal is None:
        found["?"]["message about no deal"] += 1
    elif chat == group and was_post(message):
        found[deal]["post"] += 1
        found[deal]["edit"] += len(message["past"])
        found.post_text[deal] = message["text"]
    elif chat == group:
        found[deal]["notice"] += 1
    elif chat == 910000009:
        found[deal]["manager"] += 1
    else:
        found[deal]["private"] += 1
        found.private_to.setdefault(deal, set()).add(chat)


def _deal_in(text: str, names: Mapping[str, str]) -> str | None:
    """The longest name wins: «Заказ 1» stands in «Заказ 12» too."""
    found = [(len(name), deal) for deal, name in names.items() if name in text]
    return max(found)[1] if found else None


def _crm_calls(found: Traces, calls: Iterable[Json], names: Mapping[str, str]) -> None:
    for call in calls:
        if call["status"] != 200 or call["method"] not in ("PATCH", "POST"):
            continue
        if call["path"] == "/tasks":
            deal = next((d for d in names if f'"entity_id":{d}' in _packed(call["body"])), "?")
            found[deal]["task"] += 1
            continue
        deal = call["path"].split("/")[2]
        found[deal]["note" if call["path"].endswith("/notes") else "patch"] += 1


def _packed(body: str) -> str:
    return body.replace(" ", "")


def taken_text(stack: Stack, first_name: str) -> str:
    """What every loser must be told."""
    return told(stack.playbook, "press.taken", first_name)


def told(playbook: Playbook, key: str, first_name: str = "") -> str:
    return str(render(key, playbook.language, {"first_name": first_name}, playbook.texts))


async def check_written_back(checks: Checks, sandbox: Sandbox, winners: Mapping[str, Json]) -> None:
    """Every deal says who won it, in one change, one note and one task."""
    deals = await sandbox.deals()
    for number, worker in winners.items():
        deal = deals[number]
        name = f"{worker['first_name']} {worker.get('last_name', '')}".strip()
        login = [f"@{worker['username']}"] if worker.get("username") else []
        fields = deal["fields"]
        checks.equal(f"deal {number}, worker", fields.get("worker_name"), [name])
        checks.equal(f"deal {number}, login", fields.get("worker_login", []), login)
        checks.equal(f"deal {number}, stage", deal["stage"], "in_work")
        checks.equal(f"deal {number}, notes", sum(name in text for text in deal["notes"]), 1)
        checks.equal(f"deal {number}, all notes", len(deal["notes"]), 1)
        checks.equal(f"deal {number}, tasks", len(deal["tasks"]), 1)
        changes = [one["what"] for one in deal["history"] if one["by"] == "api"]
        written = sum(what == f"Исполнитель: {name}" for what in changes)
        checks.equal(f"deal {number}, times the worker was written", written, 1)


__all__ = ["BRANCH", "KINDS", "Traces", "check_written_back", "taken_text", "told", "traces"]
