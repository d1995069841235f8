"""Deals and the account over HTTP."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from sandbox.amocrm import changes, queries
from sandbox.amocrm.records import Lead, Records
from sandbox.amocrm.shapes import HalResponse, Shapes, invalid, link, problem
from sandbox.wire import Handler, Json, json_object


class Leads:
    """`change` applies a checked body in the API's name and sends the hooks."""

    def __init__(self, records: Records, change: Callable[[Lead, Json], object]) -> None:
        self.records = records
        self._settings = records.settings
        self._change = change

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/account", self._account),
            ("GET", "/users", self._users),
            ("GET", "/leads/pipelines", self._pipelines),
            ("GET", "/leads", self._list_leads),
            ("PATCH", "/leads", self._patch_leads),
            ("GET", "/leads/{id:int}", self._lead),
            ("PATCH", "/leads/{id:int}", self._patch_lead),
        ]

    def shapes(self, request: Request) -> Shapes:
        return Shapes(self.records, str(request.base_url).rstrip("/"))

    async def _account(self, request: Request) -> Response:
        settings = self._settings
        shown = {
            "id": settings.amocrm_account_id,
            "name": "Демо",
            "subdomain": settings.amocrm_subdomain,
            "current_user_id": settings.crm_users[0].id,
            "country": "RU",
            "currency": "RUB",
            "_links": link(self.shapes(request).base, "account"),
        }
        return HalResponse(shown)

    async def _users(self, request: Request) -> Response:
        shapes = self.shapes(request)
        users = [shapes.user(user) for user in self._settings.crm_users]
        return HalResponse(
            {
                "_total_items": len(users),
                "_page": 1,
                "_page_count": 1,
                "_links": link(shapes.base, "users"),
                "_embedded": {"users": users},
            }
        )

    async def _pipelines(self, request: Request) -> Response:
        return HalResponse(self.shapes(request).pipelines())

    async def _lead(self, request: Request) -> Response:
        lead = self.records.leads.get(request.path_params["id"])
        if lead is None:
            return Response(status_code=204)
        wanted = request.query_params.get("with", "").split(",")
        return HalResponse(self.shapes(request).lead(lead, with_contacts="contacts" in wanted))

    async def _list_leads(self, request: Request) -> Response:
        query = request.query_params
        found = [lead for lead in self.records.leads.values() if queries.matches(lead, dict(query))]
        order = next((key for key in query if key.startswith("order[")), "order[id]")
        name = order.removeprefix("order[").removesuffix("]")
        attribute = name if name in {"updated_at", "created_at", "id"} else "id"
        found.sort(
            key=lambda lead: (getattr(lead, attribute), lead.id), reverse=query.get(order) == "desc"
        )
        shapes = self.shapes(request)
        contacts = "contacts" in query.get("with", "").split(",")
        shown = [shapes.lead(lead, with_contacts=contacts) for lead in found]
        return queries.page(request, shapes.base, "leads", shown)

    async def _patch_lead(self, request: Request) -> Response:
        body = json_object(await request.body())
        lead = self.records.leads.get(request.path_params["id"])
        if lead is None:
            return problem(404, "Element not found")
        wrong = changes.mistakes(self.records, body)
        if wrong:
            return invalid([(0, error) for error in wrong])
        self._change(lead, body)
        return HalResponse(self._patched(request, lead))

    async def _patch_leads(self, request: Request) -> Response:
        bodies = queries.batch(await request.body())
        found = [self.records.leads.get(body.get("id", 0)) for body in bodies]
        wrong = [
            (at, error)
            for at, body in enumerate(bodies)
            for error in changes.mistakes(self.records, body)
        ]
        missing = {"code": "NotFound", "path": "id", "detail": "Element not found"}
        wrong += [(at, missing) for at, lead in enumerate(found) if lead is None]
        if wrong:
            return invalid(wrong)
        shown = []
        for lead, body in zip(found, bodies, strict=True):
            if lead is not None:
                self._change(lead, body)
                shown.append(self._patched(request, lead))
        base = self.shapes(request).base
        return HalResponse({"_links": link(base, "leads"), "_embedded": {"leads": shown}})

    def _patched(self, request: Request, lead: Lead) -> Json:
        links = link(self.shapes(request).base, f"leads/{lead.id}")
        return {"id": lead.id, "updated_at": lead.updated_at, "_links": links}
