"""A movement of bonuses as the HTTP services' callers ask for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.wire import BadBody, Json


@dataclass(frozen=True)
class Wanted:
    """`points` below 0 are taken; `until` is empty or a date of 1C's; `key` is the caller's."""

    phone: str
    points: float
    until: str
    key: str
    comment: str

    def content(self) -> tuple[str, float, str]:
        return self.phone, self.points, self.until

    @classmethod
    def of_loyalty(cls, body: Json, key: str) -> "Wanted":
        amount = _number(body.get("amount"), "amount")
        operation = body.get("operation", "grant")
        if operation not in {"grant", "take"} or amount <= 0:
            raise BadBody("operation must be grant or take, amount above 0")
        points = amount if operation == "grant" else -amount
        until = _day(body.get("until"), "%Y-%m-%d", "until")
        return cls(_phone(body.get("phone")), points, until, key, str(body.get("comment", "")))

    @classmethod
    def of_skidki(cls, body: Json) -> "Wanted":
        client = body.get("Клиент")
        phone = _phone(client.get("Телефон") if isinstance(client, dict) else None)
        points = _number(body.get("Баллы"), "Баллы")
        if not points:
            raise BadBody("Баллы: нужно число, но не ноль")
        until = _day(body.get("ДействуетДо"), "%Y%m%d", "ДействуетДо")
        key, comment = str(body.get("ВнешнийКод", "")), str(body.get("Примечание", ""))
        return cls(phone, points, until, key, comment)


def _phone(given: Any) -> str:
    if not isinstance(given, str) or sum(one.isdigit() for one in given) < 10:
        raise BadBody("phone: a number of ten digits or more")
    return given


def _number(given: Any, name: str) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise BadBody(f"{name}: a number")
    return given


def _day(given: Any, form: str, name: str) -> str:
    if given in (None, ""):
        return ""
    try:
        # A day of the account's calendar; there is no zone in it.
        return datetime.strptime(str(given), form).isoformat()
    except ValueError as error:
        raise BadBody(f"{name}: a date like {datetime(2027, 1, 31).strftime(form)}") from error
