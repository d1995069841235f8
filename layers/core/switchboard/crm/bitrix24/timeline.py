"""Notes and tasks in a deal's timeline. REST has no key for them: a mark in their text is one."""

from datetime import datetime
from typing import Any

from switchboard.crm.bitrix24.answers import Activity, Comment, read
from switchboard.crm.bitrix24.api import Api
from switchboard.crm.bitrix24.items import DEAL
from switchboard.crm.mark import marked

_HEADLINE = 100
"""Characters of a task that stand in its headline; all of them stand below it."""


class Timeline:
    def __init__(self, api: Api) -> None:
        self._api = api

    def add_note(self, deal: int, text: str, key: str, *, again: bool) -> None:
        note = marked(text, key)
        if again and note.stands_in(self._notes(deal)):
            return
        fields = {"ENTITY_ID": deal, "ENTITY_TYPE": "deal", "COMMENT": note.text}
        self._api.call("crm.timeline.comment.add", {"fields": fields})

    def add_task(
        self, deal: int, text: str, due: datetime, responsible: int | None, key: str, *, again: bool
    ) -> None:
        """A universal activity: it stands in the deal, and in its person's list of things to do.

        A task of `tasks.task.add` would need another right of the webhook than `crm`.
        """
        task = marked(text, key)
        if again and task.stands_in(self._tasks(deal)):
            return
        todo: dict[str, Any] = {
            "ownerTypeId": DEAL,
            "ownerId": deal,
            "deadline": due.isoformat(timespec="seconds"),
            "title": text.strip().partition("\n")[0][:_HEADLINE],
            "description": task.text,
        }
        if responsible is not None:
            todo["responsibleId"] = responsible
        self._api.call("crm.activity.todo.add", todo)

    def _notes(self, deal: int) -> list[str]:
        """The last 50."""
        method = "crm.timeline.comment.list"
        asked = {
            "filter": {"ENTITY_ID": deal, "ENTITY_TYPE": "deal"},
            "order": {"ID": "DESC"},
            "select": ["ID", "COMMENT"],
        }
        found = read(list[Comment], self._api.call(method, asked) or [], method)
        return [note.comment or "" for note in found]

    def _tasks(self, deal: int) -> list[str]:
        """The last 50."""
        method = "crm.activity.list"
        asked = {
            "filter": {"OWNER_TYPE_ID": DEAL, "OWNER_ID": deal, "PROVIDER_ID": "CRM_TODO"},
            "order": {"ID": "DESC"},
            "select": ["ID", "DESCRIPTION"],
        }
        found = read(list[Activity], self._api.call(method, asked) or [], method)
        return [task.description or "" for task in found]
