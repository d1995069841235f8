"""A press inside the handler, without the AWS calls, against reading the update with telegram."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import telegram

from switchboard.flows.claim.job import Holder
from switchboard.playbook.table import item_of
from switchboard.runtime import http
from switchboard.runtime.outside import real
from switchboard.runtime.wiring_doors import TelegramDoorSettings, telegram_door
from tests.bench.branch import HOLDER, PLAYBOOK, SECRETS, event, update
from tests.bench.effort import Effort
from tests.bench.finding import Finding, NotMeasured, pairs

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

_BATCH = 500
"""Presses timed together: a single one is too short for the clock."""
_GOAL = 1.0


class _Answers:
    """DynamoDB's client with its answers ready: the live playbook, and a job that is taken."""

    class exceptions:  # noqa: N801 - boto3's own name
        class ConditionalCheckFailedException(Exception): ...

    def __init__(self) -> None:
        live = item_of(PLAYBOOK.model_dump_json(), 1, datetime.now(UTC))
        self._pages = [{"Items": [{"sk": {"S": "live#playbook"}, **live}]}]
        taken = Holder(press="1", worker=HOLDER).model_dump_json()
        number = {"N": "7"}
        self._pressed = {
            "Attributes": {
                "seq": number,
                "log": {"M": {"2": {"S": "{}"}}},
                "order": {"M": {"2": number}},
                "pending": {"N": "1763715600"},
                "taken": {"S": taken},
            }
        }

    def update_item(self, **request: Any) -> Mapping[str, Any]:  # noqa: ARG002
        return self._pressed

    def get_paginator(self, operation: str) -> "_Answers":  # noqa: ARG002
        return self

    def paginate(self, **request: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ARG002
        return self._pages


def measured(effort: Effort) -> Iterator[Finding]:
    body = update("amocrm-1")
    pressed = event(body)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        ours = _handler()
        if "Иван" not in ours(pressed)["body"]:
            raise NotMeasured("the handler does not tell who has the job")

        def floor() -> telegram.Update | None:
            return telegram.Update.de_json(json.loads(body), None)

        for warming in (lambda: ours(pressed), floor):
            _microseconds(warming)
        runs = [
            (_microseconds(lambda: ours(pressed)), _microseconds(floor))
            for _ in effort.rounds(effort.batches)
        ]
    found = pairs(*zip(*runs, strict=True))
    yield Finding(
        "a press inside the handler / telegram.Update.de_json",
        f"{found.ours:.0f} µs",
        f"{found.floor:.0f} µs",
        f"{found.ratio:.2f}",
        "< 1",
        found.ratio < _GOAL,
        (f"CPU time of a press that loses, all but the database; {found.spread}",),
    )


def _handler() -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """functions/telegram_webhook with its own wiring, and nobody behind its clients."""
    settings = TelegramDoorSettings(
        jobs_table="jobs", settings_table="settings", inbox_queue_url=""
    )
    outside = real()._replace(
        dynamodb=lambda: cast("DynamoDBClient", _Answers()),
        sqs=lambda: cast("SQSClient", None),
        environ=SECRETS,
    )
    door = telegram_door(settings, outside)
    return lambda pressed: door(http.request(pressed))


def _microseconds(call: Callable[[], object]) -> float:
    """CPU time of one call, the mean of a batch."""
    began = time.process_time()
    for _ in range(_BATCH):
        call()
    return (time.process_time() - began) / _BATCH * 1e6
