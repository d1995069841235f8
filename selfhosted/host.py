"""The host: starts everything in order, keeps it running, and ends it in order."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import uvloop

from selfhosted import connection, data_folder, doors, extenddb, membership, tables, template
from selfhosted.backup_daily import Daily, DailyBackup
from selfhosted.clock import Clock
from selfhosted.database import Database, DatabaseError
from selfhosted.errors import HostError
from selfhosted.event_source import EventSourceMapping
from selfhosted.functions import Allowance, Pool
from selfhosted.gateway import Gateway
from selfhosted.local_api import LocalApi
from selfhosted.log_files import LogFile
from selfhosted.moved_clock import MovedClock
from selfhosted.processes import Surroundings
from selfhosted.queue_store import QueueStore
from selfhosted.queues import Queues
from selfhosted.scheduler import Scheduler
from selfhosted.signature import Credentials
from selfhosted.sqs import SqsApi

# How long running invocations may go on after the order to stop, in seconds.
GRACE: Final = 4.0
# Once doors and queues are quiet, only calls by the clock can still run.
LAST_WORDS: Final = 0.5
LEAVE_LIMIT: Final = 2.0
RETIRE_EVERY: Final = 30.0
# What function processes see of the environment in which the host was started.
INHERITED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class HostContext:
    """What callers of `before_ready` may use: everything runs but the doors.

    `environment` leads boto3 here; `outputs` are the template's.
    """

    environment: Mapping[str, str]
    outputs: Mapping[str, str]
    application: template.Application


@dataclass(frozen=True, slots=True)
class HostOptions:
    """How to run a host.

    `port` 0 picks a free one. `database_endpoint`: use that DynamoDB API, signed with
    `database_credentials` (default: the environment's key), and start no database. `environment`
    is given to all functions. `stack` is what AWS::StackName stands for. `beside` gets the doors'
    address and runs from when they answer; it is cancelled, and has ended, before they close.
    `backup` is made every day; not where a database is given, which is no file here. `clock` is a
    file with the seconds by which everything that is due comes due sooner.
    """

    template: Path
    data: Path
    port: int = 0
    address: str = "127.0.0.1"
    stack: str = "local"
    parameters: Mapping[str, str] = field(default_factory=dict)
    database_endpoint: str | None = None
    database_credentials: Credentials | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    verbose: bool = False
    before_ready: Callable[[HostContext], Awaitable[None]] | None = None
    on_ready: Callable[[str], None] | None = None
    beside: Callable[[str], Coroutine[Any, Any, None]] | None = None
    backup: Daily | None = None
    clock: Path | None = None


def report(line: str) -> None:
    """Progress and trouble, for the person at the terminal."""
    print(line, file=sys.stderr, flush=True)


class Host:
    def __init__(self, options: HostOptions) -> None:
        self._options = options
        self._closing = contextlib.AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._pools: dict[str, Pool] = {}
        self._mappings: list[EventSourceMapping] = []
        self._front: doors.Doors | None = None
        self._database_server: extenddb.ExtendDB | None = None
        self._url = ""
        self._since = datetime.now(UTC)
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def start(self) -> None:
        """Everything up to open doors. Raises HostError."""
        options = self._options
        data_folder.make_private(options.data)
        self._closing.enter_context(data_folder.locked(options.data))
        listening = self._closing.enter_context(doors.bind(options.address, options.port))
        self._url = f"http://{options.address}:{listening.getsockname()[1]}"
        credentials = self._credentials()
        api = LocalApi(credentials, report)
        self._closing.push_async_callback(api.close)
        expansion = asyncio.create_task(asyncio.to_thread(template.expanded, options.template))
        try:
            database = await self._start_database(credentials)
        finally:
            await asyncio.wait([expansion])
        application = template.read(
            expansion.result(),
            options.template.resolve().parent,
            stack=options.stack,
            endpoint=api.endpoint,
            parameters=options.parameters,
        )
        report("preparing tables…")
        await tables.ensure(database, (*tables.HOST_TABLES, *application.tables))
        await self._start_services(database, application, api, credentials)
        gateway = Gateway(application.routes, self._pools, report)
        await self._open_doors(gateway, listening)

    async def stop(self) -> None:
        """Ends what was started, in reverse order; safe at any point of the start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._closing.aclose()

    def state(self) -> dict[str, Any]:
        database = self._database_server
        return {
            "pid": os.getpid(),
            "doors": self._url,
            "database_pid": database.pid if database is not None else None,
            "functions": {name: pool.pids for name, pool in self._pools.items()},
            "restarts": {name: pool.ended_by_themselves for name, pool in self._pools.items()},
            "since": self._since.isoformat(timespec="seconds"),
        }

    def _credentials(self) -> Credentials:
        options = self._options
        if options.database_credentials is not None:
            return options.database_credentials
        if options.database_endpoint is not None:
            return connection.given_credentials(options.data)
        return extenddb.credentials(options.data)

    async def _start_database(self, credentials: Credentials) -> Database:
        endpoint = self._options.database_endpoint
        if endpoint is None:
            report("starting the database…")
            roots = (Path.cwd(), self._options.template.resolve().parent, Path(__file__).parents[1])
            server = extenddb.ExtendDB(
                extenddb.binary(roots), self._options.data, credentials, report
            )
            self._database_server = server
            self._closing.push_async_callback(server.stop)
            await server.start()
            endpoint = server.endpoint
        database = Database(endpoint, credentials)
        self._closing.push_async_callback(database.close)
        return database

    async def _start_services(
        self,
        database: Database,
        application: template.Application,
        api: LocalApi,
        credentials: Credentials,
    ) -> None:
        options = self._options
        server = self._database_server
        failing = server.renew if server is not None else lambda: None
        members = membership.Membership(database, membership.here(os.getpid()), report, failing)
        clock = MovedClock(options.clock)
        queues = Queues(application.queues, QueueStore(database), members, clock)
        scheduler = Scheduler(database, queues, report)
        await api.serve(SqsApi(queues, api.endpoint).answer, scheduler.answer, self.state)
        aws = connection.aws_environment(database.endpoint, api.endpoint, credentials)
        self._start_functions(application, aws)
        mappings = [
            EventSourceMapping(source, self._pools[source.function], queues, report)
            for source in application.event_sources
        ]
        clocks = [
            Clock(schedule, self._pools[schedule.function], database, report, clock)
            for schedule in application.schedules
        ]
        if options.before_ready is not None:
            await options.before_ready(HostContext(aws, application.outputs, application))
        await self._functions_ready()
        self._closing.push_async_callback(_leave, members)
        self._mappings.extend(mappings)
        self._closing.push_async_callback(self._quiet)
        await members.join()
        self._run(members.run(), scheduler.run(), self._retire())
        self._run(*(mapping.look() for mapping in mappings), *(clock.run() for clock in clocks))
        endpoints = connection.Endpoints(database.endpoint, api.endpoint, self._url)
        connection.publish(options.data, endpoints, credentials, application.outputs)
        self._closing.callback(connection.withdraw, options.data)
        if options.backup is not None:
            self._run(DailyBackup(options.backup, options.data, options.stack, report).run())

    def _start_functions(self, application: template.Application, aws: Mapping[str, str]) -> None:
        """One process each, at once; doors may have as many as cores, workers share more."""
        cores = os.cpu_count() or 1
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        surroundings = Surroundings(
            environment={**inherited, **self._options.environment, **aws},
            layers=application.layers,
            output=self._log().write,
            report=report,
        )
        answering = {route.function for route in application.routes}
        for_doors, for_workers = Allowance(4 * cores), Allowance(max(4, 2 * cores))
        for function in application.functions:
            is_door = function.name in answering
            ceiling = function.reserved or (max(2, min(4, cores)) if is_door else 4)
            pool = Pool(function, surroundings, ceiling, for_doors if is_door else for_workers)
            self._pools[function.name] = pool
            self._closing.push_async_callback(pool.close, LAST_WORDS)
            pool.start()

    def _log(self) -> LogFile:
        echo = sys.stderr.buffer if self._options.verbose else None
        log = LogFile(self._options.data / "logs" / "functions.log", echo=echo)
        self._closing.callback(log.close)
        return log

    async def _functions_ready(self) -> None:
        report("starting functions…")
        try:
            await asyncio.gather(*(pool.started for pool in self._pools.values()))
        except RuntimeError as error:
            log = self._options.data / "logs" / "functions.log"
            raise HostError(f"{error}; see {log}") from error

    async def _open_doors(self, gateway: Gateway, listening: Any) -> None:
        self._front = doors.Doors(gateway, listening)
        await self._front.open()
        if self._options.on_ready is not None:
            self._options.on_ready(self._url)
        if self._options.beside is not None:
            self._run(self._options.beside(self._url))

    async def _quiet(self) -> None:
        """Begins nothing new and lets what runs finish, everywhere at once."""
        front = [] if self._front is None else [self._front.close()]
        await asyncio.gather(*front, *(mapping.close(GRACE) for mapping in self._mappings))

    async def _retire(self) -> None:
        while True:
            await asyncio.sleep(RETIRE_EVERY)
            for pool in self._pools.values():
                pool.retire_idle()

    def _run(self, *works: Coroutine[Any, Any, None]) -> None:
        for work in works:
            task = asyncio.create_task(work)
            task.add_done_callback(self._work_ended)
            self._tasks.append(task)

    def _work_ended(self, task: asyncio.Task[None]) -> None:
        """Work that runs for ever has failed: better to end, and be started anew, than to limp."""
        if not task.cancelled() and not self.failed.done():
            self.failed.set_result(repr(task.exception()))


async def run(options: HostOptions) -> None:
    """Runs a host until SIGTERM, SIGINT or cancellation. Raises HostError when it cannot start."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Outside the main thread there are no signals to wait for: the caller cancels.
        with contextlib.suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    host = Host(options)
    starting = asyncio.create_task(host.start())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            ends: set[asyncio.Future[Any]] = {stopping, host.failed}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if host.failed.done():
            raise HostError(f"internal error: {host.failed.result()}")
    finally:
        for task in (starting, stopping):
            task.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
        await host.stop()


def serve(options: HostOptions) -> int:
    """Runs a host in the foreground; returns the exit code of the command."""
    try:
        uvloop.run(run(options))
    except HostError as error:
        report(f"error: {error}")
        return error.exit_code
    except (OSError, DatabaseError) as error:
        report(f"error: {error}")
        return 1
    return 0


async def _leave(members: membership.Membership) -> None:
    # Where the database is gone, or another host's and stopped first, our silence must do.
    with contextlib.suppress(OSError, DatabaseError, TimeoutError):
        await asyncio.wait_for(members.leave(), LEAVE_LIMIT)
