"""The base of every value that crosses a queue or a table."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Immutable, and closed: an unknown field is an error, never silently dropped.

    Validators are built at first use: a cold start waits only for those of what it handles.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
