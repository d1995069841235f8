"""What happened in a run, one line each: when, who, what, what came of it."""

import json
from typing import Any

from tests.simulation.clock import Clock

_WIDTH = 150


class Trace:
    """Off unless somebody will read it: a run makes thousands of lines."""

    def __init__(self, on: bool) -> None:
        self.on = on
        self.lines: list[str] = []
        self.elapsed = 0.0
        self._clock: Clock | None = None

    def follow(self, clock: Clock) -> None:
        self._clock = clock

    def tell(self, who: str, what: str) -> None:
        if self.on:
            seconds = self._clock.elapsed if self._clock else 0.0
            self.lines.append(f"{seconds:10.3f}  {who:<18}  {what}"[:_WIDTH])

    def call(self, who: str, to: str, what: str, detail: Any, fate: str) -> None:
        fallen = f"  !! {fate}" if fate else ""
        self.tell(who, f"→ {to} {what} {_short(detail)}{fallen}")

    def answer(self, who: str, to: str, what: str, answer: Any) -> None:
        if isinstance(answer, Exception):
            self.tell(who, f"← {to} {what}: {type(answer).__name__} {_plain(answer)}"[:_WIDTH])


def _short(detail: Any) -> str:
    if isinstance(detail, dict) and "TableName" in detail:
        key = detail.get("Key") or detail.get("Item") or {}
        name = " ".join(key[part]["S"] for part in ("pk", "sk") if part in key)
        more = detail.get("UpdateExpression", detail.get("KeyConditionExpression", ""))
        return f"{detail['TableName']} {name} {more}".strip()
    if isinstance(detail, dict) and "MessageBody" in detail:
        return f"{detail['QueueUrl']} {_plain(detail['MessageBody'])}"
    return _plain(detail)


def _plain(detail: Any) -> str:
    if isinstance(detail, str):
        return detail
    try:
        return json.dumps(detail, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        return str(detail)
