"""A branch with reviews in tables of its own."""

from typing import Any

import pytest

from switchboard.store.database import Database
from tests.pipeline.reviews import Reviews, names_of, playbook
from tests.store.conftest import Tables


@pytest.fixture
def reviews(moto: Any, moto_tables: Tables) -> Reviews:
    made = Reviews(Database(moto), names_of(moto_tables))
    made.publish(playbook())
    return made
