"""Both kinds of 1C over loopback, against the sandbox's database."""

from collections.abc import Callable
from typing import Any, Protocol

import pytest

from sandbox.faults import Fault, FaultKind
from sandbox.onec.schema import CLIENTS, GRANTS, TAKES
from sandbox.onec.settings import OneCSettings
from switchboard.crm.connect import Surroundings
from switchboard.crm.connect_loyalty import connect_loyalty
from switchboard.crm.loyalty import Loyalty
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused
from tests.crm.onec_sections import book, movement, nested_service, odata, service
from tests.crm.test_sandbox import Loopback, fresh, sandbox

__all__ = ["fresh", "sandbox"]

SETTINGS = OneCSettings()
SECRETS = {"env:ONEC_LOGIN": SETTINGS.login, "env:ONEC_PASSWORD": SETTINGS.password}
KINDS: dict[str, tuple[str, Callable[..., dict[str, object]]]] = {
    "put": ("/onec/hs/loyalty", service),
    "post and find": ("/onec/hs/skidki/v1", nested_service),
    "odata": ("/onec/odata/standard.odata", odata),
    "odata, phones in a tabular section": ("/onec/odata/standard.odata", odata),
}


class Request(Protocol):
    param: str


class Side:
    """One kind of 1C and the database behind it."""

    def __init__(self, sandbox: Loopback, around: Surroundings, kind: str) -> None:
        path, section = KINDS[kind]
        changes: dict[str, object] = {"base_url": sandbox.url + path, "requests_per_second": 100}
        if "tabular" in kind:
            changes["phone"] = "КонтактнаяИнформация/НомерТелефона"
        found = connect_loyalty(
            book(section(**changes)), around._replace(secret=SECRETS.__getitem__)
        )
        assert found is not None
        self.loyalty: Loyalty = found
        self.kind = kind
        self._world = sandbox.world
        self.books = self._world.onec.books

    def fail(self, kind: FaultKind, times: int = 1) -> None:
        self._world.faults.switch_on("onec", Fault(kind, left=times))

    def balance(self, client: int = 0) -> float:
        return self.books.balance(SETTINGS.clients[client].ref)

    def documents(self) -> list[dict[str, Any]]:
        """But for the opening balances."""
        tables = self.books.tables
        written = [*tables[GRANTS].values(), *tables[TAKES].values()]
        return [one for one in written if one["Комментарий"] != "Перенос остатков"]

    def clients_must_be_known(self) -> None:
        self._world.onec.services.manners.opens_cards = False


@pytest.fixture(params=KINDS)
def side(fresh: tuple[Loopback, Surroundings], request: Request) -> Side:
    return Side(*fresh, request.param)


def test_bonuses_are_added_and_taken_away(side: Side) -> None:
    side.loyalty.move(movement(), again=False)
    assert side.balance() == 300
    side.loyalty.move(movement(-120, key="bonus-1.redeem", until=None), again=False)
    assert side.balance() == 180
    assert [one["Комментарий"] for one in side.documents()] == ["Бонус за отзыв"] * 2
    assert side.documents()[0]["СрокДействия"] == "2027-01-31T00:00:00"


@pytest.mark.parametrize("client", range(len(SETTINGS.clients)))
def test_a_client_is_found_however_his_phone_is_spelt(side: Side, client: int) -> None:
    before = side.balance(client)
    phone = f"+7900000002{client + 1}"
    side.loyalty.move(movement(phone=phone), again=False)
    assert side.balance(client) == before + 300
    assert len(side.books.tables[CLIENTS]) == len(SETTINGS.clients)


@pytest.mark.parametrize("kind", ["lost_answer", "abort", "outage", "server_error", "html"])
def test_once_whatever_answer_is_lost(side: Side, kind: FaultKind) -> None:
    """Each call of the movement fails in its turn, and the movement is tried until it goes."""
    for calls in range(1, 4):
        side.fail(kind, calls)
        again = False
        for _ in range(calls + 1):
            try:
                side.loyalty.move(movement(key=f"bonus-{calls}"), again=again)
            except Outage:
                again = True
            else:
                break
        assert side.balance() == 300 * calls
        assert len(side.documents()) == calls


def test_the_same_movement_again_changes_nothing(side: Side) -> None:
    side.loyalty.move(movement(), again=False)
    side.loyalty.move(movement(), again=True)
    assert side.balance() == 300


def test_a_wrong_password_is_a_persons_to_mend(side: Side) -> None:
    side.fail("unauthorized")
    with pytest.raises(Misconfigured):
        side.loyalty.move(movement(), again=False)
    assert side.documents() == []


def test_slow_down(side: Side) -> None:
    side.fail("too_many_requests")
    with pytest.raises(Postponed):
        side.loyalty.move(movement(), again=False)
    assert side.documents() == []


def test_nobody_has_the_phone(side: Side) -> None:
    side.clients_must_be_known()
    with pytest.raises(Refused, match="1C knows nobody with this phone"):
        side.loyalty.move(movement(phone="+79000000099"), again=False)
    assert side.documents() == []


def test_more_than_there_is_cannot_be_taken(side: Side) -> None:
    """OData tells what a posting handler throws as an error of the service: it is tried again."""
    expected = Outage if side.kind.startswith("odata") else Refused
    with pytest.raises(expected):
        side.loyalty.move(movement(-1), again=False)
    assert side.balance() == 0


def test_the_balance_is_told_where_it_can_be(side: Side) -> None:
    side.loyalty.move(movement(), again=False)
    told = None if side.kind.startswith("odata") else 300
    assert side.loyalty.balance(movement().phone) == told
    assert side.loyalty.balance("+79000000099") is None


def test_what_is_not_published(fresh: tuple[Loopback, Surroundings]) -> None:
    sandbox, around = fresh
    document = {"name": "Document_Другой", "client": "Контрагент_Key", "amount": "Сумма"}
    url = f"{sandbox.url}/onec/odata/standard.odata"
    loyalty = connect_loyalty(
        book(odata(base_url=url, grant=document)), around._replace(secret=SECRETS.__getitem__)
    )
    assert loyalty is not None
    with pytest.raises(Misconfigured):
        loyalty.move(movement(), again=False)
