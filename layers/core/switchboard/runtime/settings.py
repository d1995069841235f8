"""A function's settings: one pydantic model each, filled from the environment at the first call."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

M = TypeVar("M", bound="Settings")


class Settings(BaseModel):
    """Field `jobs_table` is the variable `JOBS_TABLE`. What the model does not name is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    @classmethod
    def load(cls: type[M], environ: Mapping[str, str]) -> M:
        """Raises pydantic.ValidationError, which names every variable that is missing."""
        names = cls.model_fields
        return cls.model_validate(
            {name: environ[name.upper()] for name in names if name.upper() in environ}
        )
