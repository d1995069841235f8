"""Control of 1C: what the cashier and the programmer do, and what the stand-in saw."""

from base64 import b64decode
from dataclasses import asdict, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.onec.books import NotEnough
from sandbox.onec.schema import CLIENTS, GRANTS, TAKES
from sandbox.telegram.people import Impossible
from sandbox.wire import Handler, Json, json_object
from sandbox.world import World


class OneCControl:
    """Handlers under /control/onec."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/onec", self._all),
            ("PUT", "/onec", self._manners),
            ("POST", "/onec/clients", self._client),
            ("POST", "/onec/bonuses", self._bonuses),
            ("POST", "/onec/event", self._event),
        ]

    async def _all(self, request: Request) -> Response:
        del request
        onec = self._world.onec
        return JSONResponse(
            {
                "clients": self._clients(),
                "manners": asdict(onec.services.manners),
                "calls": [asdict(call) for call in onec.gate.calls],
                "counts": dict(onec.gate.counts),
                "hooks": onec.webhook.log,
            }
        )

    def _clients(self) -> list[Json]:
        """Every card with its balance and its documents, the oldest first."""
        books = self._world.onec.books
        documents = [
            document | {"Вид": kind}
            for table, kind in ((GRANTS, "Начисление"), (TAKES, "Списание"))
            for document in books.tables[table].values()
        ]
        documents.sort(key=lambda one: (one["Date"], b64decode(one["DataVersion"])))
        return [
            {
                "ref": ref,
                "name": card["Description"],
                "phone": card["Телефон"],
                "balance": books.balance(ref),
                "documents": [one for one in documents if one["Контрагент_Key"] == ref],
            }
            for ref, card in books.tables[CLIENTS].items()
        ]

    async def _manners(self, request: Request) -> Response:
        """{idempotent?, opens_cards?}; the rest as at the start."""
        body = json_object(await request.body())
        services = self._world.onec.services
        services.manners = replace(type(services.manners)(), **body)
        self._world.feed.changed()
        return JSONResponse(asdict(services.manners))

    async def _client(self, request: Request) -> Response:
        """{phone, name?}: a new card, its phone kept as it is spelt."""
        body = json_object(await request.body())
        card = self._world.onec.books.add_client(
            str(body.get("name", "Новый клиент")), str(body["phone"])
        )
        self._world.feed.tell("crm", f"1С: новый контрагент {card['Description']}")
        return JSONResponse({"ref": card["Ref_Key"]}, 201)

    async def _bonuses(self, request: Request) -> Response:
        """{phone, points}: at the till; points below 0 are taken."""
        body = json_object(await request.body())
        books = self._world.onec.books
        client = books.client_by_phone(str(body["phone"]))
        points = float(body["points"])
        if client is None or not points:
            raise Impossible("there is no such client" if points else "points must not be 0")
        try:
            document = books.move(client, points, Комментарий="Касса")
        except NotEnough as error:
            raise Impossible(str(error)) from error
        self._world.feed.tell("crm", f"1С: касса меняет бонусы на {points:+g}")
        return JSONResponse({"ref": document["Ref_Key"]}, 201)

    async def _event(self, request: Request) -> Response:
        """{phone, event?, document?, secret? (a wrong one)}: 1C calls Switchboard."""
        body = json_object(await request.body())
        secret = body.pop("secret", None)
        told = {"phone": None, "event": "sale_closed", "document": "000000001"} | body
        self._world.onec.webhook.send(told, secret)
        return JSONResponse({"sent": told})
