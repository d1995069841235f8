"""Control of the CRMs: what the manager does, and what the stand-ins saw."""

from dataclasses import asdict, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.amocrm import changes
from sandbox.amocrm.hook_form import HookHabits
from sandbox.amocrm.records import Lead
from sandbox.samples import SAMPLE_DEALS, SampleDeal
from sandbox.telegram.people import Impossible
from sandbox.wire import Handler, Json, json_object, refusal
from sandbox.world import World

BULK_LIMIT = 2000


class CrmControl:
    """Handlers under /control/deals, /control/amocrm and /control/generic."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/deals", self._list),
            ("POST", "/deals", self._create),
            ("GET", "/deals/{id:int}", self._read),
            ("PATCH", "/deals/{id:int}", self._edit),
            ("DELETE", "/deals/{id:int}", self._delete),
            ("POST", "/deals/{id:int}/move", self._move),
            ("POST", "/deals/move", self._move_many),
            ("GET", "/amocrm/calls", self._calls),
            ("GET", "/amocrm/hooks", self._hooks),
            ("PUT", "/amocrm/hooks", self._habits),
            ("POST", "/amocrm/hooks/enable", self._enable),
            ("POST", "/amocrm/tokens", self._tokens),
            ("PUT", "/amocrm/pace", self._pace),
            ("GET", "/generic", self._generic),
            ("PUT", "/generic/deals/{id}", self._generic_put),
        ]

    async def _list(self, request: Request) -> Response:
        del request
        return JSONResponse({"deals": [self._shown(lead) for lead in self._leads().values()]})

    def _leads(self) -> dict[int, Lead]:
        return self._world.amocrm.records.leads

    def _shown(self, lead: Lead) -> Json:
        records = self._world.amocrm.records
        settings = self._world.settings
        keys = {stage.id: stage.key for stage in settings.stages}
        return {
            "id": lead.id,
            "name": lead.name,
            "price": lead.price,
            "stage": keys.get(lead.status_id),
            "status_id": lead.status_id,
            "responsible": records.user_name(lead.responsible_user_id),
            "responsible_user_id": lead.responsible_user_id,
            "contacts": [asdict(records.contacts[number]) for number in lead.contact_ids],
            "fields": {
                field.key: [one["value"] for one in lead.values[field.id]]
                for field in settings.fields
                if lead.values.get(field.id)
            },
            "notes": [note.params.get("text") for note in records.notes_of(lead.id)],
            "tasks": [task.text for task in records.tasks_of(lead.id)],
            "history": [asdict(change) for change in lead.history],
            "updated_at": lead.updated_at,
        }

    def _found(self, request: Request) -> Lead:
        lead = self._leads().get(request.path_params["id"])
        if lead is None:
            raise Impossible("there is no such deal")
        return lead

    async def _create(self, request: Request) -> Response:
        """{name?, pay?, conditions?, phone? (null: none), …, stage?, count?}; sends `add` hooks."""
        body = json_object(await request.body())
        count = min(BULK_LIMIT, int(body.pop("count", 1)))
        stage = self._world.settings.stage(str(body.pop("stage", "new")))
        amocrm = self._world.amocrm
        made = []
        for number in range(count):
            sample = _sample(number, body, count)
            lead = amocrm.records.add_sample(sample, stage.id)
            amocrm.announce("add", lead)
            if stage.key != "new":
                amocrm.announce("status", lead, {"status_id": self._world.settings.stage("new").id})
            made.append(lead.id)
        self._world.feed.tell("crm", f"Менеджер создал сделок: {count}")
        return JSONResponse({"ids": made}, 201)

    async def _read(self, request: Request) -> Response:
        return JSONResponse(self._shown(self._found(request)))

    async def _edit(self, request: Request) -> Response:
        """{name?, price?, fields?: {key: value}, phone?}: what a manager changes in the card."""
        lead = self._found(request)
        body = json_object(await request.body())
        settings = self._world.settings
        records = self._world.amocrm.records
        if "phone" in body:
            records.contacts[lead.contact_ids[0]].phone = body["phone"]
        patch: Json = {key: body[key] for key in ("name", "price") if key in body}
        patch["custom_fields_values"] = [
            {"field_id": settings.field(key).id, "values": _values(value)}
            for key, value in body.get("fields", {}).items()
        ]
        return self._changed(lead, patch)

    def _changed(self, lead: Lead, patch: Json) -> Response:
        amocrm = self._world.amocrm
        wrong = changes.mistakes(amocrm.records, patch)
        if wrong:
            return refusal(str(wrong))
        said = amocrm.change_by_manager(lead, patch)
        return JSONResponse({"changed": said})

    async def _delete(self, request: Request) -> Response:
        lead = self._found(request)
        self._leads().pop(lead.id)
        self._world.amocrm.announce("delete", lead)
        self._world.feed.tell("crm", f"Менеджер удалил сделку «{lead.name}»")
        return JSONResponse({"ok": True})

    async def _move(self, request: Request) -> Response:
        """{stage: key} or {status_id}; sends `status` and `update` hooks."""
        body = json_object(await request.body())
        return self._changed(self._found(request), {"status_id": self._status(body)})

    async def _move_many(self, request: Request) -> Response:
        """{ids: [...], stage | status_id}"""
        body = json_object(await request.body())
        status_id = self._status(body)
        moved = [self._leads()[number] for number in body["ids"] if number in self._leads()]
        for lead in moved:
            self._world.amocrm.change_by_manager(lead, {"status_id": status_id})
        return JSONResponse({"moved": len(moved)})

    def _status(self, body: Json) -> int:
        if "status_id" in body:
            return int(body["status_id"])
        return self._world.settings.stage(str(body.get("stage"))).id

    async def _calls(self, request: Request) -> Response:
        del request
        amocrm = self._world.amocrm
        calls = [vars(call) for call in amocrm.gate.calls]
        grants = [vars(grant) for grant in amocrm.tokens.grants]
        return JSONResponse({"counts": dict(amocrm.gate.counts), "calls": calls, "grants": grants})

    async def _hooks(self, request: Request) -> Response:
        del request
        hooks = self._world.amocrm.hooks
        shown = [hook.to_json() for hook in hooks.log]
        return JSONResponse(
            {"disabled": hooks.disabled, "habits": vars(hooks.habits), "hooks": shown}
        )

    async def _habits(self, request: Request) -> Response:
        """Any of the fields of HookHabits; the rest as at the start."""
        body = json_object(await request.body())
        hooks = self._world.amocrm.hooks
        hooks.behave(replace(HookHabits(), **body))
        self._world.feed.changed()
        return JSONResponse(vars(hooks.habits))

    async def _enable(self, request: Request) -> Response:
        del request
        self._world.amocrm.hooks.enable()
        return JSONResponse({"ok": True})

    async def _tokens(self, request: Request) -> Response:
        """{does: expire_access | revoke} and {access_seconds}"""
        body = json_object(await request.body())
        tokens = self._world.amocrm.tokens
        if body.get("does") == "expire_access":
            tokens.expire_access()
        if body.get("does") == "revoke":
            tokens.revoke()
        tokens.access_seconds = int(body.get("access_seconds", tokens.access_seconds))
        return JSONResponse({"access_seconds": tokens.access_seconds})

    async def _pace(self, request: Request) -> Response:
        """{enforced}: whether 7 requests a second are held."""
        body = json_object(await request.body())
        self._world.amocrm.gate.enforced = bool(body.get("enforced", True))
        return JSONResponse({"enforced": self._world.amocrm.gate.enforced})

    async def _generic(self, request: Request) -> Response:
        del request
        generic = self._world.generic
        return JSONResponse(
            {"deals": generic.deals, "calls": generic.calls, "hooks": generic.hooks}
        )

    async def _generic_put(self, request: Request) -> Response:
        """{values?, event?}: create or change a deal, and send its hook."""
        body = json_object(await request.body())
        values, event = body.get("values", {}), str(body.get("event", "updated"))
        return JSONResponse(self._world.generic.put(request.path_params["id"], values, event))


def _sample(number: int, body: Json, count: int) -> SampleDeal:
    sample = replace(SAMPLE_DEALS[number % len(SAMPLE_DEALS)], **body)
    if count > 1:
        return replace(sample, name=f"{sample.name} · {number + 1}")
    return sample


def _values(value: Any) -> list[Json]:
    values = value if isinstance(value, list) else [value]
    return [{"value": one} for one in values if one is not None]
