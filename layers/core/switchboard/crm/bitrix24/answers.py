"""The parts of Bitrix24's answers that we read. Everything else in them is passed over."""

import re
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from switchboard.crm.bitrix24.errors import PROVIDER
from switchboard.domain.errors import Refused


def _nothing(value: Any) -> Any:
    """PHP says nothing as null, as an empty text, and as an empty array where an object stood."""
    return None if value in ("", []) else value


_PLAIN = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
_LONGEST = 3600.0
"""Seconds. Ten minutes are what is counted over."""
Optional = BeforeValidator(_nothing)
_Moment = Annotated[datetime | None, Optional]
_Number = Annotated[int | None, Optional]
_Text = Annotated[str | None, Optional]


class _Answer(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        coerce_numbers_to_str=True,
        alias_generator=to_camel,
        populate_by_name=True,
    )


class Time(_Answer):
    """How long the method has kept the account busy within ten minutes, in seconds.

    `operating_reset_at` is in seconds since 1970 or an ISO 8601 moment; the documentation has both.
    """

    model_config = ConfigDict(alias_generator=None)

    operating: float = 0
    operating_reset_at: float | AwareDatetime | None = None
    finish: float | None = None

    @property
    def wait(self) -> float | None:
        """Seconds until some of it is forgotten, by the account's own clock."""
        reset = self.operating_reset_at
        if isinstance(reset, datetime):
            reset = reset.timestamp()
        if reset is None or self.finish is None:
            return None
        wait = reset - self.finish
        return min(max(wait, 1.0), _LONGEST) if isfinite(wait) else None


class Problem(_Answer):
    """An error. The description is left alone: it may quote what we sent."""

    error: str = ""


class Deal(_Answer):
    """A deal as crm.item.get answers; fields of the account's own stay in `model_extra`."""

    model_config = ConfigDict(extra="allow")

    id: int
    title: _Text = None
    stage_id: _Text = None
    stage_semantic_id: _Text = None
    category_id: _Number = None
    opportunity: Annotated[Decimal | None, Optional] = None
    assigned_by_id: _Number = None
    contact_id: _Number = None
    """The main contact; 0 for none."""
    updated_time: _Moment = None
    moved_time: _Moment = None

    def own(self, name: str | None) -> Any:
        """The value of a field of the account's own, as the API has it."""
        return None if name is None else (self.model_extra or {}).get(name)


class ListedDeal(_Answer):
    id: int
    updated_time: _Moment = None


class Multifield(_Answer):
    """A phone, an e-mail address or the like."""

    type_id: str = ""
    value: _Text = None


class Person(_Answer):
    """A contact. `fm` is absent from older installations, whose phones stand in flat fields."""

    name: _Text = None
    last_name: _Text = None
    fm: Annotated[list[Multifield] | None, Optional] = None
    phone_mobile: _Text = None
    phone_work: _Text = None
    phone: _Text = None

    @property
    def phones(self) -> list[str]:
        """As they were typed, in the card's order."""
        listed = [one.value for one in self.fm or () if one.type_id == "PHONE"]
        flat = [self.phone_mobile, self.phone_work, self.phone]
        return [phone for phone in (*listed, *flat) if phone]


class Choice(_Answer):
    """One of the values of a list."""

    id: str = Field(alias="ID")
    value: str = Field(alias="VALUE")


class FieldDescription(_Answer):
    type: str = "string"
    items: Annotated[list[Choice] | None, Optional] = None


class Comment(_Answer):
    comment: _Text = Field(None, alias="COMMENT")


class Activity(_Answer):
    description: _Text = Field(None, alias="DESCRIPTION")


_A = TypeVar("_A")


def read(shape: type[_A], value: Any, method: str) -> _A:
    """A method's result as the shape. Raises Refused where it is another."""
    try:
        return TypeAdapter(shape).validate_python(value)
    except ValidationError as error:
        steps = map(str, error.errors(include_input=False)[0]["loc"])
        # Some are keys of the answer: only what cannot carry anybody's data is repeated.
        where = ".".join(step if _PLAIN.match(step) else "?" for step in steps)
        reason = f"{PROVIDER}: {method}: the answer has another shape than documented"
        raise Refused(f"{reason}, at {where}" if where else reason) from None


def part(value: Any, name: str) -> Any:
    """What stands under a name in an object; None where there is no object."""
    return value.get(name) if isinstance(value, dict) else None
