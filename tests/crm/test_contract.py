"""The contract over both adapters, each against its small stand-in."""

from collections.abc import Iterator

import httpx
import pytest

from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.port import Crm
from tests.crm.contract import CrmContract, CrmSide
from tests.crm.standins import AmocrmStandIn, GenericStandIn, StandIn, failing, status
from tests.crm.surroundings import amocrm, generic, playbook


class _Side:
    """What both stand-ins share."""

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
        ids = {"search": 70000001, "done": 142, "lost": 143, "other": 70000000}
        self.lead["status_id"] = ids[stage]

    def remove(self) -> None:
        self.amocrm.leads.clear()
        # A note on a lead that is gone is refused by the account itself.
        self.amocrm.trouble.append(
            lambda request: httpx.Response(204 if request.method == "GET" else 404)
        )

    def written(self) -> tuple[str, str]:
        fields = {f["field_id"]: f["values"][0]["value"] for f in self.lead["custom_fields_values"]}
        return fields.get(500005, ""), fields.get(500006, "")

    def notes(self) -> list[str]:
        return [note["params"]["text"] for note in self.amocrm.notes]

    def tasks(self) -> list[str]:
        return [task["text"] for task in self.amocrm.tasks]


class GenericSide(_Side):
    deal_id = "1001"
    client_phone = "+7 900 000-00-21"

    def __init__(self, stand_in: GenericStandIn, crm: Crm) -> None:
        super().__init__(stand_in, crm)
        self.generic = stand_in

    def go(self, stage: str) -> None:
        self.generic.deals["1001"]["stage"] = stage

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


class TestGeneric(CrmContract):
    @pytest.fixture
    def side(self, around: Surroundings) -> Iterator[CrmSide]:
        stand_in = GenericStandIn()
        with stand_in.http as http:
            yield GenericSide(stand_in, connect(playbook(generic()), around._replace(http=http)))
