"""A 1C with an HTTP service: what is asked, what its answers mean, and that nothing comes twice."""

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from switchboard.crm.connect import Surroundings
from switchboard.crm.loyalty import Loyalty
from switchboard.crm.onec.mapping import idempotent
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused
from switchboard.playbook.model import GenericRequest, OnecHttp
from tests.crm.onec_sections import PHONE, connected, movement, nested_service, service
from tests.crm.standins import Json, StandIn, Trouble, failing, status

PAGE = "<!DOCTYPE html><html><body>Нет свободной лицензии</body></html>"
Connect = Callable[..., Loyalty]


class Service(StandIn):
    """Movements by their id when put, one more each time when posted."""

    def __init__(self) -> None:
        super().__init__()
        self.movements: list[Json] = []
        self.balance: Any = {"balance": 450}

    def answer(self, request: httpx.Request) -> httpx.Response:
        parts = request.url.path.split("/hs/")[1].split("/")
        match request.method, parts:
            case "PUT", ["loyalty", "bonuses", key]:
                if all(one["id"] != key for one in self.movements):
                    self.movements.append(json.loads(request.content) | {"id": key})
                return httpx.Response(200)
            case "POST", ["skidki", "v1", "dvizheniya"]:
                self.movements.append(json.loads(request.content))
                return httpx.Response(200, content=b'\xef\xbb\xbf{"ok": true}')
            case "GET", ["skidki", "v1", "dvizheniya"]:
                key = request.url.params["kod"]
                found = [one for one in self.movements if one["ВнешнийКод"] == key]
                return httpx.Response(200, json={"Движения": found})
            case "GET", _:
                return httpx.Response(200, json=self.balance)
        return httpx.Response(404, html=PAGE)


@pytest.fixture
def other() -> Service:
    return Service()


@pytest.fixture
def make(other: Service, around: Surroundings) -> Connect:
    def made(section: dict[str, object] | None = None) -> Loyalty:
        return connected(section or service(), around._replace(http=other.http))

    return made


def test_a_movement_is_written_as_the_playbook_maps_it(other: Service, make: Connect) -> None:
    make().move(movement(), again=False)
    (request,) = other.requests
    identifier = request.url.path.rpartition("/")[2]
    assert json.loads(request.content) == {
        "phone": PHONE,
        "amount": 300,
        "until": "2027-01-31",
        "comment": "Бонус за отзыв",
        "operation": "grant",
    }
    assert request.headers["Idempotency-Key"] == identifier
    said = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
    assert said == "Обмен:пароль-TEST"


def test_bonuses_are_taken_by_the_other_request(other: Service, make: Connect) -> None:
    make().move(movement(-120), again=False)
    ((_, _, body),) = other.wrote()
    assert (body["operation"], body["amount"]) == ("take", 120)


def test_keys_with_dots_are_nested_and_a_sign_is_kept(other: Service, make: Connect) -> None:
    make(nested_service()).move(movement(-120, until=None), again=False)
    ((_, _, body),) = other.wrote()
    assert body["Клиент"] == {"Телефон": PHONE}
    assert (body["Баллы"], body["ДействуетДо"]) == (-120, "")


def test_what_is_no_object_holds_nothing(make: Connect) -> None:
    wrong = {"path": "/x", "body": {"Клиент": "{phone}", "Клиент.Телефон": "{phone}"}}
    with pytest.raises(Misconfigured):
        make(service(grant=wrong)).move(movement(), again=False)


def test_one_movement_has_one_id_in_each_branch(other: Service, make: Connect) -> None:
    make().move(movement(), again=False)
    make().move(movement(), again=True)
    make().move(movement(key="bonus-2.grant"), again=False)
    assert len(other.movements) == 2


def test_a_lost_answer_is_looked_up_before_it_is_posted_again(
    other: Service, make: Connect
) -> None:
    loyalty = make(nested_service())
    other.lose_answers = 1
    with pytest.raises(Outage) as lost:
        loyalty.move(movement(), again=False)
    assert lost.value.doubt
    loyalty.move(movement(), again=True)
    assert len(other.movements) == 1


def test_what_never_arrived_is_posted_again(other: Service, make: Connect) -> None:
    loyalty = make(nested_service())
    other.trouble.append(failing(httpx.ConnectError))
    with pytest.raises(Outage) as refused:
        loyalty.move(movement(), again=False)
    assert not refused.value.doubt
    loyalty.move(movement(), again=True)
    assert len(other.movements) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, content=b"null"),
        httpx.Response(200, content=b"{}"),
        httpx.Response(200, json={"Движения": []}),
        httpx.Response(404, json={"error": "not_found"}),
        httpx.Response(404),
        httpx.Response(204),
    ],
)
def test_nothing_found(other: Service, make: Connect, answer: httpx.Response) -> None:
    other.trouble.append(lambda _: answer)
    make(nested_service()).move(movement(), again=True)
    assert len(other.movements) == 1


@pytest.mark.parametrize("said", [{"found": False}, {"error": "нет"}, [{"ВнешнийКод": "другой"}]])
def test_an_answer_that_does_not_name_the_movement_decides_nothing(
    other: Service, make: Connect, said: object
) -> None:
    """Neither twice nor never: a person has to see to `find`."""
    other.trouble.append(status(200, said))
    with pytest.raises(Misconfigured):
        make(nested_service()).move(movement(), again=True)
    assert other.movements == []


def test_a_wrong_path_of_find_does_not_pass_for_no_movement(other: Service, make: Connect) -> None:
    other.trouble.append(status(404, PAGE))
    with pytest.raises(Misconfigured):
        make(nested_service()).move(movement(), again=True)
    assert other.movements == []


@pytest.mark.parametrize(
    "trouble",
    [status(500, PAGE), status(502), status(200, PAGE), failing(httpx.ReadTimeout)],
    ids=["500", "502", "page", "nothing"],
)
def test_an_answer_that_says_nothing_leaves_a_doubt(
    other: Service, make: Connect, trouble: Trouble
) -> None:
    other.trouble.append(trouble)
    with pytest.raises(Outage) as outage:
        make().move(movement(), again=False)
    assert outage.value.doubt


@pytest.mark.parametrize(
    "trouble",
    [status(401, PAGE), status(401), status(403), status(404, PAGE), status(404), status(405)],
    ids=["401-page", "401", "403", "404-page", "404-empty", "405"],
)
def test_what_only_a_person_can_mend(other: Service, make: Connect, trouble: Trouble) -> None:
    other.trouble.append(trouble)
    with pytest.raises(Misconfigured):
        make().move(movement(), again=False)


def test_a_redirect_leads_elsewhere(other: Service, make: Connect) -> None:
    other.trouble.append(status(302, Location="https://1c.example/login"))
    with pytest.raises(Misconfigured):
        make().move(movement(), again=False)


@pytest.mark.parametrize("code", [400, 409, 422])
def test_a_refusal_repeats_nothing_of_what_1c_says(
    other: Service, make: Connect, code: int
) -> None:
    other.trouble.append(status(code, {"Ошибка": f"Колесова {PHONE}"}))
    with pytest.raises(Refused) as refused:
        make().move(movement(), again=False)
    assert refused.value.reason == f"onec_http: PUT: {code}"


def test_nobody_with_this_phone_is_told_plainly(other: Service, make: Connect) -> None:
    other.trouble.append(status(404, {"error": "client_not_found"}))
    with pytest.raises(Refused) as refused:
        make().move(movement(), again=False)
    assert refused.value.reason == "onec_http: 1C knows nobody with this phone"


def test_slow_down_is_waited_for(other: Service, make: Connect) -> None:
    other.trouble.append(status(429, **{"Retry-After": "7"}))
    with pytest.raises(Postponed) as postponed:
        make().move(movement(), again=False)
    assert postponed.value.seconds == 7


@pytest.mark.parametrize(
    ("said", "points"),
    [(450, 450), (450.9, 450), ("1 250,00", 1250), ("1\N{NO-BREAK SPACE}250", 1250), (None, None)],
)
def test_a_balance(other: Service, make: Connect, said: object, points: int | None) -> None:
    other.balance = {"balance": said}
    assert make().balance(PHONE) == points
    assert other.requests[0].url.raw_path == b"/tyres/hs/loyalty/clients/%2B79000000021/balance"


def test_a_balance_may_be_nested_and_follow_a_mark(other: Service, make: Connect) -> None:
    def marked(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content='\N{BOM}{"Остаток": {"Баллы": 5}}'.encode())

    other.trouble.append(marked)
    assert make(nested_service()).balance(PHONE) == 5
    assert other.requests[0].url.query == b"telefon=%2B79000000021"


def test_nobody_has_no_balance(other: Service, make: Connect) -> None:
    other.trouble.append(status(404, {"error": "client_not_found"}))
    assert make().balance(PHONE) is None


def test_a_balance_is_not_asked_for_where_the_playbook_names_no_path(
    other: Service, make: Connect
) -> None:
    assert make(service(balance=None)).balance(PHONE) is None
    assert other.requests == []


@pytest.mark.parametrize("said", ["много", True, [], {"rub": 1}, "NaN", "Infinity"])
def test_a_balance_that_is_no_number(other: Service, make: Connect, said: object) -> None:
    other.balance = {"balance": said}
    with pytest.raises(Misconfigured):
        make().balance(PHONE)


@pytest.mark.parametrize("trouble", [status(200, PAGE), status(200, "")], ids=["page", "empty"])
def test_a_balance_that_cannot_be_read_now(other: Service, make: Connect, trouble: Trouble) -> None:
    other.trouble.append(trouble)
    with pytest.raises(Outage) as outage:
        make().balance(PHONE)
    assert not outage.value.doubt


@pytest.mark.parametrize(
    ("request_", "find", "once"),
    [
        (GenericRequest(method="PUT", path="/bonuses/{id}"), None, True),
        (GenericRequest(method="PUT", path="/bonuses", body={"id": "{id}"}), None, True),
        (GenericRequest(method="PUT", path="/bonuses"), None, False),
        (GenericRequest(method="POST", path="/bonuses/{id}"), None, False),
        (GenericRequest(method="POST", path="/bonuses"), "/bonuses/{id}", True),
        (GenericRequest(method="POST", path="/bonuses"), "/bonuses", False),
    ],
)
def test_the_lint_can_tell_what_may_be_sent_again(
    request_: GenericRequest, find: str | None, once: bool
) -> None:
    section = OnecHttp.model_validate(service(find=find))
    assert idempotent(section, request_) is once
