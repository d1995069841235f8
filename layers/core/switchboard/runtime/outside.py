"""What a process reaches outside itself: AWS, time, its environment, its log.

The wiring takes all of it from here, so that a simulation of the whole application can put its own
in the place of each and leave everything else as it runs in production.
"""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from switchboard.playbook.published import LivePlaybooks
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime import clients
from switchboard.runtime.logs import Log, logger
from switchboard.runtime.metrics import NAMESPACE, Metrics
from switchboard.runtime.secrets import Secrets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient


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

    def playbooks(self, store: PlaybookStore) -> LivePlaybooks:
        return LivePlaybooks(store, clock=self.monotonic)


def real() -> Outside:
    return Outside(
        dynamodb=clients.dynamodb,
        sqs=clients.sqs,
        scheduler=clients.scheduler,
        parameter=clients.parameter,
        environ=os.environ,
        now=utc_now,
        monotonic=time.monotonic,
        sleep=time.sleep,
        log=_log,
    )


def _log() -> Log:
    return Log(logger(), Metrics(os.environ.get(NAMESPACE, "switchboard")))


def utc_now() -> datetime:
    return datetime.now(UTC)
