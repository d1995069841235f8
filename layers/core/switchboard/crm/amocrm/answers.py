"""The parts of API v4's answers that we read. Everything else in them is passed over."""

from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from switchboard.crm.line import answer
from switchboard.domain.errors import Refused


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class FieldValue(_Answer):
    """One value of a custom field; `value` is text, a number, a boolean or an object by type."""

    value: Any = None


class CustomField(_Answer):
    """A custom field that has a value; fields without one are absent from the answer."""

    field_id: int | None = None
    field_code: str | None = None
    field_type: str | None = None
    values: list[FieldValue] | None = None


class LinkedContact(_Answer):
    id: int
    is_main: bool = False


class _LeadEmbedded(_Answer):
    contacts: list[LinkedContact] = []


class Lead(_Answer):
    id: int
    name: str | None = None
    price: float | None = None
    status_id: int = 0
    pipeline_id: int = 0
    responsible_user_id: int | None = None
    updated_at: int = 0
    closed_at: int | None = None
    is_deleted: bool = False
    custom_fields_values: list[CustomField] | None = None
    embedded: _LeadEmbedded = Field(_LeadEmbedded(), alias="_embedded")

    @property
    def main_contact(self) -> int | None:
        linked = self.embedded.contacts
        main = next((c for c in linked if c.is_main), linked[0] if linked else None)
        return None if main is None else main.id


class Person(_Answer):
    """A contact of the CRM."""

    name: str | None = None
    first_name: str | None = None
    custom_fields_values: list[CustomField] | None = None


class _LinkedLead(_Answer):
    id: int


class _FoundEmbedded(_Answer):
    leads: list[_LinkedLead] = []


class FoundPerson(Person):
    """A contact in a list, with its leads where they were asked for."""

    id: int
    embedded: _FoundEmbedded = Field(_FoundEmbedded(), alias="_embedded")


class _Found(_Answer):
    contacts: list[FoundPerson] = []


class PersonPage(_Answer):
    embedded: _Found = Field(_Found(), alias="_embedded")


class ListedLead(_Answer):
    id: int
    updated_at: int = 0
    status_id: int = 0
    pipeline_id: int = 0
    is_deleted: bool = False


class _Leads(_Answer):
    leads: list[ListedLead] = []


class LeadPage(_Answer):
    embedded: _Leads = Field(_Leads(), alias="_embedded")


class _NoteParams(_Answer):
    text: str | None = None


class _Note(_Answer):
    params: _NoteParams | None = None


class _Notes(_Answer):
    notes: list[_Note] = []


class NotePage(_Answer):
    embedded: _Notes = Field(_Notes(), alias="_embedded")

    @property
    def texts(self) -> list[str]:
        return [note.params.text or "" for note in self.embedded.notes if note.params]


class _Task(_Answer):
    text: str | None = None


class _Tasks(_Answer):
    tasks: list[_Task] = []


class TaskPage(_Answer):
    embedded: _Tasks = Field(_Tasks(), alias="_embedded")

    @property
    def texts(self) -> list[str]:
        return [task.text or "" for task in self.embedded.tasks]


class TokenPair(_Answer):
    """What a refresh token is exchanged for. `expires_in` is in seconds."""

    # It goes into a header, where nothing but ASCII may stand.
    access_token: str = Field(pattern=r"^[!-~]+$")
    refresh_token: str = Field(min_length=1)
    expires_in: int = Field(gt=0)


class _ValidationError(_Answer):
    code: str = ""
    path: str = ""


class _ValidationErrors(_Answer):
    errors: list[_ValidationError] = []


class Problem(_Answer):
    """An error's body, application/problem+json."""

    validation_errors: list[_ValidationErrors] = Field([], alias="validation-errors")

    @property
    def where(self) -> str:
        """Codes and paths alone: the details quote what we sent."""
        found = [f"{e.code} at {e.path}" for group in self.validation_errors for e in group.errors]
        return ", ".join(found[:5])


_A = TypeVar("_A", bound=BaseModel)


def read(model: type[_A], response: httpx.Response) -> _A:
    """The answer as the model. Raises Unanswered for what is no JSON, Refused for another shape."""
    try:
        return model.model_validate(answer(response, "amocrm"))
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise Refused(f"amocrm: the answer has another shape than API v4's at {where}") from None
