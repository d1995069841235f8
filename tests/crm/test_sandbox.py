"""The contract over loopback against the sandbox, whose stand-ins keep the providers' own rules."""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import httpx
import pytest

from sandbox.bitrix24.records import Deal
from sandbox.bitrix24.samples import SampleContact, SampleDeal
from sandbox.faults import Fault, Provider
from sandbox.generic.crm import sample_deal
from sandbox.samples import SAMPLE_DEALS
from sandbox.server import Running, start
from sandbox.settings import SandboxSettings
from sandbox.world import World
from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.phone import readable
from switchboard.crm.port import Crm
from switchboard.domain.errors import Misconfigured, Postponed
from switchboard.playbook.model import AmocrmFields, Playbook
from tests.crm.contract import Ability, CrmContract, CrmSide
from tests.crm.surroundings import OAUTH, amocrm, bitrix24, generic, playbook

SETTINGS = SandboxSettings(doors="http://127.0.0.1:9")
TYRES = SETTINGS.tyres
"""Port 9 is nobody's door: its webhooks are not what is tested here."""
RESULTS = ("average", "variant", "answers", "review", "bonus")


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
        "env:CODE": TYRES.bitrix24_code,
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
        results={
            **{key: SETTINGS.field(key).id for key in RESULTS},
            "scores": {key: SETTINGS.field(f"score_{key}").id for key in ("quality", "speed")},
            "balance": SETTINGS.contact_fields[0].id,
        },
        **changes,
    )
    return playbook(section)


def bitrix24_playbook(url: str, **changes: object) -> Playbook:
    def name(key: str) -> str:
        return TYRES.deal_field(key).name

    results = {key: name(key) for key in RESULTS}
    section: dict[str, Any] = bitrix24(
        base_url=f"{url}/bitrix24",
        user=TYRES.bitrix24_user_id,
        # The portal has no fields for a dispatch: those of the survey take its place.
        fields={
            "category": name("category"),
            "timezone": name("time_zone"),
            "worker_name": name("variant"),
            "worker_login": name("review"),
        },
        results={
            **results,
            "scores": {key: name(key) for key in ("quality", "speed", "politeness")},
            "balance": TYRES.contact_field("balance").name,
        },
        **changes,
    )
    return playbook(section)


class _Side:
    name: Provider
    able: frozenset[Ability] = frozenset()

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

    def results(self) -> dict[str, str]:
        raise NotImplementedError

    def balance(self) -> str:
        raise NotImplementedError

    def balance_in(self, deal_id: str) -> str:
        raise NotImplementedError

    def set_price(self, amount: Decimal) -> None:
        raise NotImplementedError

    def another_deal(self, phone: str, stage: str) -> str:
        raise NotImplementedError


class AmocrmSide(_Side):
    name = "amocrm"
    able: frozenset[Ability] = frozenset({"results", "balance", "price", "phones"})

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
        self._lead.status_id = int(self.stage_id(stage))

    def stage_id(self, stage: str) -> str:
        key = "new" if stage == "other" else stage
        return str(SETTINGS.stage(key).id)

    def set_price(self, amount: Decimal) -> None:
        self._lead.price = int(amount)

    def remove(self) -> None:
        del self._amocrm.records.leads[self._lead.id]

    def written(self) -> tuple[str, str]:
        return self._field("worker_name"), self._field("worker_login")

    def _field(self, key: str) -> str:
        values = self._lead.values.get(SETTINGS.field(key).id) or [{"value": ""}]
        return str(values[0]["value"])

    def results(self) -> dict[str, str]:
        names = (*RESULTS, "score_quality", "score_speed")
        found = {name: self._field(name) for name in names}
        return {name: value for name, value in found.items() if value}

    def balance(self) -> str:
        return self.balance_in(str(self._lead.id))

    def balance_in(self, deal_id: str) -> str:
        (field,) = SETTINGS.contact_fields
        records = self._amocrm.records
        card = records.contacts[records.leads[int(deal_id)].contact_ids[0]]
        return str(card.values[field.id][0]["value"]) if field.id in card.values else ""

    def another_deal(self, phone: str, stage: str) -> str:
        sample = replace(SAMPLE_DEALS[0], phone=phone)
        return str(self._amocrm.records.add_sample(sample, int(self.stage_id(stage))).id)

    def notes(self) -> list[str]:
        return [str(note.params["text"]) for note in self._amocrm.records.notes.values()]

    def tasks(self) -> list[str]:
        return [task.text for task in self._amocrm.records.tasks.values()]


class Bitrix24Side(_Side):
    name = "bitrix24"
    able: frozenset[Ability] = frozenset({"results", "balance", "price", "phones"})

    def __init__(self, sandbox: Loopback, book: Playbook, around: Surroundings) -> None:
        super().__init__(sandbox, book, around)
        self.bitrix24 = self._world.bitrix24
        self.portal = self.bitrix24.portal
        self.deal = self._deal_of("Вера")
        self.deal_id = str(self.deal.id)
        self.client_phone = "+7 900 000-00-21"

    def _deal_of(self, name: str) -> Deal:
        client = next(one.id for one in self.portal.contacts.values() if one.name == name)
        return next(one for one in self.portal.deals.values() if client in one.contact_ids)

    def go(self, stage: str) -> None:
        self.deal.stage_id = self.stage_id(stage)

    def stage_id(self, stage: str) -> str:
        return {"search": "NEW", "done": "WON", "lost": "LOSE", "other": "EXECUTING"}[stage]

    def remove(self) -> None:
        self.portal.forget_deal(self.deal)

    def written(self) -> tuple[str, str]:
        return self._value("variant"), self._value("review")

    def _value(self, key: str) -> str:
        value = self.deal.values.get(TYRES.deal_field(key).code)
        return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

    def results(self) -> dict[str, str]:
        keys = {key: key for key in ("average", "variant", "answers", "review", "bonus")}
        keys |= {f"score_{key}": key for key in ("quality", "speed", "politeness")}
        found = {name: self._value(key) for name, key in keys.items()}
        return {name: value for name, value in found.items() if value}

    def balance(self) -> str:
        return self.balance_in(str(self.deal.id))

    def balance_in(self, deal_id: str) -> str:
        card = self.portal.contacts[self.portal.deals[int(deal_id)].contact_ids[0]]
        return str(card.values.get(TYRES.contact_field("balance").code))

    def set_price(self, amount: Decimal) -> None:
        self.deal.opportunity = float(amount)

    def another_deal(self, phone: str, stage: str) -> str:
        contact = self.portal.add_contact(SampleContact("new", "Новая", "Клиентка", (phone,)))
        sample = SampleDeal("Ещё один заказ", 1000, "new", stage=self.stage_id(stage))
        return str(self.portal.add_deal(sample, [contact.id]).id)

    def notes(self) -> list[str]:
        return [comment.text for comment in self.portal.comments.values()]

    def tasks(self) -> list[str]:
        return [one.description for one in self.portal.activities.values()]


class GenericSide(_Side):
    name = "generic"
    deal_id = "G-1"

    def __init__(self, sandbox: Loopback, book: Playbook, around: Surroundings) -> None:
        super().__init__(sandbox, book, around)
        self._deal = self._world.generic.deals[self.deal_id]
        self.client_phone = str(sample_deal(1)["client"]["phones"][0])

    def go(self, stage: str) -> None:
        self._deal["stage"] = stage

    def stage_id(self, stage: str) -> str:
        return stage

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


class TestBitrix24(CrmContract):
    @pytest.fixture
    def side(self, fresh: Fresh) -> CrmSide:
        sandbox, around = fresh
        return Bitrix24Side(sandbox, bitrix24_playbook(sandbox.url), around)


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


@pytest.fixture
def tyres(fresh: Fresh) -> Bitrix24Side:
    sandbox, around = fresh
    return Bitrix24Side(sandbox, bitrix24_playbook(sandbox.url), around)


def test_the_samples_of_bitrix24_are_read(tyres: Bitrix24Side) -> None:
    found = {}
    for number, deal in tyres.portal.deals.items():
        read = tyres.crm.deal(str(number))
        client = tyres.crm.contact(str(number))
        assert read is not None
        assert client is not None
        found[deal.title] = (read.category, read.timezone, read.amount, client.phone)
    assert found["Сход-развал, обе оси"] == (
        "Развал-схождение",
        "",
        Decimal(3500),
        "+7 900 000-00-22",
    )
    assert found["Переобувка R15"][1] == "Asia/Novosibirsk"
    assert found["Прокол, жгут"][3] == ""
    assert found["Балансировка без записи"][3] == ""


def test_one_person_with_two_cards(tyres: Bitrix24Side) -> None:
    match = tyres.crm.deal_of_phone("+79000000024", ["NEW", "EXECUTING"])
    newest = next(one for one in tyres.portal.deals.values() if one.title == "Хранение летних шин")
    assert match == (2, str(newest.id))


def test_a_full_bucket_of_bitrix24(tyres: Bitrix24Side) -> None:
    tyres._world.faults.switch_on("bitrix24", Fault("too_many_requests", left=1))
    with pytest.raises(Postponed, match="QUERY_LIMIT_EXCEEDED"):
        tyres.crm.deal(tyres.deal_id)
    with pytest.raises(Postponed, match="over the rate"):
        tyres.crm.deal(tyres.deal_id)
    assert len(tyres.bitrix24.gate.calls) == 1


def test_a_method_of_bitrix24_that_took_too_long(tyres: Bitrix24Side) -> None:
    tyres.bitrix24.gate.operating.put("crm.item.get", 481, lasts=300)
    with pytest.raises(Postponed, match="OPERATION_TIME_LIMIT") as caught:
        tyres.crm.deal(tyres.deal_id)
    assert caught.value.seconds == 60
    assert tyres.crm.deal_of_phone("+79000000021", ["NEW"]).contacts == 1


def test_a_method_of_bitrix24_that_nears_its_limit(tyres: Bitrix24Side) -> None:
    tyres.bitrix24.gate.operating.put("crm.item.get", 460, lasts=300)
    assert tyres.crm.deal(tyres.deal_id) is not None
    with pytest.raises(Postponed, match="used up") as caught:
        tyres.crm.deal(tyres.deal_id)
    assert caught.value.seconds == pytest.approx(300, abs=5)


@pytest.mark.parametrize("code", ["ACCESS_DENIED", "insufficient_scope", "PORTAL_DELETED"])
def test_a_closed_portal_of_bitrix24(tyres: Bitrix24Side, code: str) -> None:
    tyres.bitrix24.gate.closed = code
    with pytest.raises(Misconfigured, match=code):
        tyres.crm.deal(tyres.deal_id)


def test_bitrix24s_limit_is_kept(tyres: Bitrix24Side) -> None:
    for _ in range(52):
        tyres.crm.set_amount(tyres.deal_id, Decimal(1), Decimal(4200))
    assert {call.status for call in tyres.bitrix24.gate.calls} == {200}
    assert len(tyres.bitrix24.gate.calls) == 52
