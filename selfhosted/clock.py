"""Functions that the template has called by the clock: each period by one host alone."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from selfhosted.database import ConditionFailedError, Database, DatabaseError
from selfhosted.errors import TemplateError
from selfhosted.functions import Pool
from selfhosted.invocations import Kind
from selfhosted.locality import ACCOUNT, REGION, arn
from selfhosted.moved_clock import MovedClock
from selfhosted.schedule_expressions import period
from selfhosted.tables import HOSTS
from selfhosted.template import Schedule

RETRY: Final = 1.0


class Clock:
    """One schedule of the template. A period that is over is not made up for."""

    def __init__(
        self,
        schedule: Schedule,
        pool: Pool,
        database: Database,
        report: Callable[[str], None],
        time: MovedClock,
    ) -> None:
        seconds = period(schedule.expression)
        if seconds is None:
            text = f"schedule {schedule.name}: the host serves rate(…) in templates, not "
            raise TemplateError(text + schedule.expression)
        self._schedule = schedule
        self._period = seconds
        self._pool = pool
        self._database = database
        self._report = report
        self._time = time

    async def run(self) -> None:
        """Calls the function once in every period, until cancelled."""
        done = -1
        while True:
            now = self._time.now()
            slot = int(now) // self._period
            pause = min((slot + 1) * self._period - now + 0.01, self._time.longest_sleep)
            if slot != done:
                try:
                    mine = await self._take(slot)
                except (OSError, DatabaseError) as error:
                    self._report(f"schedule {self._schedule.name} waits for the database: {error}")
                    pause = RETRY
                else:
                    done = slot
                    if mine:
                        await self._call(slot)
                        continue
            await asyncio.sleep(max(pause, 0.01))

    async def _take(self, slot: int) -> bool:
        """Whether this host is the one to make the call of `slot`."""
        request = {
            "TableName": HOSTS,
            "Key": {"pk": {"S": "clock"}, "sk": {"S": self._schedule.name}},
            "UpdateExpression": "SET slot = :slot",
            # Another host, or this one before a restart, has not yet called in this period.
            "ConditionExpression": "attribute_not_exists(slot) OR slot < :slot",
            "ExpressionAttributeValues": {":slot": {"N": str(slot)}},
        }
        try:
            await self._database.call("UpdateItem", request)
        except ConditionFailedError:
            return False
        return True

    async def _call(self, slot: int) -> None:
        outcome = await self._pool.invoke(self._event(slot))
        if outcome.kind is not Kind.ANSWERED:
            reason = outcome.payload.decode(errors="replace")[:300]
            name = self._schedule.function
            self._report(f"{name}, called by the clock, {outcome.kind.value}: {reason}")

    def _event(self, slot: int) -> bytes:
        if self._schedule.input is not None:
            return self._schedule.input.encode()
        moment = datetime.fromtimestamp(slot * self._period, UTC)
        document = {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": ACCOUNT,
            "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [arn("scheduler", f"schedule/default/{self._schedule.name}")],
            "detail": "{}",
        }
        return json.dumps(document).encode()
