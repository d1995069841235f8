"""Which attributes the objects of the database have, and what each of them takes."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sandbox.wire import Json

Kind = Literal["string", "number", "date", "bool", "guid", "rows"]

CLIENTS = "Catalog_Контрагенты"
GRANTS = "Document_НачислениеБонусов"
TAKES = "Document_СписаниеБонусов"
REGISTER = "AccumulationRegister_Бонусы"

NO_DATE = "0001-01-01T00:00:00"
NO_GUID = "00000000-0000-0000-0000-000000000000"
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
EMPTY: dict[Kind, Any] = {
    "string": "",
    "number": 0,
    "date": NO_DATE,
    "bool": False,
    "guid": NO_GUID,
    "rows": [],
}


@dataclass(frozen=True)
class Attribute:
    """`length` cuts longer strings without a word, as 1C does when it assigns an attribute."""

    kind: Kind
    length: int | None = None
    written: bool = True


COMMON = {
    "Ref_Key": Attribute("guid", written=False),
    "DataVersion": Attribute("string", written=False),
    "DeletionMark": Attribute("bool"),
}
DOCUMENT = COMMON | {
    "Number": Attribute("string", 9),
    "Date": Attribute("date"),
    # Documents are posted by the action Post alone.
    "Posted": Attribute("bool", written=False),
    "Контрагент_Key": Attribute("guid"),
    "Сумма": Attribute("number"),
    "СрокДействия": Attribute("date"),
    "ВнешнийИдентификатор": Attribute("string", 50),
    "Комментарий": Attribute("string"),
}
SCHEMAS: dict[str, dict[str, Attribute]] = {
    CLIENTS: COMMON
    | {
        "Code": Attribute("string", 9),
        "Description": Attribute("string", 100),
        "Телефон": Attribute("string", 20),
        "КонтактнаяИнформация": Attribute("rows"),
    },
    GRANTS: DOCUMENT,
    TAKES: DOCUMENT,
}


class WrongValue(ValueError):
    """The message is the attribute's name."""


def values(schema: dict[str, Attribute], body: Json) -> Json:
    """What of `body` is written: attributes that the object lacks are ignored, as documented.

    Raises WrongValue.
    """
    return {
        name: _value(name, attribute, body[name])
        for name, attribute in schema.items()
        if attribute.written and name in body
    }


def _value(name: str, attribute: Attribute, given: Any) -> Any:
    if given is None:
        return EMPTY[attribute.kind]
    try:
        return READERS[attribute.kind](given, attribute)
    except (TypeError, ValueError) as error:
        raise WrongValue(name) from error


def _string(given: Any, attribute: Attribute) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given[: attribute.length]


def _number(given: Any, attribute: Attribute) -> float | int:
    del attribute
    if isinstance(given, bool):
        raise TypeError
    number = float(given)
    return int(number) if number.is_integer() else round(number, 2)


def _date(given: Any, attribute: Attribute) -> str:
    """Edm.DateTime is a wall clock's: an offset is dropped."""
    del attribute
    return datetime.fromisoformat(given).replace(tzinfo=None, microsecond=0).isoformat()


def _bool(given: Any, attribute: Attribute) -> bool:
    del attribute
    if not isinstance(given, bool):
        raise TypeError
    return given


def guid(given: Any, attribute: Attribute | None = None) -> str:
    """Lower case; raises ValueError or TypeError."""
    del attribute
    if not isinstance(given, str) or not GUID.fullmatch(given.lower()):
        raise ValueError(given)
    return given.lower()


def _rows(given: Any, attribute: Attribute) -> list[Json]:
    """Each row of a tabular section needs its number."""
    del attribute
    if not all(isinstance(row, dict) and str(row["LineNumber"]).isdigit() for row in given):
        raise TypeError
    return [dict(row) for row in given]


READERS = {
    "string": _string,
    "number": _number,
    "date": _date,
    "bool": _bool,
    "guid": guid,
    "rows": _rows,
}
