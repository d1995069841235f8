"""A 1C with OData: spelling, the client, and a document that is written and posted once."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import unquote

import httpx
import pytest

from switchboard.crm.connect import Surroundings
from switchboard.crm.loyalty import Loyalty
from switchboard.crm.onec.literals import LONGEST_FILTER, any_of, encoded, literal, resource
from switchboard.domain.errors import Misconfigured, Outage, Refused
from tests.crm.onec_sections import PHONE, connected, movement, odata
from tests.crm.standins import Json, StandIn, Trouble, failing, status
from tests.crm.surroundings import Clock

GRANT = "/tyres/odata/standard.odata/Document_НачислениеБонусов"
MISSING = {"odata.error": {"code": "9", "message": {"lang": "ru", "value": "нет"}}}
UNKNOWN = {"odata.error": {"code": "8", "message": {"lang": "ru", "value": "нет типа"}}}
Connect = Callable[..., Loyalty]


class Onec(StandIn):
    """Documents by their key; cards are answered to whatever is filtered."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[Json] = [{"Ref_Key": "c-1", "Code": "01", "DeletionMark": False}]
        self.documents: dict[str, Json] = {}
        self.posted: list[str] = []
        self.own_keys = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.path)
        key = re.search(r"\(guid'([^']*)'\)", path)
        if "Catalog_" in path:
            return httpx.Response(200, json={"value": self.cards})
        if key is None:
            return self._create(json.loads(request.content))
        if path.endswith("/Post"):
            self.posted.append(key[1])
            self.documents[key[1]]["Posted"] = True
            return httpx.Response(200)
        found = self.documents.get(key[1])
        return httpx.Response(404, json=MISSING) if found is None else _json(found)

    def _create(self, body: Json) -> httpx.Response:
        if self.own_keys:
            body["Ref_Key"] = "00000000-0000-0000-0000-0000000000ff"
        if body["Ref_Key"] in self.documents:
            return httpx.Response(400, json={"odata.error": {"code": "15"}})
        written = {"Posted": False, "DeletionMark": False} | body
        self.documents[body["Ref_Key"]] = written
        return _json(written, 201)


def _json(said: Json, code: int = 200) -> httpx.Response:
    return httpx.Response(code, json=said)


@pytest.fixture
def other() -> Onec:
    return Onec()


@pytest.fixture
def make(other: Onec, around: Surroundings) -> Connect:
    def made(**changes: object) -> Loyalty:
        return connected(odata(**changes), around._replace(http=other.http))

    return made


def test_a_document_is_written_and_posted(other: Onec, make: Connect, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
    make().move(movement(), again=False)
    look, create, post = other.requests
    (key,) = other.documents
    assert json.loads(create.content) == {
        "Ref_Key": key,
        "Date": "2026-11-23T02:30:00",
        "Контрагент_Key": "c-1",
        "Сумма": 300,
        "Комментарий": "Бонус за отзыв",
        "СрокДействия": "2027-01-31T00:00:00",
    }
    assert unquote(create.url.path) == GRANT
    assert unquote(post.url.path) == f"{GRANT}(guid'{key}')/Post"
    assert dict(post.url.params) == {"$format": "json", "PostingModeOperational": "false"}
    assert post.content == b""
    assert other.posted == [key]
    assert look.url.raw_path.isascii()


def test_bonuses_are_taken_by_the_other_document(other: Onec, make: Connect) -> None:
    make().move(movement(-40, until=None), again=False)
    create = other.requests[1]
    assert unquote(create.url.path).endswith("/Document_СписаниеБонусов")
    body = json.loads(create.content)
    assert body["Сумма"] == 40
    assert "СрокДействия" not in body


def test_attributes_that_the_playbook_does_not_name_are_not_written(
    other: Onec, make: Connect
) -> None:
    bare = {"name": "Document_НачислениеБонусов", "client": "Клиент_Key", "amount": "Баллы"}
    make(grant=bare).move(movement(), again=False)
    assert set(json.loads(other.requests[1].content)) == {"Ref_Key", "Date", "Клиент_Key", "Баллы"}


def test_the_client_is_looked_for_in_all_spellings(other: Onec, make: Connect) -> None:
    make().move(movement(), again=False)
    asked = other.requests[0].url
    assert asked.params["$select"] == "Ref_Key,Code,DeletionMark"
    assert b"+" not in asked.query
    said = asked.params["$filter"]
    for spelling in (PHONE, "79000000021", "8 (900) 000-00-21", "+7 900 000-00-21"):
        assert f"Телефон eq '{spelling}'" in said


def test_a_long_attribute_is_asked_for_in_portions(other: Onec, make: Connect) -> None:
    other.cards = []
    with pytest.raises(Refused) as refused:
        make(phone="ОсновнойНомерТелефонаПокупателя").move(movement(), again=False)
    assert refused.value.reason == "onec_odata: 1C knows nobody with this phone"
    asked = [request.url for request in other.requests]
    assert len(asked) > 1
    assert all(len(url.query) < 2048 for url in asked)
    assert other.documents == {}


def test_of_several_cards_the_first_is_meant_unless_it_is_deleted(
    other: Onec, make: Connect
) -> None:
    other.cards = [
        {"Ref_Key": "c-3", "Code": "00-03", "DeletionMark": False},
        {"Ref_Key": "c-1", "Code": "00-01", "DeletionMark": True},
        {"Ref_Key": "c-2", "Code": "00-02", "DeletionMark": False},
    ]
    make().move(movement(), again=False)
    assert [one["Контрагент_Key"] for one in other.documents.values()] == ["c-2"]


@pytest.mark.parametrize("lost", [1, 2])
def test_an_answer_lost_at_either_step_leads_to_one_posted_document(
    other: Onec, make: Connect, lost: int
) -> None:
    """The answer to the document's writing, or the one to its posting."""

    def answered_and_lost(request: httpx.Request) -> httpx.Response:
        other.answer(request)
        raise httpx.ReadTimeout("lost", request=request)

    loyalty = make()
    other.trouble.extend([*[None] * lost, answered_and_lost])
    with pytest.raises(Outage) as outage:
        loyalty.move(movement(), again=False)
    assert outage.value.doubt
    loyalty.move(movement(), again=True)
    assert [one["Posted"] for one in other.documents.values()] == [True]
    assert len(other.posted) == 1


def test_what_never_arrived_is_written_by_the_second_attempt(other: Onec, make: Connect) -> None:
    loyalty = make()
    other.trouble.extend([None, failing(httpx.ConnectError)])
    with pytest.raises(Outage):
        loyalty.move(movement(), again=False)
    loyalty.move(movement(), again=True)
    assert len(other.posted) == 1


def test_a_document_that_stands_already_is_posted_and_not_doubled(
    other: Onec, make: Connect
) -> None:
    loyalty = make()
    other.trouble.extend([None, None, status(500)])
    with pytest.raises(Outage):
        loyalty.move(movement(), again=False)
    loyalty.move(movement(), again=False)
    assert len(other.documents) == len(other.posted) == 1


def test_a_document_that_somebody_has_deleted_is_left_alone(other: Onec, make: Connect) -> None:
    make().move(movement(), again=False)
    for document in other.documents.values():
        document |= {"Posted": False, "DeletionMark": True}
    with pytest.raises(Refused, match="marked the document for deletion"):
        make().move(movement(), again=True)
    assert len(other.posted) == 1


def test_a_1c_that_makes_keys_of_its_own_is_not_written_to_on(other: Onec, make: Connect) -> None:
    other.own_keys = True
    with pytest.raises(Misconfigured, match="another key"):
        make().move(movement(), again=False)
    assert other.posted == []


def test_what_is_not_published_is_no_missing_document(other: Onec, make: Connect) -> None:
    other.trouble.append(status(404, UNKNOWN))
    with pytest.raises(Misconfigured) as wrong:
        make().move(movement(), again=True)
    assert wrong.value.reason == "onec_odata: GET: 404 8: 1C has nothing at this path"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"odata.error": {"code": "14", "message": {"value": PHONE}}}, "onec_odata: GET: 400 14"),
        ({"odata.error": {"code": f"-1 {PHONE}"}}, "onec_odata: GET: 400"),
        ({"odata.error": PHONE}, "onec_odata: GET: 400"),
        ([PHONE], "onec_odata: GET: 400"),
        ("<html></html>", "onec_odata: GET: 400"),
    ],
)
def test_a_refusal_names_the_code_alone(
    other: Onec, make: Connect, said: object, reason: str
) -> None:
    other.trouble.append(status(400, said))
    with pytest.raises(Refused) as refused:
        make().move(movement(), again=False)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "trouble",
    [
        status(200, "<html></html>"),
        status(200, {"value": None}),
        status(200, []),
        status(503),
        failing(httpx.ReadTimeout),
    ],
)
def test_a_client_who_cannot_be_read_leaves_no_doubt(
    other: Onec, make: Connect, trouble: Trouble
) -> None:
    other.trouble.append(trouble)
    with pytest.raises(Outage) as outage:
        make().move(movement(), again=False)
    assert not outage.value.doubt


@pytest.mark.parametrize("trouble", [status(200, "<html></html>"), status(200, {}), status(500)])
def test_a_document_whose_writing_is_not_confirmed_leaves_one(
    other: Onec, make: Connect, trouble: Trouble
) -> None:
    other.trouble.extend([None, trouble])
    with pytest.raises(Outage) as outage:
        make().move(movement(), again=False)
    assert outage.value.doubt


@pytest.mark.parametrize("trouble", [status(401), status(403), status(404, "<html></html>")])
def test_what_only_a_person_can_mend(other: Onec, make: Connect, trouble: Trouble) -> None:
    other.trouble.append(trouble)
    with pytest.raises(Misconfigured):
        make().move(movement(), again=False)


def test_there_is_no_balance(other: Onec, make: Connect) -> None:
    assert make().balance(PHONE) is None
    assert other.requests == []


def test_names_and_literals_are_spelt_as_odata_wants_them() -> None:
    assert resource("Document_Х", key="0f", action="/Post") == (
        "/Document_%D0%A5(guid'0f')/Post?$format=json"
    )
    assert resource("Catalog_A", filter="A eq 'b&c=d'") == (
        "/Catalog_A?$format=json&$filter=A%20eq%20'b%26c%3Dd'"
    )
    assert literal("О'Генри") == "'О''Генри'"
    assert list(any_of("Телефон", ["1", "2"])) == ["Телефон eq '1' or Телефон eq '2'"]
    assert list(any_of("Контакты/Номер", ["1", "2"])) == [
        "Контакты/any(row: row/Номер eq '1' or row/Номер eq '2')"
    ]


def test_portions_lose_nothing() -> None:
    texts = [f"+7 900 000-00-{number:02}" for number in range(60)]
    portions = list(any_of("Телефон", texts))
    assert [found for portion in portions for found in re.findall("'([^']*)'", portion)] == texts
    assert all(len(encoded(portion)) <= LONGEST_FILTER for portion in portions)
