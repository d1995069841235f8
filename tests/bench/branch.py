"""The branch that is measured: its playbook, its jobs, presses on them, and a host that serves it.

Nothing that these presses lead to reaches a provider: jobs are put straight into the table, and are
taken already where a press must leave no effects behind.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from selfhosted import connection
from selfhosted.children import dies_with
from switchboard.domain.deal import JobFacts
from switchboard.domain.events import Press
from switchboard.domain.identity import Worker
from switchboard.flows.claim.job import Job
from switchboard.flows.claim.table import State
from switchboard.playbook.model import Playbook
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.links import Links
from switchboard.store.record import Commit, Outbox
from tests.bench.finding import NotMeasured

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]
BRANCH = "bench"
DOOR = "TelegramWebhookFunction"
SECRET = "test"
SECRETS = {
    "BENCH_TELEGRAM_SECRET": SECRET,
    "BENCH_TELEGRAM_TOKEN": "000000:TEST",
    "BENCH_CRM_SECRET": "test",
    "BENCH_CRM_TOKEN": "test",
}
HOLDER = Worker(id=990000001, first_name="Иван", last_name="Примеров", login="ivan_primerov")

_CHAT = -1000000000001
# The discard port: should an effect ever be sent, it is refused on this machine.
_NOWHERE = "http://127.0.0.1:9"
_PRESSED = ROOT / "events" / "telegram" / "press_claim.json"
_numbers = itertools.count(1)

PLAYBOOK = Playbook.model_validate(
    {
        "branch": BRANCH,
        "telegram": {
            "bot": "example_jobs_bot",
            "token": "env:BENCH_TELEGRAM_TOKEN",
            "webhook_secrets": ["env:BENCH_TELEGRAM_SECRET"],
            "base_url": f"{_NOWHERE}/bot",
        },
        "crm": {
            "kind": "amocrm",
            "base_url": _NOWHERE,
            "webhook_secrets": ["env:BENCH_CRM_SECRET"],
            "auth": {"kind": "token", "token": "env:BENCH_CRM_TOKEN"},
            "pipeline": 1,
            "stages": {"search": ["10"], "done": ["142"], "lost": ["143"]},
            "reconcile": False,
        },
        "dispatch": {"workers_chat": _CHAT, "manager_chat": HOLDER.id},
    }
)


def offered(jobs: Jobs) -> str:
    """A new job that anybody may take; its id."""
    name = f"amocrm-{next(_numbers)}"
    job = Job(
        id=name,
        provider="amocrm",
        deal=name.partition("-")[2],
        state=State.OFFERED,
        offer=1,
        chat=_CHAT,
        facts=JobFacts(title="Перевод документов для визы", deadline="21 ноября", pay="15 000 ₽"),
        playbook=1,
    )
    jobs.clear(jobs.commit(jobs.load(BRANCH, name), Commit(job, Outbox(), _now())))
    return name


def taken(jobs: Jobs) -> str:
    """A new job that HOLDER has taken, with nothing left to be done about it; its id."""
    name = offered(jobs)
    jobs.press(BRANCH, press(name, HOLDER))
    record = jobs.load(BRANCH, name)
    if record.state is None:
        raise NotMeasured(f"{name} is not in the table")
    job = record.state.model_copy(update={"state": State.CLAIMED, "worker": HOLDER})
    jobs.clear(jobs.commit(record, Commit(job, Outbox(), _now(), stepped=record.waiting)))
    return name


def press(job: str, worker: Worker) -> Press:
    """A press as the door makes it of an update."""
    return Press(
        id=_query_id(), action="claim", job=job, offer=1, chat=_CHAT, worker=worker, at=_now()
    )


def update(job: str, action: str = "claim") -> str:
    """The body of Telegram's update about a press on the job by a worker who never pressed before.

    It is the captured one of events/, with the parts replaced that differ between two presses.
    """
    body = json.loads(json.loads(_PRESSED.read_text(encoding="utf-8"))["body"])
    query: dict[str, Any] = body["callback_query"]
    query["id"] = _query_id()
    query["data"] = f"{action}:{job}:1"
    query["from"]["id"] = 991_000_000 + next(_numbers)
    query["message"]["chat"]["id"] = _CHAT
    # Telegram escapes what is not ASCII, as json.dumps does.
    return json.dumps(body | {"update_id": next(_numbers)}, separators=(",", ":"))


def event(body: str) -> dict[str, Any]:
    """The update as API Gateway hands it to the function (HTTP API, payload format 2.0)."""
    http = {"method": "POST", "path": f"/telegram/{BRANCH}", "sourceIp": "127.0.0.1"}
    return {
        "version": "2.0",
        "routeKey": "POST /telegram/{branch}",
        "rawPath": f"/telegram/{BRANCH}",
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "x-telegram-bot-api-secret-token": SECRET,
        },
        "requestContext": {"http": http, "requestId": f"request-{next(_numbers)}"},
        "pathParameters": {"branch": BRANCH},
        "body": body,
        "isBase64Encoded": False,
    }


class RunningHost:
    """`switchboard up` with the branch's playbook, as a user starts it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        playbooks = folder / "playbooks"
        playbooks.mkdir()
        # JSON is YAML.
        said = PLAYBOOK.model_dump_json(exclude_defaults=True)
        (playbooks / f"{BRANCH}.yaml").write_text(said, encoding="utf-8")
        self._errors = folder / "host.txt"
        program = Path(sys.executable).with_name("switchboard")
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [program, "up", "--playbooks", playbooks, "--data", self.data, "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env={**os.environ, **SECRETS},
                text=True,
                preexec_fn=dies_with(os.getpid()),
            )

    def __enter__(self) -> "RunningHost":
        assert self._process.stdout is not None
        said = self._process.stdout.readline().split()
        if said[:1] != ["ready"]:
            self.__exit__(None, None, None)
            raise NotMeasured(f"the host does not start:\n{self._errors.read_text()}")
        self.url = said[1]
        self.aws = connection.environment(self.data)
        self.outputs = connection.outputs(self.data)
        self.jobs_table = self.outputs["JobsTable"]
        self.jobs = Jobs(Database(dynamodb(self.aws)), self.jobs_table)
        self.links_table = self.outputs["LinksTable"]
        self.links = Links(Database(dynamodb(self.aws)), self.links_table)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def door_environment(self, function: str = DOOR) -> dict[str, str]:
        """The variables of a door that runs, but for its inbox: that is a queue which nobody reads,
        so that what a first press leads to does not run beside the measuring."""
        door = next(pid for role, pid in self.processes() if role == function)
        said = Path(f"/proc/{door}/environ").read_text(encoding="utf-8").split("\0")
        variables = dict(one.split("=", 1) for one in said if one)
        return variables | {"INBOX_QUEUE_URL": self.outputs["InboxDeadQueueUrl"]}

    def processes(self) -> Iterator[tuple[str, int]]:
        """What runs now, as (role, process id); a function's role is its name in the template."""
        state = connection.state(self.data)
        yield "host", state["pid"]
        yield "database", state["database_pid"]
        for function, pids in state["functions"].items():
            for pid in pids:
                yield function, pid


def dynamodb(aws: Mapping[str, str]) -> "DynamoDBClient":
    """boto3's client, without its check of every request's shape, which no function of ours has."""
    return boto3.client(
        "dynamodb",
        endpoint_url=aws["AWS_ENDPOINT_URL_DYNAMODB"],
        region_name=aws["AWS_REGION"],
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        config=Config(parameter_validation=False),
    )


def _query_id() -> str:
    return str(4_251_987_260_000_000_000 + next(_numbers))


def _now() -> datetime:
    return datetime.now(UTC)
