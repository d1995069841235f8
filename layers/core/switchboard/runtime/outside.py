"""What a process reaches outside itself: AWS, time, its environment, its log.

The wiring takes all of it from here, so that a simulation of the whole application can put its own
in the place of each and leave everything else as it runs in production.
"""

import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from switchboard.runtime import clients
from switchboard.runtime.clock import clock
from switchboard.runtime.logs import Log, logger
from switchboard.runtime.metrics import NAMESPACE, Metrics
from switchboard.runtime.secrets import Secrets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient

    from switchboard.playbook.published import LivePlaybooks
    from switchboard.playbook.table import PlaybookTable

P = TypeVar("P")


class Outside(NamedTuple):
    """Everything is made when it is asked for: a function pays only for what it uses."""

    dynamodb: "Callable[[], DynamoDBClient]"
    sqs: "Callable[[], SQSClient]"
    scheduler: "Callable[[], EventBridgeSchedulerClient]"
    parameter: Callable[[str], str]
    environ: Mapping[str, str]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    log: Callable[[], Log]

    def secrets(self) -> Secrets:
        return Secrets(self.environ, self.parameter, self.monotonic)

    def playbooks(self, table: "PlaybookTable[P]") -> "LivePlaybooks[P]":
        # The click door reads none, and does not wait for what others need to.
        from switchboard.playbook.published import LivePlaybooks

        return LivePlaybooks(table, clock=self.monotonic)


def real() -> Outside:
    return Outside(
        dynamodb=clients.dynamodb,
        sqs=clients.sqs,
        scheduler=clients.scheduler,
        parameter=clients.parameter,
        environ=os.environ,
        now=clock().now,
        monotonic=time.monotonic,
        sleep=time.sleep,
        log=_log,
    )


def _log() -> Log:
    return Log(logger(), Metrics(os.environ.get(NAMESPACE, "switchboard")))
