"""Bitrix24's REST as a function from request to answer, small enough to see through."""

import json
import re
from datetime import datetime
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.crm.standins import Json, StandIn, Trouble

SERVICES = [{"ID": "4501", "VALUE": "Шиномонтаж"}, {"ID": "4503", "VALUE": "Развал-схождение"}]
DESCRIBED: dict[str, Json] = {
    "ufCrm_1700000021": {"type": "string"},
    "ufCrm_1700000022": {"type": "datetime"},
    "ufCrm_1700000023": {"type": "money"},
    "ufCrm_1700000024": {
        "type": "enumeration",
        "isMultiple": True,
        "items": [{"ID": "7", "VALUE": "английский"}, {"ID": "8", "VALUE": "немецкий"}],
    },
    "ufCrm_1700000009": {"type": "enumeration", "items": SERVICES},
    "ufCrm_1700000010": {"type": "string"},
}


class Refusal(Exception):
    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Bitrix24StandIn(StandIn):
    """Deals, contacts, comments and activities of one account, behind the webhook `1/code-TEST`."""

    def __init__(self) -> None:
        super().__init__()
        self.deals: dict[int, Json] = {759: deal(759)}
        self.contacts: dict[int, Json] = {84: contact()}
        self.comments: list[Json] = []
        self.activities: list[Json] = []
        self.described: dict[str, Json] = dict(DESCRIBED)
        self.operating = 0.0

    def asked(self) -> list[str]:
        """The methods that were called."""
        return [_method(request) for request in self.requests]

    def answer(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/rest/1/code-TEST/"):
            return httpx.Response(401, json=problem("INVALID_CREDENTIALS"))
        try:
            found = self._perform(_method(request), json.loads(request.content))
        except Refusal as refusal:
            return httpx.Response(refusal.status, json=problem(refusal.code))
        return httpx.Response(200, json={"result": found, "time": self._time()})

    def _time(self) -> Json:
        return {
            "finish": 1763726400.5,
            "operating_reset_at": 1763726700,
            "operating": self.operating,
        }

    def _perform(self, method: str, params: Json) -> Any:
        match method:
            case "batch":
                return self._batch(params["cmd"])
            case "crm.item.get":
                return {"item": self._item(params)}
            case "crm.item.update":
                item = self._item(params)
                item |= {name: v for name, v in params["fields"].items() if name in item}
                return {"item": item}
            case "crm.item.list":
                return {"items": self._listed(params)}
            case "crm.item.fields":
                return {"fields": self.described}
            case "crm.duplicate.findbycomm":
                return self._found(params)
            case "crm.timeline.comment.add":
                return self._comment(params["fields"])
            case "crm.timeline.comment.list":
                return [one for one in self.comments if _fits(one, params["filter"])]
            case "crm.activity.todo.add":
                return self._todo(params)
            case "crm.activity.list":
                return [one for one in self.activities if _fits(one, params["filter"])]
        raise Refusal("ERROR_METHOD_NOT_FOUND", 404)

    def _batch(self, commands: dict[str, str]) -> Json:
        results: Json = {}
        errors: Json = {}
        for name, command in commands.items():
            method, _, query = command.partition("?")
            params = {key: _filled(value, results) for key, value in parse_qsl(query)}
            try:
                results[name] = self._perform(method, params)
            except Refusal as refusal:
                errors[name] = problem(refusal.code)
        times = {name: self._time() for name in results}
        return {"result": results or [], "result_error": errors or [], "result_time": times}

    def _item(self, params: Json) -> Json:
        kind = {2: self.deals, 3: self.contacts}[int(params["entityTypeId"])]
        found = kind.get(int(params["id"] or 0))
        if found is None:
            raise Refusal("NOT_FOUND")
        return found

    def _listed(self, params: Json) -> list[Json]:
        found = [one for one in self.deals.values() if _matches(one, params["filter"])]
        for name, way in reversed(params["order"].items()):
            found.sort(key=itemgetter(name), reverse=way == "DESC")
        page = found[params["start"] : params["start"] + 50]
        return [{name: one[name] for name in params["select"]} for one in page]

    def _found(self, params: Json) -> Any:
        assert len(params["values"]) <= 20
        found = [
            number
            for number, person in self.contacts.items()
            if {one["value"] for one in person["fm"]} & set(params["values"])
        ]
        return {"CONTACT": found} if found else []

    def _comment(self, fields: Json) -> int:
        if fields["ENTITY_ID"] not in self.deals:
            raise Refusal("OWNER_NOT_FOUND")
        self.comments.append(fields)
        return len(self.comments)

    def _todo(self, params: Json) -> Json:
        if params["ownerId"] not in self.deals:
            raise Refusal("OWNER_NOT_FOUND")
        owner = {"OWNER_TYPE_ID": params["ownerTypeId"], "OWNER_ID": params["ownerId"]}
        said = {"SUBJECT": params["title"], "DESCRIPTION": params["description"]}
        self.activities.append(owner | said | {"PROVIDER_ID": "CRM_TODO", "sent": params})
        return {"id": len(self.activities)}


def _method(request: httpx.Request) -> str:
    return request.url.path.rpartition("/")[2].removesuffix(".json")


def _filled(value: str, results: Json) -> Any:
    whole = re.fullmatch(r"\$result((?:\[\w+\])+)", value)
    if whole is None:
        return value
    found: Any = results
    for step in re.findall(r"\[(\w+)\]", whole[1]):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _fits(one: Json, wanted: Json) -> bool:
    return all(one[name] == value for name, value in wanted.items())


def _matches(one: Json, wanted: Json) -> bool:
    for key, value in wanted.items():
        name = key.lstrip("@>=")
        if key.startswith(">="):
            fits = datetime.fromisoformat(one[name]) >= datetime.fromisoformat(value)
        else:
            fits = one[name] in (value if key.startswith("@") else [value])
        if not fits:
            return False
    return True


def problem(code: str, **more: object) -> Json:
    return {"error": code, "error_description": "Иванна +7 900 000-00-01", **more}


def refusing(status: int, code: str, **more: object) -> Trouble:
    """The next request is answered so; the description quotes what nobody may see."""
    return lambda _request: httpx.Response(status, json=problem(code, **more))


def deal(number: int, **changes: object) -> Json:
    """A deal as crm.item.get answers, in the search stage. Moments are the account's."""
    return {
        "id": number,
        "title": "Перевод документов",
        "categoryId": 0,
        "stageId": "NEW",
        "opportunity": 15000,
        "isManualOpportunity": "N",
        "assignedById": 7,
        "contactId": 84,
        "contactIds": [84],
        "updatedTime": "2025-11-21T15:00:00+03:00",
        "movedTime": "2025-11-21T14:30:00+03:00",
        "ufCrm_1700000021": "Два паспорта",
        "ufCrm_1700000022": "2025-11-21T18:00:00+03:00",
        "ufCrm_1700000023": "12000.00|RUB",
        "ufCrm_1700000024": [7, 8],
        "ufCrm_1700000025": None,
        "ufCrm_1700000026": None,
        "ufCrm_1700000009": 4501,
        "ufCrm_1700000010": "Asia/Omsk",
        **{f"ufCrm_170000000{at}": None for at in range(1, 9)},
        "entityTypeId": 2,
    } | changes


def contact(*phones: str, **changes: object) -> Json:
    typed = phones or ("8 (495) 000-00-01", "8 900 000 00 01")
    return {
        "id": 84,
        "name": "Иванна",
        "lastName": "Примерова",
        "secondName": None,
        "ufCrm_1700000101": None,
        "fm": [
            {"id": 9, "valueType": "WORK", "value": "ivanna@example.test", "typeId": "EMAIL"},
            *({"id": 1, "valueType": "WORK", "value": p, "typeId": "PHONE"} for p in typed),
        ],
    } | changes
