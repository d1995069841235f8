"""A house with one job on offer."""

from typing import Any

import pytest

from tests.doors.house import House
from tests.store.conftest import Tables


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> House:
    built = House(moto, moto_tables("jobs"), moto_tables("settings"))
    built.offer()
    return built
