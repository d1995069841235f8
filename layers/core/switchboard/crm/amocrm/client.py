"""amoCRM as the port asks for it. Sources: amocrm.ru, API v4: Leads, Contacts, Notes, Tasks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from switchboard.crm.amocrm import lead as leads
from switchboard.crm.amocrm.answers import (
    Lead,
    LeadPage,
    ListedLead,
    NotePage,
    Person,
    TaskPage,
    read,
)
from switchboard.crm.amocrm.api import Api, Params
from switchboard.crm.mark import marked
from switchboard.crm.port import Assignment
from switchboard.domain.deal import Contact, Deal
from switchboard.domain.errors import Misconfigured
from switchboard.playbook.model import Amocrm, Playbook

_PAGE = 250
"""The most that API v4 gives at once."""
_MOST_PAGES = 40
_FOLLOW_UP = 1
"""The task type «Связаться», which every account has."""


class AmocrmClient:
    """One branch's account; implements `crm.port.Crm`.

    Effectively once: `assign` by its nature; notes and tasks by a mark at the end of their text,
    which is looked for before a second attempt, since API v4 has no key for them.
    """

    def __init__(self, api: Api, crm: Amocrm, playbook: Playbook) -> None:
        self._api = api
        self._crm = crm
        self._playbook = playbook

    def deal(self, deal_id: str) -> Deal | None:
        lead = self._lead(deal_id)
        return None if lead is None else leads.deal(lead, self._crm, self._playbook)

    def contact(self, deal_id: str) -> Contact | None:
        lead = self._lead(deal_id)
        if lead is None:
            return None
        linked = lead.embedded.contacts
        main = next((c for c in linked if c.is_main), linked[0] if linked else None)
        response = None if main is None else self._api.get(f"/api/v4/contacts/{main.id}")
        if response is None:
            return Contact()
        return leads.contact(read(Person, response), self._playbook.language)

    def assign(self, deal_id: str, assignment: Assignment) -> None:
        change: dict[str, Any] = {}
        if assignment.responsible is not None:
            change["responsible_user_id"] = _number(assignment.responsible)
        ids = self._crm.fields
        fields = [
            _field(field_id, text)
            for field_id, text in (
                (ids.worker_name, assignment.worker_name),
                (ids.worker_login, assignment.worker_login),
            )
            if field_id is not None
        ]
        if fields:
            change["custom_fields_values"] = fields
        change |= self._move(deal_id)
        if change:
            self._api.write("PATCH", _path(deal_id), change)

    def add_note(self, deal_id: str, text: str, key: str, *, again: bool) -> None:
        note = marked(text, key)
        if again and note.stands_in(self._note_texts(deal_id)):
            return
        body = [{"note_type": "common", "params": {"text": note.text}}]
        self._api.write("POST", f"{_path(deal_id)}/notes", body)

    def add_task(
        self,
        deal_id: str,
        text: str,
        due: datetime,
        responsible: str | None,
        key: str,
        *,
        again: bool,
    ) -> None:
        task = marked(text, key)
        if again and task.stands_in(self._task_texts(deal_id)):
            return
        body: dict[str, Any] = {
            "text": task.text,
            "complete_till": int(due.timestamp()),
            "entity_id": _number(deal_id),
            "entity_type": "leads",
            "task_type_id": _FOLLOW_UP,
        }
        if responsible is not None:
            body["responsible_user_id"] = _number(responsible)
        self._api.write("POST", "/api/v4/tasks", [body])

    def changed_since(self, moment: datetime) -> Iterator[str]:
        """In the order of their changes, 10,000 at most: the caller goes on from the last.

        Each page begins where the last one ended, at its last `updated_at`: numbered pages would
        leave a lead out whenever one on an earlier page changes while they are read.
        """
        since, page, seen = int(moment.timestamp()), 1, set[int]()
        for _ in range(_MOST_PAGES):
            found = self._changed(since, page)
            for lead in found:
                if lead.id not in seen:
                    seen.add(lead.id)
                    yield str(lead.id)
            if len(found) < _PAGE:
                return
            # A mass edit puts more than a page into one second: then the page is turned after all.
            last = found[-1].updated_at
            since, page = (last, 1) if last > since else (since, page + 1)

    def _changed(self, since: int, page: int) -> list[ListedLead]:
        response = self._api.get(
            "/api/v4/leads",
            {
                "filter[updated_at][from]": since,
                "filter[pipeline_id][]": self._crm.pipeline,
                "order[updated_at]": "asc",
                "limit": _PAGE,
                "page": page,
            },
        )
        return [] if response is None else read(LeadPage, response).embedded.leads

    def _lead(self, deal_id: str) -> Lead | None:
        response = self._api.get(_path(deal_id), {"with": "contacts"})
        lead = None if response is None else read(Lead, response)
        return None if lead is None or lead.is_deleted else lead

    def _move(self, deal_id: str) -> dict[str, int]:
        """To the claimed stage, but never back: a manager may already have moved it on."""
        if self._crm.claimed_stage is None:
            return {}
        lead = self._lead(deal_id)
        if lead is None or leads.stage(lead, self._crm) != "search":
            return {}
        return {"status_id": _number(self._crm.claimed_stage), "pipeline_id": self._crm.pipeline}

    def _note_texts(self, deal_id: str) -> list[str]:
        params: Params = {"filter[note_type]": "common", "limit": _PAGE, "order[id]": "desc"}
        response = self._api.get(f"{_path(deal_id)}/notes", params)
        return [] if response is None else read(NotePage, response).texts

    def _task_texts(self, deal_id: str) -> list[str]:
        params: Params = {
            "filter[entity_type]": "leads",
            "filter[entity_id]": deal_id,
            "limit": _PAGE,
            "order[id]": "desc",
        }
        response = self._api.get("/api/v4/tasks", params)
        return [] if response is None else read(TaskPage, response).texts


def _path(deal_id: str) -> str:
    return f"/api/v4/leads/{quote(deal_id, safe='')}"


def _field(field_id: int, text: str) -> dict[str, Any]:
    # An empty text is passed over without an error; null is what empties a field
    # (github.com/amocrm/amocrm-api-php, issues 352 and 585).
    return {"field_id": field_id, "values": [{"value": text}] if text else None}


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Misconfigured("amocrm: users, stages and leads are named by numbers")
    return int(text)
