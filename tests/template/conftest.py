"""The expanded template, made once a run."""

import pytest

from tests.template.expanded import Expanded, expand


@pytest.fixture(scope="session")
def expanded() -> Expanded:
    return expand()
