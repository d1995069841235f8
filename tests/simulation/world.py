"""The whole application with everything around it, ready to be set going."""

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple, cast

import httpx
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from switchboard.playbook.model import Playbook
from switchboard.playbook.store import PlaybookStore
from switchboard.runtime import (
    http,
    wiring_click,
    wiring_doors,
    wiring_survey,
    wiring_whatsapp,
    wiring_workers,
)
from switchboard.runtime.logs import Log
from switchboard.runtime.outside import Outside
from switchboard.runtime.wiring_workers import Providers
from switchboard.store.database import Database
from tests.simulation import amocrm, faults, onec, smsc, telegram, whatsapp, wire
from tests.simulation.clock import Clock
from tests.simulation.database import Client, Tables
from tests.simulation.faults import Faults
from tests.simulation.history import FLOWS
from tests.simulation.processes import Ended, Function, Process
from tests.simulation.queues import Queue, Scheduler, Schedules, Sqs
from tests.simulation.setting import BRANCH, ENVIRON, SETTINGS, playbook
from tests.simulation.trace import Trace

_VISIBILITY = 180.0
_SOON = 200.0
"""Seconds; longer than a queue's visibility."""
CALM_SWEEPS = 2
"""Whole rounds of the sweeper that find nothing before those to come are skipped."""
_INJECTED = ("ReadTimeoutError", "EndpointConnectionError", "ClientError")
"""What our own faults look like from inside: the network's, and a receipt that has expired."""


class Planted:
    """A bug to be found. This one is none: what it is given, it gives back."""

    def tables(self, tables: Tables) -> Tables:
        return tables

    def dynamodb(self, process: Process, client: Any) -> Any:
        del process
        return client

    def sqs(self, process: Process, client: Any) -> Any:
        del process
        return client

    def http(self, process: Process, transport: httpx.BaseTransport) -> httpx.BaseTransport:
        del process
        return transport


class Written(NamedTuple):
    """One line of a process's log that tells of a fault of ours."""

    who: str
    fault: str
    place: str


class World:
    def __init__(self, seed: int, *, trace: bool = False, planted: Planted | None = None) -> None:
        self.seed = seed
        self.clock = Clock()
        self.trace = Trace(trace)
        self.trace.follow(self.clock)
        self.chance = Random(f"{seed}.events")
        self._pace = Random(f"{seed}.pace")
        self.faults = Faults(faults.draw(Random(f"{seed}.rates")), Random(f"{seed}.faults"))
        self._planted = planted or Planted()
        self.tables = self._planted.tables(Tables(lambda: self.clock.now, self._stale))
        self.tables.page = self._pace.choice((1, 3, 100))
        self.chats = telegram.Chats(self.clock)
        self.wrong: list[Written] = []
        self.logged: Counter[str] = Counter()
        self.functions = self._functions()
        self.queues = self._queues()
        self.schedules = Schedules(self.queues["timer"], self.clock, self.faults)
        self.updates = telegram.Updates(self.functions["telegram"], *self._common())
        self.account = amocrm.Account(self.functions["crm"], *self._common())
        self.books = onec.Books(self.clock)
        self.gateway = smsc.Gateway(self.clock)
        self.number = whatsapp.Number(self.functions["whatsapp"], *self._common())
        self.versions: list[Playbook] = []
        self.store = PlaybookStore(self._calm_database(), "settings")
        self._sweeps = self.calm_sweeps = 0
        self._looked_at = 0.0
        self.skipped_at = 0.0
        """When the sweeper last had nothing to do until something would happen."""
        self.visits = 0
        """Requests of browsers that are under way."""

    # Setting going.

    def publish(self, **sections: Any) -> None:
        """A new version of the playbook goes live, by a command line that nothing happens to."""
        self.versions.append(playbook(len(self.versions) + 1, **sections))
        self.store.publish(self.versions[-1], self._calm_now())
        self.trace.tell("playbook", f"version {len(self.versions)} is live")

    def deploy(self, *, abruptly: bool) -> None:
        self.faults.counts["deployment"] += 1
        self.trace.tell("deployment", "every process is replaced")
        for function in self.functions.values():
            function.replace(abruptly=abruptly)

    def sweep_each_minute(self, quiet: Callable[[], bool]) -> None:
        """Where nothing is left to find, rounds are skipped until something happens."""
        self._sweeps += 1
        began = self.clock.now

        def then(_: Ended) -> None:
            if came_to_its_end := self._looked_through_since(began):
                self._looked_at = began
            changes = self.account.changes
            # What has changed since, with its webhook lost, only another round can find.
            if not quiet() or (changes and changes[-1].at >= self._looked_at):
                self.calm_sweeps = 0
            elif came_to_its_end:
                self.calm_sweeps += 1
            when = began + 60
            if self.calm_sweeps >= CALM_SWEEPS and (event := self.clock.next_event) is not None:
                skipped = max(0, (event - began) // 60)
                when += 60 * skipped
                if skipped:
                    self.skipped_at, self.calm_sweeps = when, 0
            self.clock.at(when, lambda: self.sweep_each_minute(quiet), background=True)

        self.functions["sweeper"].invoke({}, f"sweep-{self._sweeps}", then)

    def _looked_through_since(self, moment: float) -> bool:
        """Whether a round of the sweeper came to its end, by the clock of its process."""
        cursor = self.tables.items["settings"].get((BRANCH, "cursor#amocrm"))
        return cursor is not None and int(cursor["at"]["N"]) > moment - 30

    def trouble_each_minute(self) -> None:
        if self.faults.happens("outage"):
            self.trace.tell("trouble", f"{self.faults.go_away(self.clock.now)} is away")
        if self.faults.on:
            now, event = self.clock.now, self.clock.next_event
            skipped = 0 if event is None else max(0, (event - now) // 60)
            self.clock.after(60 * (1 + skipped), self.trouble_each_minute, background=True)

    @property
    def queues_are_empty(self) -> bool:
        return not self._under_way and not any(queue.messages for queue in self.queues.values())

    def is_quiet(self) -> bool:
        """Whether nothing is under way. A message may be put by until the morning."""
        due = any(queue.due(self.clock.now + _SOON) for queue in self.queues.values())
        return not self._under_way and not self.pending and not due

    @property
    def _under_way(self) -> int:
        """Webhooks and requests of browsers that have not been answered yet."""
        told = self.updates.waiting + self.account.waiting + self.number.waiting
        return told + self.visits

    @property
    def pending(self) -> list[str]:
        return [
            key[0] if table == "links" else key[1]
            for table in (*FLOWS, "links")
            for key, item in self.tables.items[table].items()
            if "pending" in item and "sweep" in item
        ]

    # What the world is made of.

    def _functions(self) -> dict[str, Function]:
        made: Mapping[str, tuple[Callable[[Process], Any], float, int]] = {
            "telegram": (self._telegram_door, 10, 4),
            "crm": (self._crm_door, 10, 4),
            "inbox": (self._inbox, 30, 3),
            "sender": (self._sender, 30, 3),
            "timer": (self._timer, 30, 2),
            "sweeper": (self._sweeper, 50, 2),
            "click": (self._click_door, 10, 4),
            "survey": (self._survey_door, 10, 4),
            "whatsapp": (self._whatsapp_door, 10, 4),
        }
        clock, faults_, chance, trace = self.clock, self.faults, self._pace, self.trace
        return {
            name: Function(
                name, make, timeout, ceiling, clock, faults_, chance, trace, self._failed
            )
            for name, (make, timeout, ceiling) in made.items()
        }

    def _failed(self, process: Process, error: BaseException) -> None:
        # What is logged is known already: the runtime gets its type alone.
        if type(error).__name__ not in (*_INJECTED, "Fault"):
            self.wrong.append(Written(process.name, repr(error), "it left the function"))

    def _queues(self) -> dict[str, Queue]:
        served = {"inbox.fifo": "inbox", "outbound.fifo": "sender", "timer": "timer"}
        return {
            name: Queue(name, self.functions[function], _VISIBILITY, *self._common())
            for name, function in served.items()
        }

    def _common(self) -> tuple[Clock, Faults, Random, Trace]:
        return self.clock, self.faults, self._pace, self.trace

    def _telegram_door(self, process: Process) -> Any:
        settings = wiring_doors.TelegramDoorSettings.load(SETTINGS)
        door = wiring_doors.telegram_door(settings, self._outside(process))
        return lambda event, _: door(http.request(event))

    def _crm_door(self, process: Process) -> Any:
        settings = wiring_doors.CrmDoorSettings.load(SETTINGS)
        door = wiring_doors.crm_door(settings, self._outside(process))
        return lambda event, _: door(http.request(event))

    def _click_door(self, process: Process) -> Any:
        settings = wiring_click.ClickDoorSettings.load(SETTINGS)
        door = wiring_click.click_door(settings, self._outside(process))
        return lambda event, _: door(http.request(event))

    def _survey_door(self, process: Process) -> Any:
        settings = wiring_survey.SurveyDoorSettings.load(SETTINGS)
        door = wiring_survey.survey_door(settings, self._outside(process))
        return lambda event, _: door(http.request(event))

    def _whatsapp_door(self, process: Process) -> Any:
        settings = wiring_whatsapp.WhatsappDoorSettings.load(SETTINGS)
        door = wiring_whatsapp.whatsapp_door(settings, self._outside(process))
        return lambda event, _: door(http.request(event))

    def _inbox(self, process: Process) -> Any:
        settings = wiring_workers.InboxSettings.load(SETTINGS)
        return wiring_workers.inbox(settings, self._outside(process), self._providers(process))

    def _sender(self, process: Process) -> Any:
        settings = wiring_workers.SenderSettings.load(SETTINGS)
        return wiring_workers.sender(settings, self._outside(process), self._providers(process))

    def _timer(self, process: Process) -> Any:
        settings = wiring_workers.TimerSettings.load(SETTINGS)
        return wiring_workers.timer(settings, self._outside(process))

    def _sweeper(self, process: Process) -> Any:
        settings = wiring_workers.SweeperSettings.load(SETTINGS)
        outside, providers = self._outside(process), self._providers(process)
        sweeper = wiring_workers.sweeper(settings, outside, providers)
        return lambda _, context: sweeper.sweep(context.aws_request_id)

    def _outside(self, process: Process) -> Outside:
        def reach(to: str, what: str, detail: Any, act: Callable[[], Any]) -> Any:
            if what == "update" and "#attempts" in detail.get("ExpressionAttributeNames", ()):
                process.effect = detail["Key"]["pk"]["S"].partition("#")[2]
            return process.reach(to, what, detail, act, _lost, _refused)

        database = self._planted.dynamodb(process, Client(self.tables, reach, self._part))
        sqs = self._planted.sqs(process, Sqs(self.queues, reach))
        return Outside(
            dynamodb=lambda: database,
            sqs=lambda: sqs,
            scheduler=lambda: cast("Any", Scheduler(self.schedules, reach)),
            parameter=lambda _: "",
            environ=ENVIRON,
            now=process.now,
            monotonic=process.monotonic,
            sleep=process.sleep,
            log=lambda: Log(cast("Any", Lines(self, process.name))),
        )

    def _providers(self, process: Process) -> Providers:
        account = self.account
        providers = {
            "crm.example": wire.Provider("amocrm", lambda *asked: amocrm.answer(account, *asked)),
            "1c.example": wire.Provider("onec", self.books.answer),
            "sms.example": wire.Provider("smsc", self.gateway.answer),
            "whatsapp.example": wire.Provider("whatsapp", self.number.answer),
        }
        wired = wire.Transport(providers, process, self._pace)
        transport = self._planted.http(process, wired)
        bot = telegram.Bot(self.chats, process, self._pace)
        return Providers(
            http=lambda: httpx.Client(transport=transport, trust_env=False),
            bots=lambda _: lambda _: bot,
        )

    def _calm_database(self) -> Database:
        client = Client(self.tables, _at_once, lambda size: size)
        return Database(cast("Any", client))

    def _calm_now(self) -> Any:
        return Process(self.functions["inbox"], 0, 0.0).now()

    def _stale(self, seconds: float) -> bool:
        return seconds < 1.0 and self.faults.happens("stale")

    def _part(self, size: int) -> int:
        return self._pace.randrange(size) if self.faults.happens("partial") else size


class Lines:
    """Powertools' logger, as much as our Log uses of it; faults that nobody injected are kept."""

    def __init__(self, world: World, who: str) -> None:
        self._world = world
        self._who = who

    def append_keys(self, **keys: Any) -> None:
        pass

    def remove_keys(self, keys: Any) -> None:
        pass

    def info(self, message: str, extra: dict[str, Any], stacklevel: int) -> None:
        del stacklevel
        self._world.logged[f"{message} {extra.get('outcome', '')}".strip()] += 1
        self._world.trace.tell(self._who, f"{message} {extra}")

    def warning(self, message: str, extra: dict[str, Any], stacklevel: int) -> None:
        del stacklevel
        self._world.logged[message] += 1
        self._world.trace.tell(self._who, f"{message}! {extra}")

    def error(self, message: str, extra: dict[str, Any], stacklevel: int) -> None:
        del stacklevel
        self._world.trace.tell(self._who, f"{message}! {extra}")
        if extra.get("fault") not in _INJECTED:
            self._world.wrong.append(Written(self._who, extra["fault"], extra["place"]))


def _at_once(to: str, what: str, detail: Any, act: Callable[[], Any]) -> Any:
    del to, what, detail
    return act()


def _lost() -> Exception:
    return ReadTimeoutError(endpoint_url="simulated")


def _refused() -> Exception:
    return EndpointConnectionError(endpoint_url="simulated")
