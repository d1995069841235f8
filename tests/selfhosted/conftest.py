"""Real hosts over a tiny application: real ExtendDB, real boto3, real function processes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from selfhosted import extenddb
from selfhosted.errors import HostError
from tests.selfhosted.running_host import ROOT, RunningHost

Start = Callable[..., RunningHost]


@pytest.fixture(scope="session")
def _database_program() -> None:
    try:
        extenddb.binary((ROOT,))
    except HostError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def host(
    tmp_path_factory: pytest.TempPathFactory, _database_program: None
) -> Iterator[RunningHost]:
    """One host for all tests that leave it as they found it."""
    running = RunningHost(tmp_path_factory.mktemp("host"))
    try:
        yield running.wait_ready()
    finally:
        running.close()


@pytest.fixture
def start(tmp_path: Path, _database_program: None) -> Iterator[Start]:
    """Starts further hosts, which end with the test."""
    with ExitStack() as closing:

        def begin(data: str = "data", **options: Any) -> RunningHost:
            running = RunningHost(tmp_path / data, **options)
            closing.callback(running.close)
            return running

        yield begin


@pytest.fixture
def name() -> str:
    """Sets this test's messages apart from those of others on the same host."""
    return uuid4().hex[:8]
