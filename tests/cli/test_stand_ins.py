"""The demo's playbook finds the sandbox on whatever port it got."""

from pathlib import Path

import pytest

from cli.stand_ins import with_sandbox
from switchboard.playbook.lint import examine
from switchboard.playbook.model import Playbook

DEMO = Path(__file__).parents[2] / "playbooks" / "demo.yaml"


def playbook(text: str) -> Playbook:
    read = examine(text).playbook
    assert read is not None
    return read


@pytest.mark.parametrize("url", ["http://127.0.0.1:45678", "http://127.0.0.1:45678/"])
def test_addresses_of_the_sandbox_follow_it(url: str) -> None:
    before = playbook(DEMO.read_text())
    after = with_sandbox(before, url)
    assert after.telegram.base_url == "http://127.0.0.1:45678/telegram/bot"
    assert after.crm.base_url == "http://127.0.0.1:45678/amocrm"
    assert with_sandbox(after, "http://127.0.0.1:1") == after
    assert after.dispatch == before.dispatch


def test_real_addresses_stay() -> None:
    real = DEMO.read_text().replace("http://127.0.0.1:8090/amocrm", "https://demo.example.test")
    after = with_sandbox(playbook(real), "http://127.0.0.1:45678")
    assert after.crm.base_url == "https://demo.example.test"


def test_nothing_else_changes() -> None:
    before = playbook(DEMO.read_text())
    assert with_sandbox(before, "http://127.0.0.1:8090") == before
