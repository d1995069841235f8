"""A host in a process of its own, and what a test needs to talk to it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx

from selfhosted import connection

PROJECT = Path(__file__).parent / "project"
ROOT = Path(__file__).parents[2]
START_LIMIT = 40.0


def eventually(read: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true answer of `read`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = read()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"nothing within {seconds} s, last answer {answer!r}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be collected does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class RunningHost:
    """A host in a process of its own, as the command line would run it."""

    def __init__(
        self,
        data: Path,
        *,
        template: Path = PROJECT / "template.yaml",
        arguments: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.data = data
        data.mkdir(parents=True, exist_ok=True)
        with (data / "stderr.txt").open("ab") as errors:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "selfhosted",
                    str(template),
                    "--data",
                    str(data),
                    *arguments,
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                text=True,
            )
        self._clients: dict[str, Any] = {}

    def wait_ready(self) -> "RunningHost":
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready http://127.0.0.1:"), self.errors()
        self.url = line.split()[1]
        self.variables = connection.environment(self.data)
        self.http = httpx.Client(base_url=self.url, timeout=30)
        return self

    def errors(self) -> str:
        return (self.data / "stderr.txt").read_text(encoding="utf-8")

    def logs(self) -> str:
        return (self.data / "logs" / "functions.log").read_text(encoding="utf-8")

    def client(self, service: str) -> Any:
        """boto3 as anybody would make it, given the host's variables."""
        if service not in self._clients:
            self._clients[service] = boto3.client(  # type: ignore[call-overload]  # Any of them.
                service,
                endpoint_url=self.variables[f"AWS_ENDPOINT_URL_{service.upper()}"],
                region_name=self.variables["AWS_REGION"],
                aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
            )
        return self._clients[service]

    def queue(self, name: str) -> str:
        url: str = self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return url

    def send(self, queue: str, group: str | None = None, **order: Any) -> str:
        """Sends one order to the worker function; the message's id."""
        extra = {}
        if group is not None:
            extra = {"MessageGroupId": group, "MessageDeduplicationId": str(uuid4())}
        answer = self.client("sqs").send_message(
            QueueUrl=self.queue(queue), MessageBody=json.dumps(order), **extra
        )
        identity: str = answer["MessageId"]
        return identity

    def notes(self, kind: str, prefix: str = "") -> list[dict[str, str]]:
        """What functions noted, in order; those whose name begins with `prefix`."""
        pages = self.client("dynamodb").get_paginator("query")
        items = [
            {name: value["S"] for name, value in item.items()}
            for page in pages.paginate(
                TableName="results",
                KeyConditionExpression="pk = :kind",
                ExpressionAttributeValues={":kind": {"S": kind}},
                ConsistentRead=True,
            )
            for item in page["Items"]
        ]
        return [item for item in items if item.get("name", "").startswith(prefix)]

    def state(self) -> dict[str, Any]:
        return connection.state(self.data)

    def pids(self) -> list[int]:
        state = self.state()
        database = [state["database_pid"]] if state["database_pid"] else []
        return [*database, *(pid for pids in state["functions"].values() for pid in pids)]

    def signal(self, number: signal.Signals) -> int:
        """Sends a signal to the host and waits for its end; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        if self.process.stdout is not None:
            self.process.stdout.close()
        if hasattr(self, "http"):
            self.http.close()
        for client in self._clients.values():
            client.close()
