"""The contract over all adapters, each against its small stand-in."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.port import Crm
from tests.crm import standin_bitrix24
from tests.crm.contract import Ability, CrmContract, CrmSide
from tests.crm.standin_bitrix24 import Bitrix24StandIn
from tests.crm.standins import (
    AmocrmStandIn,
    GenericStandIn,
    StandIn,
    contact,
    failing,
    field,
    lead,
    status,
)
from tests.crm.surroundings import amocrm, bitrix24, generic, playbook


class _Side:
    """What all stand-ins share."""

    able: frozenset[Ability] = frozenset({"results", "balance", "price", "phones"})

    def __init__(self, stand_in: StandIn, crm: Crm) -> None:
        self.crm = crm
        self._stand_in = stand_in

    def lose_answers(self, number: int) -> None:
        self._stand_in.lose_answers = number

    def be_down(self, number: int) -> None:
        self._stand_in.trouble.extend([failing(httpx.ConnectError)] * number)

    def reject_tokens(self) -> None:
        self._stand_in.trouble.extend([status(401)] * 2)


class AmocrmSide(_Side):
    deal_id = "41000001"
    client_phone = "+7 900 000-00-01"

    def __init__(self, stand_in: AmocrmStandIn, crm: Crm) -> None:
        super().__init__(stand_in, crm)
        self.amocrm = stand_in
        self.lead = stand_in.leads[41000001]

    def go(self, stage: str) -> None:
        self.lead["status_id"] = int(self.stage_id(stage))

    def stage_id(self, stage: str) -> str:
        return {"search": "70000001", "done": "142", "lost": "143", "other": "70000000"}[stage]

    def remove(self) -> None:
        self.amocrm.leads.clear()
        # A note on a lead that is gone is refused by the account itself.
        self.amocrm.trouble.append(
            lambda request: httpx.Response(204 if request.method == "GET" else 404)
        )

    def written(self) -> tuple[str, str]:
        fields = self._values(self.lead)
        return fields.get(500005, ""), fields.get(500006, "")

    def results(self) -> dict[str, str]:
        section: Any = amocrm()["results"]
        ids = {name: field for name, field in section.items() if name not in ("scores", "balance")}
        ids |= {f"score_{question}": field for question, field in section["scores"].items()}
        values = self._values(self.lead)
        return {name: values[field] for name, field in ids.items() if field in values}

    def balance(self) -> str:
        return str(self._values(self.amocrm.contacts[51000001]).get(600002))

    def balance_in(self, deal_id: str) -> str:
        return str(self._values(self.amocrm.contacts[int(deal_id)]).get(600002))

    def set_price(self, amount: Decimal) -> None:
        self.lead["price"] = int(amount)

    def another_deal(self, phone: str, stage: str) -> str:
        number = max(self.amocrm.leads) + 1
        person = contact(id=number)
        person["custom_fields_values"] = [
            field(600001, "multitext", phone) | {"field_code": "PHONE"}
        ]
        self.amocrm.contacts[number] = person
        linked = {"contacts": [{"id": number, "is_main": True}]}
        made = lead(number, status_id=int(self.stage_id(stage)), _embedded=linked)
        self.amocrm.leads[number] = made
        return str(number)

    def _values(self, entity: dict[str, Any]) -> dict[int, Any]:
        return {f["field_id"]: f["values"][0]["value"] for f in entity["custom_fields_values"]}

    def notes(self) -> list[str]:
        return [note["params"]["text"] for note in self.amocrm.notes]

    def tasks(self) -> list[str]:
        return [task["text"] for task in self.amocrm.tasks]


class Bitrix24Side(_Side):
    deal_id = "759"
    client_phone = "+7 900 000-00-01"

    def __init__(self, stand_in: Bitrix24StandIn, crm: Crm) -> None:
        super().__init__(stand_in, crm)
        self.bitrix24 = stand_in
        self.deal = stand_in.deals[759]

    def go(self, stage: str) -> None:
        self.deal["stageId"] = self.stage_id(stage)

    def stage_id(self, stage: str) -> str:
        return {"search": "NEW", "done": "WON", "lost": "LOSE", "other": "EXECUTING"}[stage]

    def remove(self) -> None:
        self.bitrix24.deals.clear()

    def written(self) -> tuple[str, str]:
        return self.deal["ufCrm_1700000025"], self.deal["ufCrm_1700000026"]

    def results(self) -> dict[str, str]:
        section: Any = bitrix24()["results"]
        ids = {name: field for name, field in section.items() if name not in ("scores", "balance")}
        ids |= {f"score_{question}": field for question, field in section["scores"].items()}
        return {
            name: str(self.deal[field])
            for name, field in ids.items()
            if self.deal[field] is not None
        }

    def balance(self) -> str:
        return str(self.bitrix24.contacts[84]["ufCrm_1700000101"])

    def balance_in(self, deal_id: str) -> str:
        return str(self.bitrix24.contacts[int(deal_id)]["ufCrm_1700000101"])

    def set_price(self, amount: Decimal) -> None:
        self.deal["opportunity"] = float(amount)

    def another_deal(self, phone: str, stage: str) -> str:
        number = max(self.bitrix24.deals) + 1
        self.bitrix24.contacts[number] = standin_bitrix24.contact(phone, id=number)
        made = standin_bitrix24.deal(number, stageId=self.stage_id(stage), contactId=number)
        self.bitrix24.deals[number] = made
        return str(number)

    def notes(self) -> list[str]:
        return [comment["COMMENT"] for comment in self.bitrix24.comments]

    def tasks(self) -> list[str]:
        return [activity["DESCRIPTION"] for activity in self.bitrix24.activities]

    def reject_tokens(self) -> None:
        self._stand_in.trouble.append(standin_bitrix24.refusing(401, "expired_token"))


class GenericSide(_Side):
    able: frozenset[Ability] = frozenset({"results"})
    deal_id = "1001"
    client_phone = "+7 900 000-00-21"

    def __init__(self, stand_in: GenericStandIn, crm: Crm) -> None:
        super().__init__(stand_in, crm)
        self.generic = stand_in

    def go(self, stage: str) -> None:
        self.generic.deals["1001"]["stage"] = stage

    def stage_id(self, stage: str) -> str:
        return stage

    def results(self) -> dict[str, str]:
        section: Any = generic()["results"]
        deal = self.generic.deals["1001"]
        return {name: deal[name] for name in section["body"] if name in deal and name != "source"}

    def balance(self) -> str:
        raise NotImplementedError

    def balance_in(self, deal_id: str) -> str:
        raise NotImplementedError

    def set_price(self, amount: Decimal) -> None:
        raise NotImplementedError

    def another_deal(self, phone: str, stage: str) -> str:
        raise NotImplementedError

    def remove(self) -> None:
        self.generic.deals.clear()

    def written(self) -> tuple[str, str]:
        deal = self.generic.deals["1001"]
        return deal["worker"], deal["login"]

    def notes(self) -> list[str]:
        return [comment["text"] for comment in self.generic.comments]

    def tasks(self) -> list[str]:
        return [task["text"] for task in self.generic.tasks]


class TestAmocrm(CrmContract):
    @pytest.fixture
    def side(self, around: Surroundings) -> Iterator[CrmSide]:
        stand_in = AmocrmStandIn()
        with stand_in.http as http:
            yield AmocrmSide(stand_in, connect(playbook(amocrm()), around._replace(http=http)))


class TestBitrix24(CrmContract):
    @pytest.fixture
    def side(self, around: Surroundings) -> Iterator[CrmSide]:
        stand_in = Bitrix24StandIn()
        with stand_in.http as http:
            yield Bitrix24Side(stand_in, connect(playbook(bitrix24()), around._replace(http=http)))


class TestGeneric(CrmContract):
    @pytest.fixture
    def side(self, around: Surroundings) -> Iterator[CrmSide]:
        stand_in = GenericStandIn()
        with stand_in.http as http:
            yield GenericSide(stand_in, connect(playbook(generic()), around._replace(http=http)))
