"""crm.timeline.comment.* and activities. Neither is idempotent: the same call twice makes two."""

from collections.abc import Callable
from typing import Any

from sandbox.bitrix24 import php
from sandbox.bitrix24.dates import read, written
from sandbox.bitrix24.errors import RestError, missing, old_style
from sandbox.bitrix24.items import Method
from sandbox.bitrix24.records import CONTACT, DEAL, Activity, Card, Comment, Portal
from sandbox.bitrix24.selection import Answer, matches, ordered, paged
from sandbox.wire import Json

TYPES = {"deal": DEAL, "contact": CONTACT}


class Timeline:
    """`tell` writes into the card's history and the journal."""

    def __init__(self, portal: Portal, tell: Callable[[Card, str], object]) -> None:
        self._portal = portal
        self._tell = tell

    def table(self) -> dict[str, Method]:
        return {
            "crm.timeline.comment.add": self._comment_add,
            "crm.timeline.comment.list": self._comment_list,
            "crm.timeline.comment.get": self._comment_get,
            "crm.activity.todo.add": self._todo_add,
            "crm.activity.list": self._activity_list,
            "crm.activity.get": self._activity_get,
        }

    def _comment_add(self, params: Json) -> Answer:
        # Only `fields` in lower case, since crm 23.100.
        given = params.get("fields")
        if not isinstance(given, dict) or not {"ENTITY_ID", "ENTITY_TYPE"} <= given.keys():
            raise missing("fields")
        text = str(given.get("COMMENT") or "")
        if not text.strip():
            raise RestError("INVALID_ARG_VALUE", "Empty comment message")
        kind = str(given["ENTITY_TYPE"]).lower()
        number = php.integer(given["ENTITY_ID"]) or 0
        card = self._portal.card(TYPES[kind], number) if kind in TYPES else None
        if card is None:
            raise RestError("OWNER_NOT_FOUND", "Owner was not found")
        author = php.integer(given.get("AUTHOR_ID")) or self._portal.settings.bitrix24_user_id
        comment = Comment(self._portal.new_id(), kind, number, text, author)
        self._portal.comments[comment.id] = comment
        self._tell(card, f"комментарий: {text}")
        return Answer(comment.id)

    def _comment_list(self, params: Json) -> Answer:
        conditions = params.get("filter")
        given = conditions if isinstance(conditions, dict) else {}
        number = php.integer(given.get("ENTITY_ID"))
        kind = str(given.get("ENTITY_TYPE", "")).lower()
        if number is None or not kind:
            raise old_style("Filter by ENTITY_ID and ENTITY_TYPE is required")
        found = [_comment(one) for one in self._portal.comments_of(kind, number)]
        found = ordered(found, params.get("order") or {"ID": "ASC"}, {"ID", "CREATED", "AUTHOR_ID"})
        return _selected(paged(found, params.get("start")), params)

    def _comment_get(self, params: Json) -> Answer:
        number = php.integer(params.get("id"))
        if number is None:
            raise old_style("ID is not defined or invalid.")
        comment = self._portal.comments.get(number)
        if comment is None:
            raise old_style("Not found.")
        return Answer(_comment(comment))

    def _todo_add(self, params: Json) -> Answer:
        for name in ("ownerTypeId", "ownerId", "deadline"):
            if not params.get(name):
                raise missing(name)
        kind, number = php.integer(params["ownerTypeId"]), php.integer(params["ownerId"]) or 0
        card = self._portal.card(kind, number) if kind in {DEAL, CONTACT} else None
        if kind is None or card is None:
            raise RestError("OWNER_NOT_FOUND", "Owner was not found")
        try:
            deadline = read(str(params["deadline"]))
        except ValueError as error:
            raise RestError("WRONG_DATETIME_FORMAT", "Wrong datetime format") from error
        settings = self._portal.settings
        responsible = php.integer(params.get("responsibleId")) or settings.bitrix24_user_id
        if responsible not in {user.id for user in settings.users}:
            raise RestError("ACCESS_DENIED", "Access denied")
        activity = Activity(
            self._portal.new_id(),
            kind,
            number,
            str(params.get("title") or ""),
            str(params.get("description") or ""),
            deadline,
            responsible,
            settings.bitrix24_user_id,
        )
        self._portal.activities[activity.id] = activity
        words = " · ".join(one for one in (activity.title, activity.description) if one)
        self._tell(card, f"дело для {settings.user_name(responsible)}: {words}")
        return Answer({"id": activity.id})

    def _activity_list(self, params: Json) -> Answer:
        shown = [_activity(one) for one in self._portal.activities.values()]
        allowed = set(_activity_names())
        found = [one for one in shown if matches(one, _bound(params.get("filter")), allowed)]
        order = {key: str(value).upper() for key, value in php.items(params.get("order"))}
        found = ordered(found, order or {"START_TIME": "ASC"}, allowed)
        return _selected(paged(found, params.get("start")), params)

    def _activity_get(self, params: Json) -> Answer:
        number = php.integer(php.any_case(params, "id"))
        activity = self._portal.activities.get(number or 0)
        if activity is None:
            raise old_style("Activity is not found.")
        return Answer(_activity(activity))


def _bound(conditions: Any) -> Any:
    """BINDINGS asks for the owner, which is the only binding here."""
    pairs = dict(php.items(conditions))
    bindings = [one for _, one in php.items(pairs.pop("BINDINGS", None))]
    return {**pairs, "0": {"logic": "OR", **dict(enumerated(bindings))}} if bindings else pairs


def enumerated(conditions: list[Any]) -> list[tuple[str, Any]]:
    return [(str(at), one) for at, one in enumerate(conditions)]


def _selected(page: Answer, params: Json) -> Answer:
    names = [name for _, name in php.items(params.get("select"))]
    if not names or "*" in names:
        return page
    shown: list[Any] = [{key: one[key] for key in one if key in names} or [] for one in page.result]
    return page._replace(result=shown)


def _comment(comment: Comment) -> Json:
    return {
        "ID": str(comment.id),
        "ENTITY_ID": str(comment.entity_id),
        "ENTITY_TYPE": comment.entity_type,
        "CREATED": written(comment.created_at),
        "COMMENT": comment.text,
        "AUTHOR_ID": str(comment.author_id),
        "FILES": {},
    }


def _activity_names() -> list[str]:
    return list(_activity(Activity(0, DEAL, 0, "", "", 0.0, 0, 0)))


def _activity(activity: Activity) -> Json:
    """All in text, as in crm.activity.get; a todo's title is its SUBJECT."""
    created = written(activity.created_at)
    return {
        "ID": str(activity.id),
        "OWNER_ID": str(activity.owner_id),
        "OWNER_TYPE_ID": str(activity.owner_type_id),
        "TYPE_ID": "6",
        "PROVIDER_ID": "CRM_TODO",
        "PROVIDER_TYPE_ID": "TODO",
        "PROVIDER_GROUP_ID": None,
        "ASSOCIATED_ENTITY_ID": "0",
        "SUBJECT": activity.title,
        "CREATED": created,
        "LAST_UPDATED": created,
        "START_TIME": written(activity.deadline),
        "END_TIME": written(activity.deadline),
        "DEADLINE": written(activity.deadline),
        "COMPLETED": "Y" if activity.completed else "N",
        "STATUS": "2" if activity.completed else "1",
        "RESPONSIBLE_ID": str(activity.responsible_id),
        "PRIORITY": "2",
        "DESCRIPTION": activity.description,
        "DESCRIPTION_TYPE": "1",
        "DIRECTION": "2",
        "SETTINGS": [],
        "ORIGINATOR_ID": None,
        "ORIGIN_ID": None,
        "AUTHOR_ID": str(activity.author_id),
        "EDITOR_ID": str(activity.author_id),
        "PROVIDER_PARAMS": [],
        "PROVIDER_DATA": None,
    }
