"""Databases to test stores on: moto in memory and, where its binary is installed, ExtendDB.

`database` is parametrised over both; `tables` creates a fresh table of one of our kinds.
"""

import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from switchboard.store.database import Database
from tests.store.tables import OneAtATime, create_table

_REPOSITORY = Path(__file__).parents[2]
_BINARY = Path("node_modules/@extenddb/linux-x64/extenddb")
_KEY_ID, _KEY = "AKIAIOSFODNN7EXAMPLE", "not-a-secret-" + secrets.token_hex(8)
_START = 30.0

Tables = Callable[[str], str]


class ExtendDB(NamedTuple):
    """A running server, and its tables that no test is using, by kind."""

    address: str
    idle: dict[str, list[str]]


@pytest.fixture(scope="session")
def extenddb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtendDB]:
    """An ExtendDB of this test session."""
    binary = _REPOSITORY / _BINARY
    if not binary.is_file():
        pytest.skip(f"ExtendDB is not installed at {_BINARY}")
    data = tmp_path_factory.mktemp("extenddb")
    port = _free_port()
    # Its first start prints an administrator's password: nobody keeps that.
    process = subprocess.Popen(
        [binary, "serve", "--foreground"],
        cwd=data,
        env={
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(data),
            "AWS_ACCESS_KEY_ID": _KEY_ID,
            "AWS_SECRET_ACCESS_KEY": _KEY,
            "EXTENDDB__SERVER__PORT": str(port),
            "EXTENDDB__STORAGE__SQLITE__PATH": str(data / "extenddb.sqlite"),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_healthy(process, f"http://127.0.0.1:{port}")
        yield ExtendDB(f"http://127.0.0.1:{port}", {})
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(params=["moto", "extenddb"])
def dynamodb(request: pytest.FixtureRequest) -> Iterator[Any]:
    """boto3's client of one of the two."""
    with ExitStack() as stack:
        endpoint = None
        if request.param == "moto":
            stack.enter_context(mock_aws())
        else:
            endpoint = request.getfixturevalue("extenddb").address
        client = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name="eu-central-1",
            aws_access_key_id=_KEY_ID,
            aws_secret_access_key=_KEY,
            config=Config(max_pool_connections=32, retries={"total_max_attempts": 4}),
        )
        stack.callback(client.close)
        yield client


@pytest.fixture
def database(dynamodb: Any, request: pytest.FixtureRequest) -> Database:
    return OneAtATime(dynamodb) if _on_moto(request) else Database(dynamodb)


@pytest.fixture
def tables(dynamodb: Any, request: pytest.FixtureRequest) -> Iterator[Tables]:
    """`tables("jobs")` gives the name of an empty table of that kind, another one at each call."""
    # A table takes ExtendDB a second, so there they are emptied and used again.
    idle = {} if _on_moto(request) else request.getfixturevalue("extenddb").idle
    used: list[tuple[str, str]] = []

    def make(kind: str) -> str:
        waiting = idle.setdefault(kind, [])
        name = waiting.pop() if waiting else create_table(dynamodb, kind)
        used.append((kind, name))
        return name

    yield make
    if not _on_moto(request):
        for kind, name in used:
            _empty(dynamodb, name)
            idle[kind].append(name)


def _on_moto(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["dynamodb"] == "moto")


def _empty(dynamodb: Any, name: str) -> None:
    for page in dynamodb.get_paginator("scan").paginate(TableName=name):
        for item in page["Items"]:
            key = {part: item[part] for part in ("pk", "sk") if part in item}
            dynamodb.delete_item(TableName=name, Key=key)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"ExtendDB ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    pytest.fail("ExtendDB did not answer in time")
