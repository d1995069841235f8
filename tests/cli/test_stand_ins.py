"""Playbooks find the sandbox and the doors on whatever port they got."""

from pathlib import Path
from typing import Any

import pytest

from cli.stand_ins import DOORS, SANDBOX, with_sandbox
from switchboard.playbook.lint import examine
from switchboard.playbook.model import Playbook

DEMO = Path(__file__).parents[2] / "playbooks" / "demo.yaml"
PAGE = "http://127.0.0.1:45678"
OURS = "http://127.0.0.1:45679"


def playbook(text: str) -> Playbook:
    read = examine(text).playbook
    assert read is not None
    return read


def reviewing(**other: Any) -> Playbook:
    """The demo's playbook with every other section that holds an address."""
    content = playbook(DEMO.read_text()).model_dump()
    secret = "env:ANY"
    content["whatsapp"] = {
        "base_url": f"http://{SANDBOX}/whatsapp/v23.0", "phone_id": "10000", "token": secret,
    }  # fmt: skip
    content["sms"] = {
        "kind": "smsc", "base_url": f"http://{SANDBOX}/sms", "login": secret, "password": secret,
    }  # fmt: skip
    content["loyalty"] = {
        "kind": "onec_odata",
        "base_url": f"http://{SANDBOX}/onec/odata/standard.odata",
        "login": secret,
        "password": secret,
        "grant": {"name": "Document_Grant", "client": "Client_Key", "amount": "Amount"},
        "take": {"name": "Document_Take", "client": "Client_Key", "amount": "Amount"},
    }
    content["reviews"] = {
        "company": "Шинный центр",
        "public_url": f"http://{DOORS}",
        "link_key": secret,
        "survey": {"stages": ["WON"], "questions": [{"id": "quality", "text": "Качество?"}]},
        "sites": [
            {"name": "Яндекс", "url": f"http://{SANDBOX}/review/yandex"},
            {"name": "Google", "url": "https://g.example.test/r/1"},
        ],
        **other,
    }
    return Playbook.model_validate(content)


@pytest.mark.parametrize("slash", ["", "/"])
def test_addresses_of_the_sandbox_follow_it(slash: str) -> None:
    before = playbook(DEMO.read_text())
    after = with_sandbox(before, PAGE + slash, OURS + slash)
    assert after.telegram.base_url == f"{PAGE}/telegram/bot"
    assert after.crm.base_url == f"{PAGE}/amocrm"
    assert with_sandbox(after, "http://127.0.0.1:1", "http://127.0.0.1:2") == after
    assert after.dispatch == before.dispatch


def test_every_section_is_led() -> None:
    after = with_sandbox(reviewing(), PAGE, OURS)
    assert after.whatsapp is not None
    assert after.whatsapp.base_url == f"{PAGE}/whatsapp/v23.0"
    assert after.sms is not None
    assert after.sms.base_url == f"{PAGE}/sms"
    assert after.loyalty is not None
    assert after.loyalty.base_url == f"{PAGE}/onec/odata/standard.odata"
    assert after.reviewing.public_url == OURS
    assert [site.url for site in after.reviewing.sites] == [
        f"{PAGE}/review/yandex",
        "https://g.example.test/r/1",
    ]


def test_real_addresses_stay() -> None:
    real = DEMO.read_text().replace(f"http://{SANDBOX}/amocrm", "https://demo.example.test")
    after = with_sandbox(playbook(real), PAGE, OURS)
    assert after.crm.base_url == "https://demo.example.test"
    public = reviewing(public_url="https://reviews.example.test")
    assert with_sandbox(public, PAGE, OURS).reviewing.public_url == "https://reviews.example.test"


def test_words_are_no_addresses() -> None:
    content = reviewing().model_dump() | {"texts": {"claim.won": f"http://{SANDBOX}/x"}}
    after = with_sandbox(Playbook.model_validate(content), PAGE, OURS)
    assert after.texts == {"claim.won": f"http://{SANDBOX}/x"}


def test_nothing_else_changes() -> None:
    for before in (playbook(DEMO.read_text()), reviewing()):
        assert with_sandbox(before, f"http://{SANDBOX}", f"http://{DOORS}") == before
