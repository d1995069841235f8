"""The standard OData interface: objects, the action Post, and the register's balances.

Source: 1C's documentation of the interface, 8.3.27, 17.4 (paths, options, internal error codes).
A caller may give a new object its Ref_Key; a second one with the same key is refused with code 15.
The HTTP statuses beside the codes are the usual ones, not documented ones: decide by the code.
"""

import re
from operator import itemgetter

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.feed import Feed
from sandbox.onec.answers import OdataRefusal, collection, entity, refused
from sandbox.onec.books import Books, KeyTaken, NotEnough
from sandbox.onec.filters import BadFilter, condition
from sandbox.onec.schema import (
    CLIENTS,
    EMPTY,
    NO_GUID,
    REGISTER,
    SCHEMAS,
    WrongValue,
    guid,
    values,
)
from sandbox.wire import BadBody, Json, json_object

RESOURCE = re.compile(r"(?P<table>\w+)(?:\((?:Ref_Key=)?guid'(?P<key>[^']*)'\))?(?:/(?P<tail>.*))?")
BALANCE = re.compile(r"Balance(?:\((?P<arguments>.*)\))?")
ACTION = re.compile(r"(?P<name>Post|Unpost)(?:\(\))?")
CONDITION = re.compile(r"Condition='(?P<text>.*?)'(?=,\s*\w+=|$)")


class Odata:
    """One handler for everything under /odata/standard.odata/."""

    def __init__(self, books: Books, feed: Feed) -> None:
        self._books = books
        self._feed = feed

    async def handle(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except OdataRefusal as refusal:
            return refused(request, refusal)
        except BadFilter as error:
            text = f"Ошибка при разборе опций запроса: {error}"
            return refused(request, OdataRefusal(400, 14, text))
        except BadBody:
            return refused(request, OdataRefusal(400, 2, "Неверный формат запроса"))
        except WrongValue as error:
            text = f"Неверное значение свойства {error}"
            return refused(request, OdataRefusal(400, 4, text))

    async def _answer(self, request: Request) -> Response:
        found = RESOURCE.fullmatch(request.path_params["resource"])
        table = found["table"] if found else ""
        tail = (found["tail"] or "") if found else ""
        if table == REGISTER and BALANCE.fullmatch(tail):
            return self._balance(request, tail)
        if found is None or table not in SCHEMAS:
            raise OdataRefusal(404, 8, f'Тип сущности "{table}" не найден')
        if found["key"] is None:
            return await self._set(request, table, tail)
        row = self._found(table, found["key"])
        if tail:
            return self._act(request, table, row, tail)
        return await self._one(request, table, row)

    def _found(self, table: str, key: str) -> Json:
        try:
            row = self._books.tables[table].get(guid(key))
        except ValueError as error:
            raise OdataRefusal(400, 1, f"Не удалось разобрать строку {key}") from error
        if row is None:
            text = f'Экземпляр сущности "{table}" не найден по переданному ключу.'
            raise OdataRefusal(404, 9, text)
        return row

    async def _set(self, request: Request, table: str, tail: str) -> Response:
        if request.method == "POST" and not tail:
            return await self._create(request, table)
        _only(request, "GET")
        rows = self._matching(request, table)
        if tail == "$count":
            return PlainTextResponse(str(len(rows)))
        if tail:
            raise OdataRefusal(404, 6, "Неверный URL")
        options = request.query_params
        if options.get("$inlinecount") == "allpages":
            return collection(request, table, [_selected(request, row) for row in rows], len(rows))
        start, number = _whole(options.get("$skip", "0")), _whole(options.get("$top", "1000000"))
        page = rows[start : start + number]
        return collection(request, table, [_selected(request, row) for row in page], None)

    def _matching(self, request: Request, table: str) -> list[Json]:
        rows = list(self._books.tables[table].values())
        text = request.query_params.get("$filter")
        if text:
            test = condition(text, set(SCHEMAS[table]))
            rows = [row for row in rows if test(row)]
        for part in reversed(_listed(request.query_params.get("$orderby", ""))):
            name, _, direction = part.partition(" ")
            if name not in SCHEMAS[table]:
                raise BadFilter(f"Сегмент пути {name} не найден!")
            rows.sort(key=itemgetter(name), reverse=direction.strip() == "desc")
        return rows

    async def _create(self, request: Request, table: str) -> Response:
        body = json_object(await request.body())
        try:
            row = self._books.add(table, values(SCHEMAS[table], body), _own_key(body))
        except KeyTaken as error:
            raise OdataRefusal(400, 15, "Сущность с таким ключом уже существует") from error
        what = "контрагента" if table == CLIENTS else f"документ {row['Number']}"
        self._feed.tell("switchboard", f"1С: Switchboard записывает {what}")
        return entity(request, table, row, 201)

    async def _one(self, request: Request, table: str, row: Json) -> Response:
        if request.method == "GET":
            return entity(request, table, _selected(request, row))
        _only(request, "PATCH", "PUT", "DELETE")
        expected = request.headers.get("if-match")
        if expected is not None and expected != row["DataVersion"]:
            return Response(status_code=412)
        self._feed.changed()
        if request.method == "DELETE":
            self._books.delete(table, row["Ref_Key"])
            return Response(status_code=204)
        given = values(SCHEMAS[table], json_object(await request.body()))
        if request.method == "PUT":
            written = {name: one for name, one in SCHEMAS[table].items() if one.written}
            row |= {name: EMPTY[one.kind] for name, one in written.items()}
        row |= given
        self._books.touch(row)
        return entity(request, table, row)

    def _act(self, request: Request, table: str, row: Json, tail: str) -> Response:
        action = ACTION.fullmatch(tail)
        if action is None or "Posted" not in row:
            raise OdataRefusal(404, 11, "Метод не найден")
        _only(request, "POST")
        if action["name"] == "Unpost":
            self._books.unpost(row)
        else:
            try:
                self._books.post(table, row)
            except NotEnough as error:
                # What a posting handler throws comes as an internal error of the service.
                raise OdataRefusal(500, -1, str(error)) from error
        self._feed.tell("switchboard", f"1С: документ {row['Number']}, {action['name']}")
        return Response(status_code=200)

    def _balance(self, request: Request, tail: str) -> Response:
        """Rows `{Контрагент_Key, СуммаBalance}`; quotes inside Condition doubled or not."""
        _only(request, "GET")
        found = BALANCE.fullmatch(tail)
        arguments = (found["arguments"] or "") if found else ""
        inside = CONDITION.search(arguments)
        text = inside["text"] if inside else _unquoted(request.query_params.get("Condition", ""))
        rows = [{"Контрагент_Key": c, "СуммаBalance": p} for c, p in self._books.balances().items()]
        if text:
            test = condition(text.replace("''", "'"), {"Контрагент_Key"})
            rows = [row for row in rows if test(row)]
        return collection(request, REGISTER, rows, None)


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise OdataRefusal(405, 19, "Использованный HTTP-метод запрещен в данном контексте")


def _own_key(body: Json) -> str | None:
    """The reference that the caller gives the new object; None leaves it to 1C."""
    given = body.get("Ref_Key")
    try:
        return None if given in (None, NO_GUID) else guid(given)
    except ValueError as error:
        raise WrongValue("Ref_Key") from error


def _selected(request: Request, row: Json) -> Json:
    names = [name for name in _listed(request.query_params.get("$select", "")) if "*" not in name]
    unknown = next((name for name in names if name not in row), None)
    if unknown:
        raise BadFilter(f"Сегмент пути {unknown} не найден!")
    return {name: row[name] for name in names} if names else row


def _unquoted(text: str) -> str:
    return text[1:-1] if text.startswith("'") else text


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _whole(text: str) -> int:
    if not text.isdigit():
        raise BadFilter(f"«{text}» не число")
    return int(text)
