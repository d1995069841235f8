"""Stages, funnels, employees, and who has a phone."""

from sandbox.bitrix24 import php
from sandbox.bitrix24.errors import missing, old_style, type_not_found
from sandbox.bitrix24.items import Method
from sandbox.bitrix24.phones import code
from sandbox.bitrix24.records import DEAL, Portal
from sandbox.bitrix24.selection import Answer, matches, paged
from sandbox.settings_tyres import DealStage, PortalUser
from sandbox.wire import Json

_VALUES_LOOKED_AT = 20
_MATCHES_PER_VALUE = 20
_WORDS = {"P": "process", "S": "success", "F": "failure"}


class Directories:
    """`exact` compares phones as they are spelt, for portals that store what they are given."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.exact = False

    def table(self) -> dict[str, Method]:
        return {
            "crm.status.list": self._statuses,
            "crm.category.list": self._categories,
            "crm.duplicate.findbycomm": self._find_by_phone,
            "user.get": self._users,
            "profile": self._profile,
        }

    def _statuses(self, params: Json) -> Answer:
        shown = [_status(at, stage) for at, stage in enumerate(self._portal.settings.stages)]
        allowed = set(shown[0])
        found = [one for one in shown if matches(one, params.get("filter"), allowed)]
        return Answer(found, len(found))

    def _categories(self, params: Json) -> Answer:
        if params.get("entityTypeId") is None:
            raise missing("entityTypeId")
        if php.integer(params["entityTypeId"]) != DEAL:
            raise type_not_found()
        shown = [
            {
                "id": number,
                "name": name,
                "sort": 300 + number,
                "entityTypeId": DEAL,
                "isDefault": "Y" if number == 0 else "N",
            }
            for number, name in self._portal.settings.funnels
        ]
        return Answer({"categories": shown}, len(shown))

    def _find_by_phone(self, params: Json) -> Answer:
        """Contacts alone: there are no leads and companies here, and no mail addresses."""
        kind = str(php.any_case(params, "type") or "").upper()
        if not kind:
            raise old_style("Communication type is not defined.")
        if kind not in {"PHONE", "EMAIL"}:
            text = f"Communication type '{kind}' is not supported in current context."
            raise old_style(text)
        values = [one for _, one in php.items(php.any_case(params, "values"))]
        if not values:
            raise old_style("Communication values is not defined.")
        wanted = str(php.any_case(params, "entity_type") or "").upper()
        if kind == "EMAIL" or wanted in {"LEAD", "COMPANY"}:
            return Answer([])
        # Values after the twentieth are not looked at, without a word; those of one code are one.
        codes = list(dict.fromkeys(self._code(str(one)) for one in values if one))
        found = [
            number
            for sought in codes[:_VALUES_LOOKED_AT]
            for number in self._having(sought)[:_MATCHES_PER_VALUE]
        ]
        # Nobody found is an empty PHP array: a list instead of an object.
        return Answer({"CONTACT": list(dict.fromkeys(found))} if found else [])

    def _code(self, spelling: str) -> str:
        return spelling if self.exact else code(spelling)

    def _having(self, sought: str) -> list[int]:
        return [
            contact.id
            for contact in self._portal.contacts.values()
            if sought and any(self._code(phone.value) == sought for phone in contact.phones)
        ]

    def _users(self, params: Json) -> Answer:
        shown = [_user(user) for user in self._portal.settings.users]
        # ID may stand beside the filter as well as in it.
        number = php.any_case(params, "id")
        conditions = php.any_case(params, "filter") or ({"ID": number} if number else {})
        found = [one for one in shown if matches(one, conditions, set(shown[0]))]
        return paged(found, params.get("start"))

    def _profile(self, params: Json) -> Answer:
        del params
        settings = self._portal.settings
        owner = next(user for user in settings.users if user.id == settings.bitrix24_user_id)
        return Answer(
            {
                "ID": str(owner.id),
                "ADMIN": True,
                "NAME": owner.name,
                "LAST_NAME": owner.last_name,
                "PERSONAL_GENDER": "",
                "TIME_ZONE": "",
                "TIME_ZONE_OFFSET": 10_800,
            }
        )


def _status(at: int, stage: DealStage) -> Json:
    entity = f"DEAL_STAGE_{stage.category}" if stage.category else "DEAL_STAGE"
    return {
        "ID": str(101 + 2 * at),
        "ENTITY_ID": entity,
        "STATUS_ID": stage.id,
        "NAME": stage.name,
        "NAME_INIT": "",
        "SORT": str(10 * (at + 1)),
        "SYSTEM": "N",
        "CATEGORY_ID": str(stage.category) if stage.category else None,
        "COLOR": stage.color,
        "SEMANTICS": None if stage.semantic == "P" else stage.semantic,
        "EXTRA": {"SEMANTICS": _WORDS[stage.semantic], "COLOR": stage.color},
    }


def _user(user: PortalUser) -> Json:
    return {
        "ID": str(user.id),
        "ACTIVE": True,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "SECOND_NAME": "",
        "EMAIL": user.email,
        "TIME_ZONE": "",
        "IS_ONLINE": "N",
        "WORK_POSITION": user.position,
        "UF_DEPARTMENT": [1],
        "USER_TYPE": "employee",
    }
