"""Notes and tasks over HTTP."""

from starlette.requests import Request
from starlette.responses import Response

from sandbox.amocrm import queries
from sandbox.amocrm.records import API_USER, Change, Lead, Note, Records, Task
from sandbox.amocrm.shapes import HalResponse, Shapes, invalid, link, problem
from sandbox.clock import now
from sandbox.feed import Feed
from sandbox.wire import Handler, Json


class NotesAndTasks:
    """Neither is idempotent, as in amoCRM: the same POST twice makes two."""

    def __init__(self, records: Records, feed: Feed) -> None:
        self.records = records
        self._feed = feed

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/leads/{id:int}/notes", self._list_notes),
            ("POST", "/leads/{id:int}/notes", self._add_notes),
            ("GET", "/tasks", self._list_tasks),
            ("POST", "/tasks", self._add_tasks),
        ]

    def shapes(self, request: Request) -> Shapes:
        return Shapes(self.records, str(request.base_url).rstrip("/"))

    async def _list_notes(self, request: Request) -> Response:
        shapes = self.shapes(request)
        notes = [shapes.note(note) for note in self.records.notes_of(request.path_params["id"])]
        return queries.page(request, shapes.base, "notes", notes)

    async def _add_notes(self, request: Request) -> Response:
        batch = queries.batch(await request.body())
        lead = self.records.leads.get(request.path_params["id"])
        if lead is None:
            return problem(404, "Element not found")
        wrong = [(at, error) for at, body in enumerate(batch) if (error := _note_mistake(body))]
        if wrong:
            return invalid(wrong)
        shown = []
        base = self.shapes(request).base
        for at, body in enumerate(batch):
            kind = body["note_type"]
            note = Note(self.records.new_id("note"), lead.id, kind, body["params"], API_USER)
            self.records.notes[note.id] = note
            self._written(lead, f"примечание: {note.params['text']}")
            links = link(base, f"leads/{lead.id}/notes/{note.id}")
            shown.append(
                {"id": note.id, "entity_id": lead.id, "request_id": str(at), "_links": links}
            )
        links = link(base, f"leads/{lead.id}/notes")
        return HalResponse({"_links": links, "_embedded": {"notes": shown}})

    def _written(self, lead: Lead, what: str) -> None:
        lead.history.append(Change(now(), "api", what))
        self._feed.tell("switchboard", f"Switchboard · «{lead.name}»: {what}")

    async def _list_tasks(self, request: Request) -> Response:
        query = request.query_params
        wanted = {
            value for key, value in query.multi_items() if key.startswith("filter[entity_id]")
        }
        shapes = self.shapes(request)
        tasks = [
            shapes.task(task)
            for task in self.records.tasks.values()
            if (not wanted or str(task.lead_id) in wanted)
            and query.get("filter[entity_type]", "leads") == "leads"
        ]
        return queries.page(request, shapes.base, "tasks", tasks)

    async def _add_tasks(self, request: Request) -> Response:
        batch = queries.batch(await request.body())
        wrong = [
            (at, error)
            for at, body in enumerate(batch)
            if (error := _task_mistake(self.records, body))
        ]
        if wrong:
            return invalid(wrong)
        shown = []
        base = self.shapes(request).base
        for at, body in enumerate(batch):
            lead = self.records.leads[body["entity_id"]]
            task = Task(
                self.records.new_id("task"),
                lead.id,
                body["text"],
                body.get("responsible_user_id", lead.responsible_user_id),
                body["complete_till"],
                body.get("task_type_id", 1),
            )
            self.records.tasks[task.id] = task
            self._written(lead, f"задача: {task.text}")
            links = link(base, f"tasks/{task.id}")
            shown.append({"id": task.id, "request_id": str(at), "_links": links})
        return HalResponse({"_links": link(base, "tasks"), "_embedded": {"tasks": shown}})


def _note_mistake(body: Json) -> Json | None:
    if body.get("note_type") not in {"common", "service_message", "extended_service_message"}:
        detail = "The value you selected is not a valid choice."
        return {"code": "NotSupportedChoice", "path": "note_type", "detail": detail}
    params = body.get("params")
    text = params.get("text") if isinstance(params, dict) else None
    if not isinstance(text, str) or not text:
        return {
            "code": "NotBlank",
            "path": "params.text",
            "detail": "This value should not be blank.",
        }
    return None


def _task_mistake(records: Records, body: Json) -> Json | None:
    detail = "This value should not be blank."
    for name, kind in (("text", str), ("complete_till", int)):
        if not isinstance(body.get(name), kind) or not body[name]:
            return {"code": "NotBlank", "path": name, "detail": detail}
    choice = "The value you selected is not a valid choice."
    if body.get("entity_type") != "leads":
        return {"code": "NotSupportedChoice", "path": "entity_type", "detail": choice}
    if body.get("entity_id") not in records.leads:
        return {"code": "NotSupportedChoice", "path": "entity_id", "detail": choice}
    users = {user.id for user in records.settings.crm_users}
    if "responsible_user_id" in body and body["responsible_user_id"] not in users:
        return {"code": "NotSupportedChoice", "path": "responsible_user_id", "detail": choice}
    return None
