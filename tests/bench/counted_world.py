"""The simulated application, without faults, with a meter where AWS has one.

Wiring, functions and requests are those of production; what is counted is what they ask for. Each
message comes alone and each webhook too, which is the dearest way: at a hundred jobs a day it is
also the likely one.
"""

import io
import itertools
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from switchboard.runtime.logs import Log
from switchboard.runtime.metrics import Metrics
from switchboard.runtime.outside import Outside
from tests.bench import dynamodb_units as units
from tests.bench.prices import Prices
from tests.simulation import faults
from tests.simulation.database import SCHEMAS, Key, Request, Tables
from tests.simulation.processes import Function, Process
from tests.simulation.queues import Queue
from tests.simulation.world import Planted, World

_MEMORY_GB = 1.0
"""template.yaml: MemorySize."""
_CHUNK = 64 * 1024
_DOORS = ("telegram", "crm")
_loggers = itertools.count()


class Bill:
    """Units by their names in prices.toml; `calls` by function and service; `figures` are
    CloudWatch's metrics that were seen, each with its dimensions."""

    def __init__(self, prices: Prices) -> None:
        self.prices = prices
        self.units: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.figures: set[str] = set()

    def add(self, unit: str, number: float = 1) -> None:
        self.units[unit] += number  # type: ignore[assignment]

    def invoked(self, function: str) -> None:
        assumed = self.prices.assumed
        self.add("lambda_request")
        self.lasted(assumed["own_ms"] + assumed["cold_share"] * assumed["cold_ms"])
        self.logged(assumed["platform_log_bytes"])
        if function in _DOORS:
            self.add("api_request")
            self.logged(assumed["access_log_bytes"])
        if function == "sweeper":
            self.add("scheduler_invocation")

    def called(self, function: str, service: str) -> None:
        self.calls[f"{function} {service}"] += 1
        if service != "time":
            self.lasted(self.prices.assumed[f"{service}_ms"])

    def lasted(self, ms: float) -> None:
        self.add("lambda_gb_second", ms / 1000 * _MEMORY_GB)

    def logged(self, size: float) -> None:
        self.add("log_gb", size / 1e9)

    def sqs(self, queue: Queue, requests: int = 1) -> None:
        self.add("sqs_fifo" if queue.fifo else "sqs_standard", requests)


class CountedTables(Tables):
    bill: Bill

    def get(self, request: Request) -> dict[str, Any]:
        answer = super().get(request)
        found = [answer["Item"]] if "Item" in answer else []
        self._read(found, request)
        return answer

    def put(self, request: Request) -> dict[str, Any]:
        return self._written(request, request["Item"], super().put)

    def update(self, request: Request) -> dict[str, Any]:
        return self._written(request, request["Key"], super().update)

    def delete(self, request: Request) -> dict[str, Any]:
        return self._written(request, request["Key"], super().delete)

    def query(self, request: Request, after: Key | None) -> Any:
        found, more = super().query(request, after)
        self._read(found, request)
        return found, more

    def scan(self, request: Request, after: Key | None) -> Any:
        # Charged is what is looked at, not what the filter leaves of it.
        self._read(list(self.items[request["TableName"]].values()), request)
        return super().scan(request, after)

    def put_batch(self, request: Request, take: int) -> dict[str, Any]:
        ((table, puts),) = request["RequestItems"].items()
        for put in puts[:take]:
            item = put["PutRequest"]["Item"]
            self._charge(table, self._standing(table, item), item)
        return super().put_batch(request, take)

    def _read(self, found: list[Any], request: Request) -> None:
        consistent = bool(request.get("ConsistentRead"))
        self.bill.add("dynamodb_read", units.read_units(found, consistent=consistent))

    def _written(
        self, request: Request, at: Any, act: Callable[[Request], dict[str, Any]]
    ) -> dict[str, Any]:
        table = request["TableName"]
        before = self._standing(table, at)
        try:
            return act(request)
        finally:
            self._charge(table, before, self._standing(table, at))

    def _charge(self, table: str, before: Any, after: Any) -> None:
        written = units.write_units(before, after)
        index = SCHEMAS[table].index
        if index is not None:
            _, hash_key, range_key, whole = index
            names = (*SCHEMAS[table].key, hash_key, range_key)

            def entry(item: Any) -> Any:
                if item is None or hash_key not in item or range_key not in item:
                    return None
                return item if whole else {name: item[name] for name in names}

            written += units.index_write_units(entry(before), entry(after), (hash_key, range_key))
        self.bill.add("dynamodb_write", written)

    def _standing(self, table: str, at: Any) -> Any:
        item = self.items[table].get(tuple(at[name]["S"] for name in SCHEMAS[table].key))
        return None if item is None else dict(item)


class _Metered(Planted):
    def __init__(self, bill: Bill) -> None:
        self._bill = bill

    def tables(self, tables: Tables) -> Tables:
        counted = CountedTables(tables._now, tables._stale)
        counted.bill = self._bill
        return counted


class _Lines(io.StringIO):
    """Where Powertools' logger writes to, a line at a time."""

    def __init__(self, bill: Bill) -> None:
        super().__init__()
        self._bill = bill

    def write(self, text: str) -> int:
        for line in filter(None, text.splitlines()):
            self._bill.logged(len(line.encode()) + self._bill.prices.assumed["line_log_bytes"])
            said = json.loads(line)
            for one in said.get("_aws", {}).get("CloudWatchMetrics", ()):
                name = one["Metrics"][0]["Name"]
                for dimensions in one["Dimensions"]:
                    values = [
                        said["service"].partition("-")[0] if by == "service" else said[by]
                        for by in dimensions
                    ]
                    self._bill.figures.add(" ".join([name, *map(str, values)]))
        return len(text)


class CountedWorld(World):
    def __init__(self, prices: Prices) -> None:
        self.bill = Bill(prices)
        super().__init__(1, planted=_Metered(self.bill))
        self.faults.stop()
        self.faults.rates = faults.NONE
        self.tables.page = 100

    def _functions(self) -> dict[str, Function]:
        made = super()._functions()
        for name, function in made.items():
            self._meter_invocations(name, function)
        return made

    def _meter_invocations(self, name: str, function: Function) -> None:
        invoke = function.invoke

        def counted(event: Any, request: str, then: Callable[..., None]) -> bool:
            begun = invoke(event, request, then)
            if begun:
                self.bill.invoked(name)
            for record in event.get("Records", ()) if begun else ():
                # Received by Lambda's poller, and deleted by it.
                queue = self.queues[record["messageId"].rpartition("-")[0]]
                self.bill.sqs(queue, 2)
            return begun

        function.invoke = counted  # type: ignore[method-assign]

    def _queues(self) -> dict[str, Queue]:
        made = super()._queues()
        for queue in made.values():
            queue._batch = 1
        return made

    def _outside(self, process: Process) -> Outside:
        reach, sleep = process.reach, process.sleep
        name = process.function.name

        def counted(to: str, what: str, detail: Any, *rest: Any, **more: Any) -> Any:
            self.bill.called(name, to)
            if to == "sqs":
                self._sent(what, detail)
            if to == "scheduler":
                # Once it is due it is an invocation, and that a request to the timer queue.
                self.bill.add("scheduler_invocation")
                self.bill.sqs(self.queues["timer"])
            return reach(to, what, detail, *rest, **more)

        def slept(seconds: float) -> None:
            self.bill.lasted(seconds * 1000)
            sleep(seconds)

        process.reach, process.sleep = counted, slept  # type: ignore[method-assign]
        stream = _Lines(self.bill)
        # Powertools keeps a logger for each name for as long as the program runs.
        logger = Logger(
            service=f"{name}-{next(_loggers)}", stream=stream, utc=True, use_rfc3339=True
        )
        outside = super()._outside(process)
        return outside._replace(log=lambda: Log(logger, Metrics("switchboard")))

    def _sent(self, what: str, detail: Any) -> None:
        if what == "send batch":
            # The trace has the bodies alone; only the outbound queue is sent to in batches.
            size = sum(len(body.encode()) for body in detail)
            self.bill.sqs(self.queues["outbound.fifo"], max(1, -(-size // _CHUNK)))
            return
        size = len(detail.get("MessageBody", "").encode())
        self.bill.sqs(self.queues[detail["QueueUrl"]], max(1, -(-size // _CHUNK)))
