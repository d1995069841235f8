"""The contract over loopback against the sandbox, whose stand-ins keep amoCRM's own rules."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx
import pytest

from sandbox.faults import Fault
from sandbox.generic.crm import sample_deal
from sandbox.server import Running, start
from sandbox.settings import SandboxSettings
from sandbox.world import World
from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.phone import readable
from switchboard.crm.port import Crm
from switchboard.playbook.model import AmocrmFields, Playbook
from tests.crm.contract import CrmContract, CrmSide
from tests.crm.surroundings import OAUTH, amocrm, generic, playbook

SETTINGS = SandboxSettings(doors="http://127.0.0.1:9")
"""Port 9 is nobody's door: its webhooks are not what is tested here."""


class Loopback(NamedTuple):
    url: str
    world: World
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Loopback]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running: Running = asyncio.run_coroutine_threadsafe(start(SETTINGS), loop).result(10)
    try:
        yield Loopback(running.url, running.world, loop)
    finally:
        asyncio.run_coroutine_threadsafe(running.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def fresh(sandbox: Loopback, around: Surroundings) -> Iterator[tuple[Loopback, Surroundings]]:
    """The sandbox as at its start, and surroundings with real time and its secrets."""
    asyncio.run_coroutine_threadsafe(sandbox.world.reset(), sandbox.loop).result(10)
    secrets = {
        "env:TOKEN": SETTINGS.amocrm_long_lived_token,
        "env:GENERIC": SETTINGS.generic_token,
        "env:CLIENT_ID": SETTINGS.amocrm_client_id,
        "env:CLIENT_SECRET": SETTINGS.amocrm_client_secret,
        "env:REFRESH": SETTINGS.amocrm_refresh_token,
    }
    with httpx.Client(trust_env=False) as http:
        yield (
            sandbox,
            around._replace(
                http=http,
                secret=secrets.__getitem__,
                clock=lambda: datetime.now(UTC),
                sleep=time.sleep,
            ),
        )


def amocrm_playbook(url: str, **changes: object) -> Playbook:
    stages = SETTINGS.stages
    known = set(AmocrmFields.model_fields)
    section: dict[str, Any] = amocrm(
        base_url=f"{url}/amocrm",
        pipeline=SETTINGS.pipeline_id,
        stages={key: [s.id for s in stages if s.key == key] for key in ("search", "done", "lost")},
        fields={field.key: field.id for field in SETTINGS.fields if field.key in known},
        **changes,
    )
    return playbook(section)


class _Side:
    name: Any

    def __init__(self, sandbox: Loopback, book: Playbook, around: Surroundings) -> None:
        self.crm: Crm = connect(book, around)
        self._world = sandbox.world
        self._book = book
        self._around = around

    def lose_answers(self, number: int) -> None:
        self._world.faults.switch_on(self.name, Fault("lost_answer", left=number))

    def be_down(self, number: int) -> None:
        self._world.faults.switch_on(self.name, Fault("outage", left=number))

    def reject_tokens(self) -> None:
        self.crm = connect(self._book, self._around._replace(secret=lambda _: "another-TEST"))


class AmocrmSide(_Side):
    name = "amocrm"

    def __init__(self, sandbox: Loopback, book: Playbook, around: Surroundings) -> None:
        super().__init__(sandbox, book, around)
        self._amocrm = self._world.amocrm
        records = self._amocrm.records
        phones = {
            lead.id: records.contacts[lead.contact_ids[0]].phone
            for lead in records.leads.values()
            if lead.contact_ids
        }
        number = next(number for number, phone in phones.items() if phone)
        self._lead = records.leads[number]
        self.deal_id = str(number)
        self.client_phone = readable(phones[number] or "", "ru")

    def go(self, stage: str) -> None:
        key: Any = "new" if stage == "other" else stage
        self._lead.status_id = SETTINGS.stage(key).id

    def remove(self) -> None:
        del self._amocrm.records.leads[self._lead.id]

    def written(self) -> tuple[str, str]:
        return self._field("worker_name"), self._field("worker_login")

    def _field(self, key: str) -> str:
        values = self._lead.values.get(SETTINGS.field(key).id) or [{"value": ""}]
        return str(values[0]["value"])

    def notes(self) -> list[str]:
        return [str(note.params["text"]) for note in self._amocrm.records.notes.values()]

    def tasks(self) -> list[str]:
        return [task.text for task in self._amocrm.records.tasks.values()]


class GenericSide(_Side):
    name = "generic"
    deal_id = "G-1"

    def __init__(self, sandbox: Loopback, book: Playbook, around: Surroundings) -> None:
        super().__init__(sandbox, book, around)
        self._deal = self._world.generic.deals[self.deal_id]
        self.client_phone = str(sample_deal(1)["client"]["phones"][0])

    def go(self, stage: str) -> None:
        self._deal["stage"] = stage

    def remove(self) -> None:
        del self._world.generic.deals[self.deal_id]

    def written(self) -> tuple[str, str]:
        return self._deal["worker"], self._deal["login"]

    def notes(self) -> list[str]:
        return [comment["text"] for comment in self._deal["comments"]]

    def tasks(self) -> None:
        return None


Fresh = tuple[Loopback, Surroundings]


class TestAmocrm(CrmContract):
    @pytest.fixture
    def side(self, fresh: Fresh) -> CrmSide:
        sandbox, around = fresh
        return AmocrmSide(sandbox, amocrm_playbook(sandbox.url), around)


class TestGeneric(CrmContract):
    @pytest.fixture
    def side(self, fresh: Fresh) -> CrmSide:
        sandbox, around = fresh
        section = generic(base_url=f"{sandbox.url}/generic", token="env:GENERIC", task=None)
        return GenericSide(sandbox, playbook(section), around)


def test_oauth_against_the_sandbox(fresh: Fresh) -> None:
    """One exchange at the beginning, another when the access token is over."""
    sandbox, around = fresh
    auth = OAUTH | {"redirect_uri": SETTINGS.amocrm_redirect_uri}
    side = AmocrmSide(sandbox, amocrm_playbook(sandbox.url, auth=auth), around)
    assert side.crm.deal(side.deal_id) is not None
    sandbox.world.amocrm.tokens.expire_access()
    assert side.crm.deal(side.deal_id) is not None
    assert [grant.ok for grant in sandbox.world.amocrm.tokens.grants] == [True, True]
