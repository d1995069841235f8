"""The people, the deal and the playbook of these stories, and a job that steps through them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from switchboard.domain.deal import Deal, JobFacts, Stage
from switchboard.domain.effects import Effect
from switchboard.domain.events import DealRead, Press, Unclaimed
from switchboard.domain.identity import Worker
from switchboard.domain.journal import Entry
from switchboard.flows.claim.job import Job
from switchboard.flows.claim.step import step
from switchboard.flows.decision import Decision
from switchboard.playbook.model import Playbook

E = TypeVar("E")

BRANCH = "demo"
VERSION = 3
NOW = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
WORKERS_CHAT = -1000000000001
OTHER_CHAT = -1000000000002
MANAGER_CHAT = 990000099
MANAGER = "7000009"
DEAL = "41000001"
JOB = f"amocrm-{DEAL}"

IVAN = Worker(id=990000001, first_name="Иван", last_name="Примеров", login="ivan_primerov")
OLGA = Worker(id=990000002, first_name="Ольга", last_name="Образцова")
"""Many people have no login."""
PETR = Worker(id=990000003, first_name="Пётр", login="Petr_Example")

FACTS = JobFacts(
    title="Перевод документов для визы",
    conditions="Два паспорта, с нотариусом",
    deadline="21 ноября, 18:00",
    pay="15 000 ₽",
    skills="английский, немецкий",
)


def playbook(**dispatch: Any) -> Playbook:
    """The branch's playbook; keyword arguments change its `dispatch` section."""
    return Playbook.model_validate(
        {
            "branch": BRANCH,
            "telegram": {
                "bot": "example_jobs_bot",
                "token": "env:TEST_TOKEN",
                "webhook_secrets": ["env:TEST_SECRET"],
            },
            "crm": {
                "kind": "amocrm",
                "base_url": "https://crm.example",
                "webhook_secrets": ["env:TEST_CRM_SECRET"],
                "auth": {"kind": "token", "token": "env:TEST_CRM_TOKEN"},
                "pipeline": 1,
                "stages": {"search": ["10"], "done": ["142"], "lost": ["143"]},
            },
            "dispatch": {
                "workers_chat": WORKERS_CHAT,
                "manager_chat": MANAGER_CHAT,
                "unclaimed_after_minutes": 30,
                "workers": [
                    {"telegram": IVAN.id, "crm_user": "8000001"},
                    {"login": "petr_example", "crm_user": "8000003"},
                ],
                **dispatch,
            },
        }
    )


def deal(stage: Stage = "search", facts: JobFacts = FACTS, at: int = 100) -> DealRead:
    """The deal as the CRM tells it when its clock shows `at`."""
    read = Deal(
        id=DEAL,
        stage=stage,
        facts=facts,
        updated_at=at,
        url=f"https://crm.example/leads/{DEAL}",
        manager=MANAGER,
    )
    return DealRead(provider="amocrm", deal_id=DEAL, deal=read)


def deal_is_gone() -> DealRead:
    return DealRead(provider="amocrm", deal_id=DEAL, deal=None)


def press(
    worker: Worker,
    action: Literal["claim", "contact"] = "claim",
    *,
    number: int = 1,
    offer: int = 1,
    chat: int = WORKERS_CHAT,
) -> Press:
    """A press by a worker. `number` tells his presses apart, as Telegram's query id does."""
    return Press(
        id=f"{worker.id}{number:09d}",
        action=action,
        job=JOB,
        offer=offer,
        chat=chat,
        worker=worker,
        at=NOW,
    )


class Story:
    """A job, told what happens to it one thing after another."""

    def __init__(self, by: Playbook | None = None) -> None:
        self.playbook = by or playbook()
        self.job: Job | None = None
        self.effects: tuple[Effect, ...] = ()
        """What followed from the last event."""
        self.all_effects: list[Effect] = []
        self.lines: list[Entry] = []
        self.now = NOW

    def tell(self, event: DealRead | Press | Unclaimed) -> str:
        """The outcome."""
        decision: Decision[Job] = step(self.job, event, self.now, self.playbook, VERSION)
        self.now += timedelta(seconds=1)
        self.job, self.effects = decision.state, decision.effects
        self.all_effects += decision.effects
        if decision.line is not None:
            self.lines.append(decision.line)
        return decision.outcome

    def effect(self, ending: str, kind: type[E]) -> E:
        """The one effect of the last event whose id ends so."""
        (found,) = (one for one in self.effects if one.id.endswith(ending))
        assert isinstance(found, kind)
        return found

    @property
    def names(self) -> list[str]:
        """What followed, without the job and offer in front."""
        return [effect.id.split(":", 2)[2] for effect in self.effects]
