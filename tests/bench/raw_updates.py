"""The floor of the throughput: prepared UpdateItem requests, sent by plain boto3."""

import multiprocessing
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from types import TracebackType
from typing import Any

from switchboard.store.database import Request
from tests.bench.branch import dynamodb

_client: Any = None


class RawUpdates:
    """Processes with `threads` calls under way in each, from entry to exit of a `with`."""

    def __init__(self, aws: Mapping[str, str], processes: int, threads: int) -> None:
        self._processes = processes
        self._threads = threads
        self._pool = ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), _connect, (dict(aws),)
        )

    def __enter__(self) -> "RawUpdates":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    @property
    def pids(self) -> list[int]:
        """The processes that have been started, which is at the first call of `rate`."""
        return [child.pid for child in multiprocessing.active_children() if child.pid]

    def rate(self, requests: Sequence[Request]) -> float:
        """Sends every request once; how many a second."""
        shares = [requests[n :: self._processes] for n in range(self._processes)]
        # Ready together: a share that is begun late would run alone at the end.
        at = time.monotonic() + 0.3
        futures = [self._pool.submit(_send, share, self._threads, at) for share in shares]
        ends = [future.result() for future in futures]
        return len(requests) / (max(ends) - at)


def _connect(aws: Mapping[str, str]) -> None:
    global _client
    _client = dynamodb(aws)


def _send(requests: Sequence[Request], threads: int, at: float) -> float:
    """When the last answer was there, on the clock that all processes share."""
    with ThreadPoolExecutor(threads) as pool:
        time.sleep(max(0.0, at - time.monotonic()))
        for _ in pool.map(lambda request: _client.update_item(**request), requests):
            pass
        return time.monotonic()
