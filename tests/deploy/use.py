"""The deployed stack at work: a branch, its deals and its workers, while time goes by."""

from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx

from cli.sandbox_process import SandboxProcess
from sandbox.settings import SandboxSettings
from switchboard.domain.events import Envelope, Unclaimed
from tests.deploy import events, start
from tests.deploy.branch import BRANCH, Providers, publish
from tests.deploy.deployed import Deployed, eventually, routes
from tests.deploy.deployments import DOOR
from tests.deploy.errors import Errors
from tests.deploy.places import LOCAL
from tests.deploy.report import Failed, hold

_WORKERS = 4
_MANAGER = SandboxSettings().manager.id
_QUEUES = ("InboxQueueUrl", "OutboundQueueUrl", "TimerQueueUrl")
_DEAD_QUEUES = ("InboxDeadQueueUrl", "OutboundDeadQueueUrl", "TimerDeadQueueUrl")
_ROUND_SECONDS = 60
"""In which an event has gone through all queues; a function's first start takes seconds here."""
_SCHEDULE_SECONDS = 90


class Use:
    """Each check goes on from the last one. `running` ends what they start."""

    def __init__(
        self, deployed: Deployed, errors: Errors, folder: Path, running: ExitStack
    ) -> None:
        self._deployed = deployed
        self._errors = errors
        self._folder = folder
        self._running = running
        self._providers: Providers | None = None
        self._deal = ""
        self._claim = ""
        self._group = 0
        self.doors = ""
        self.routes_made = 0

    def open_doors(self) -> str:
        self.doors, self.routes_made = routes(self._deployed)
        answer = httpx.get(f"{self.doors}/health")
        hold(answer.status_code == 200, f"GET /health: {answer.status_code} {answer.text}")
        hold(answer.json() == {"status": "ok"}, f"GET /health: {answer.text}")
        other = httpx.get(f"{self.doors}/nowhere")
        hold(other.status_code == 404, f"GET /nowhere: {other.status_code}")
        return "GET /health answers 200 through the HTTP API, an unknown path 404"

    def publish(self) -> str:
        """Stand-ins for Telegram and amoCRM are started, whose webhooks come to these doors."""
        stand_ins = self._running.enter_context(SandboxProcess(0, self.doors))
        self._providers = Providers(stand_ins)
        said = publish(self._deployed, stand_ins, self.doors, self._folder / "playbooks")
        return said.strip().splitlines()[-1]

    @property
    def _people(self) -> Providers:
        if self._providers is None:
            raise Failed("no branch is published")
        return self._providers

    def offer(self) -> str:
        """A deal → webhook → door → inbox queue → inbox → outbound queue → sender → Telegram."""
        self._group = min(self._people.chats())
        self._deal = self._people.new_deal()
        self._claim = eventually(
            lambda: self._people.claim_button(self._group, self._deal),
            _ROUND_SECONDS,
            lambda: f"the deal's post in the workers' group; {self._errors}",
        )
        return "moved in amoCRM, it is in the workers' chat: door, inbox, sender"

    def timer_kept(self) -> str:
        scheduler = self._deployed.client("scheduler")
        group = self._deployed.physical("TimerSchedules")
        [one] = eventually(
            lambda: scheduler.list_schedules(GroupName=group)["Schedules"],
            _ROUND_SECONDS,
            lambda: f"the job's schedule; {self._errors}",
        )
        found = scheduler.get_schedule(Name=one["Name"], GroupName=group)
        arn = found["Target"]["Arn"]
        hold(arn.endswith("-timer"), f"its target is {arn}")
        Envelope.model_validate_json(found["Target"]["Input"])
        return f"{found['ScheduleExpression']} in the stack's group, for the timer queue"

    def due(self) -> str:
        """A message into the timer queue → timer → inbox queue → inbox → … → the manager's chat."""
        job = self._claim.split(":")[1]
        envelope = Envelope(branch=BRANCH, trace=str(uuid4()), event=Unclaimed(job=job, offer=1))
        before = self._told_manager()
        self._deployed.client("sqs").send_message(
            QueueUrl=self._deployed.outputs["TimerQueueUrl"],
            MessageBody=envelope.model_dump_json(),
        )
        eventually(
            lambda: self._told_manager() > before,
            _ROUND_SECONDS,
            lambda: f"the manager is told that nobody took the job; {self._errors}",
        )
        return "sent to SQS, it ends as a message to the manager: timer, inbox, sender"

    def _told_manager(self) -> int:
        """How many messages stand in the manager's chat."""
        return len(self._people.chats()[_MANAGER]["messages"])

    def press(self) -> str:
        """The job that was open before the update: pressed by several at once, one gets it."""
        workers = self._people.workers(_WORKERS)
        told = self._people.press(workers, self._claim)
        hold(all(told), f"answers: {told}")
        losers = max(told.count(text) for text in set(told))
        hold(losers == _WORKERS - 1, f"{losers} of {_WORKERS} lost: {told}")
        deal = eventually(
            self._claimed, _ROUND_SECONDS, lambda: f"the deal is moved; {self._errors}"
        )
        return f"{_WORKERS} press at once, one wins; amoCRM has «{deal}» as the worker"

    def _claimed(self) -> str:
        deal = self._people.deal(self._deal)
        return str(deal["fields"].get("worker_name", [""])[0]) if deal["stage"] == "in_work" else ""

    def swept(self) -> str:
        """EventBridge Scheduler has called it: the first line is of our own call."""
        eventually(
            lambda: [
                line for line in self._deployed.log_lines("SweeperFunction") if '"swept"' in line
            ][1:],
            _SCHEDULE_SECONDS,
            lambda: f"the schedule has called the sweeper; {self._errors}",
            1.0,
        )
        return "called by its schedule, rate(1 minute)"

    def quiet(self) -> str:
        """Nothing lies in any queue, nothing is dead, no function was refused or has failed."""
        eventually(
            lambda: not any(self._deployed.messages(queue) for queue in _QUEUES),
            _ROUND_SECONDS,
            lambda: "the queues are empty",
        )
        dead = {queue: self._deployed.messages(queue) for queue in _DEAD_QUEUES}
        hold(not any(dead.values()), f"dead queues: {dead}")
        letters = self._deployed.client("dynamodb").scan(
            TableName=self._deployed.outputs["DeliveriesTable"], IndexName="dead"
        )["Items"]
        hold(not letters, f"dead letters: {letters}")
        errors = str(self._errors)
        hold(not errors, errors)
        return "queues and dead letters empty; no error in the functions' log groups"

    def initialisation(self, rounds: int) -> str:
        program = start.runtime_emulator()
        if program is None:
            raise Failed("the SAM CLI ships no runtime emulator for this machine")
        variables = {
            **self._deployed.function(DOOR)["Environment"]["Variables"],
            **self._deployed.emulator.environment(),
        }
        event = events.press(self._claim, self._group)
        door = LOCAL / "functions" / "telegram_webhook"
        ours, floors = start.compared(program, door, variables, event, rounds, self._folder)
        init = start.ratio([one.initialised for one in ours], [one.initialised for one in floors])
        whole = start.ratio([one.answered for one in ours], [one.answered for one in floors])
        return f"initialised in {init}; with a press answered {whole}; {rounds} pairs, medians"
