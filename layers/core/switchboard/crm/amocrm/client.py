"""amoCRM as the port asks for it. Sources: amocrm.ru, API v4: Leads, Contacts, Notes, Tasks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
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
from switchboard.crm.amocrm.people import clients, deal_of_phone
from switchboard.crm.line import Unanswered
from switchboard.crm.mark import marked
from switchboard.crm.port import Assignment, Change, PhoneMatch
from switchboard.crm.results import by_field
from switchboard.domain.deal import Contact, Deal
from switchboard.domain.errors import Misconfigured, Refused
from switchboard.playbook.model import Amocrm, Playbook

_PAGE = 250
"""The most that API v4 gives at once."""
_FOLLOW_UP = 1
"""The task type «Связаться», which every account has."""


class AmocrmClient:
    """One branch's account; implements `crm.port.Crm`.

    Effectively once: fields, stage and price by their nature; notes and tasks by a mark at the
    end of their text, which is looked for before a second attempt, since API v4 has no key.
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
        main = lead.main_contact
        response = None if main is None else self._api.get(_contact_path(main))
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

    def changed_since(self, moment: datetime) -> Iterator[Change]:
        """Each page begins where the last one ended, at its last `updated_at`: numbered pages would
        leave a lead out whenever one on an earlier page changes while they are read.
        """
        since, page, seen = int(moment.timestamp()), 1, set[Change]()
        while True:
            found = self._changed(since, page)
            changes = dict.fromkeys(Change(str(lead.id), lead.updated_at) for lead in found)
            fresh = changes.keys() - seen
            yield from (change for change in changes if change in fresh)
            if len(found) < _PAGE:
                return
            if page > 1 and not fresh:
                raise Unanswered("amocrm", "GET: the list of leads has no end")
            seen |= fresh
            # A mass edit puts more than a page into one second: then the page is turned after all.
            last = found[-1].updated_at
            since, page = (last, 1) if last > since else (since, page + 1)

    def deal_of_phone(self, phone: str, stages: Sequence[str]) -> PhoneMatch:
        """Looks in this branch's pipeline."""
        return deal_of_phone(self._api, self._crm.pipeline, self._playbook.language, phone, stages)

    def record(self, deal_id: str, results: Mapping[str, str | int | float]) -> None:
        values = by_field(self._crm.results, results)
        fields = [_field(_number(field), str(value)) for field, value in values.items()]
        if fields:
            self._api.write("PATCH", _path(deal_id), {"custom_fields_values": fields})

    def set_balance(self, phone: str, balance: int) -> None:
        field = self._crm.results.balance
        if field is None:
            return
        found = clients(self._api, self._playbook.language, phone)
        if not found:
            raise Refused("amocrm: no contact has the client's phone")
        change = {"custom_fields_values": [_field(_number(field), str(balance))]}
        for person in found:
            self._api.write("PATCH", _contact_path(person.id), change)

    def set_amount(self, deal_id: str, before: Decimal, amount: Decimal) -> bool:
        now = Decimal(str(self._standing(deal_id).price or 0))
        if now == amount:
            return True
        if now != before:
            return False
        price = int(amount) if amount == int(amount) else float(amount)
        self._api.write("PATCH", _path(deal_id), {"price": price})
        return True

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

    def _standing(self, deal_id: str) -> Lead:
        lead = self._lead(deal_id)
        if lead is None:
            raise Refused("amocrm: there is no such deal any more")
        return lead

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


def _contact_path(contact: int) -> str:
    return f"/api/v4/contacts/{contact}"


def _field(field_id: int, text: str) -> dict[str, Any]:
    # An empty text is passed over without an error; null is what empties a field
    # (github.com/amocrm/amocrm-api-php, issues 352 and 585).
    return {"field_id": field_id, "values": [{"value": text}] if text else None}


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Misconfigured("amocrm: users, stages, fields and leads are named by numbers")
    return int(text)
