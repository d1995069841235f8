"""Two HTTP services, as customers' programmers write them: same books, different manners.

`loyalty` knows a movement by the caller's id: PUT is idempotent. `skidki` does not, speaks Russian,
and nests everything. Both can be asked for movements by the caller's id.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.feed import Feed
from sandbox.onec.books import Books, NotEnough
from sandbox.onec.schema import GRANTS, NO_DATE, TAKES
from sandbox.onec.wanted import Wanted
from sandbox.wire import BadBody, Handler, Json, json_object


@dataclass
class Manners:
    """`idempotent`: whether loyalty has PUT, or only a POST that makes a new movement each time.

    `opens_cards`: whether a movement of an unknown phone makes a card for it, or answers 404.
    """

    idempotent: bool = True
    opens_cards: bool = True


@dataclass
class _First:
    """What was asked under an id for the first time, and what was answered."""

    asked: tuple[str, float, str]
    answer: Json


@dataclass
class Services:
    """Handlers of both services."""

    books: Books
    feed: Feed
    manners: Manners = field(default_factory=Manners)
    _firsts: dict[str, _First] = field(default_factory=dict)

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/loyalty/clients/{phone}/balance", self._balance),
            ("GET", "/loyalty/bonuses", self._by_external_id),
            ("POST", "/loyalty/bonuses", self._make),
            ("GET", "/loyalty/bonuses/{id}", self._read),
            ("PUT", "/loyalty/bonuses/{id}", self._put),
            ("GET", "/skidki/v1/ostatok", self._left),
            ("GET", "/skidki/v1/dvizheniya", self._by_code),
            ("POST", "/skidki/v1/dvizheniya", self._move),
        ]

    async def _balance(self, request: Request) -> Response:
        client = self.books.client_by_phone(request.path_params["phone"])
        if client is None:
            return _said("client_not_found", 404)
        return JSONResponse({"balance": self.books.balance(client["Ref_Key"])})

    async def _put(self, request: Request) -> Response:
        """{phone, amount, operation: grant | take, until?, comment?}; 409 for other content."""
        if not self.manners.idempotent:
            return _said("method_not_allowed", 405)
        key = request.path_params["id"]
        try:
            wanted = Wanted.of_loyalty(json_object(await request.body()), key)
        except BadBody as error:
            return _said(str(error), 400)
        first = self._firsts.get(key)
        if first is not None:
            same = first.asked == wanted.content()
            return JSONResponse(first.answer) if same else _said("other_content", 409)
        made = self._written(wanted)
        if isinstance(made, Response):
            return made
        answer = self._shown(made)
        self._firsts[key] = _First(wanted.content(), answer)
        return JSONResponse(answer, 201)

    async def _make(self, request: Request) -> Response:
        """As PUT, with `external_id` in the body; a new movement whatever was sent before."""
        try:
            body = json_object(await request.body())
            wanted = Wanted.of_loyalty(body, str(body.get("external_id", "")))
        except BadBody as error:
            return _said(str(error), 400)
        made = self._written(wanted)
        return made if isinstance(made, Response) else JSONResponse(self._shown(made), 201)

    async def _read(self, request: Request) -> Response:
        found = next(self._with_external_id(request.path_params["id"]), None)
        return _said("not_found", 404) if found is None else JSONResponse(self._shown(found))

    async def _by_external_id(self, request: Request) -> Response:
        key = request.query_params.get("external_id", "")
        return JSONResponse([self._shown(one) for one in self._with_external_id(key)])

    async def _left(self, request: Request) -> Response:
        client = self.books.client_by_phone(request.query_params.get("telefon", ""))
        if client is None:
            return JSONResponse({"Ошибка": "Клиент не найден"}, 404)
        return JSONResponse({"Остаток": {"Баллы": self.books.balance(client["Ref_Key"])}})

    async def _by_code(self, request: Request) -> Response:
        found = self._with_external_id(request.query_params.get("kod", ""))
        return JSONResponse([_russian(one) for one in found])

    async def _move(self, request: Request) -> Response:
        """{Клиент: {Телефон}, Баллы (below 0: taken), ВнешнийКод, ДействуетДо?, Примечание?}"""
        try:
            wanted = Wanted.of_skidki(json_object(await request.body()))
        except BadBody as error:
            return JSONResponse({"Ошибка": str(error)}, 400)
        made = self._written(wanted)
        if isinstance(made, Response):
            return made
        return JSONResponse({"Результат": True, "Движение": _russian(made)})

    def _written(self, wanted: Wanted) -> Json | Response:
        client = self.books.client_by_phone(wanted.phone)
        if client is None:
            if not self.manners.opens_cards:
                return _said("client_not_found", 404)
            client = self.books.add_client("Новый клиент", wanted.phone)
        try:
            made = self.books.move(
                client,
                wanted.points,
                ВнешнийИдентификатор=wanted.key[:50],
                СрокДействия=wanted.until or NO_DATE,
                Комментарий=wanted.comment,
            )
        except NotEnough:
            return _said("not_enough", 422)
        self.feed.tell("switchboard", f"1С: Switchboard меняет бонусы на {wanted.points:+g}")
        return made

    def _with_external_id(self, key: str) -> Iterator[Json]:
        for table in (GRANTS, TAKES):
            for document in self.books.tables[table].values():
                if key and document["ВнешнийИдентификатор"] == key:
                    yield document

    def _shown(self, document: Json) -> Json:
        """As the service tells of a movement."""
        return {
            "id": document["ВнешнийИдентификатор"],
            "number": document["Number"],
            "operation": "grant" if _grants(self.books, document) else "take",
            "amount": document["Сумма"],
            "until": document["СрокДействия"][:10],
            "status": "posted" if document["Posted"] else "draft",
        }


def _grants(books: Books, document: Json) -> bool:
    return document["Ref_Key"] in books.tables[GRANTS]


def _russian(document: Json) -> Json:
    return {
        "ВнешнийКод": document["ВнешнийИдентификатор"],
        "Номер": document["Number"],
        "Баллы": document["Сумма"],
    }


def _said(reason: str, status: int) -> Response:
    return JSONResponse({"error": reason}, status)
