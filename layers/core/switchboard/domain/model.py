"""The base of every value that crosses a queue or a table."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Immutable, and closed: an unknown field is an error, never silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")
