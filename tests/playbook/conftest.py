"""A settings table and a playbook to publish."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from switchboard.playbook.lint import examine
from switchboard.playbook.model import Playbook
from tests.playbook.settings_table import CountingDatabase, settings_table

DEMO = Path(__file__).parents[2] / "playbooks" / "demo.yaml"


@pytest.fixture
def settings() -> Iterator[tuple[CountingDatabase, str]]:
    with settings_table() as opened:
        yield opened


@pytest.fixture(scope="session")
def playbook() -> Playbook:
    read = examine(DEMO.read_text()).playbook
    assert read is not None
    return read
