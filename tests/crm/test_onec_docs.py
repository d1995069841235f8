"""The guides' examples are sections that a playbook may have."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from switchboard.crm.generic.requests import placeholders
from switchboard.crm.onec.mapping import PLACEHOLDERS, idempotent
from switchboard.playbook.model import OnecHttp, OnecOdata, Sms, Whatsapp

DOCS = Path(__file__).parents[2] / "docs"


def examples(guide: str) -> Iterator[dict[str, Any]]:
    for block in re.findall(r"```yaml\n(.*?)```", (DOCS / guide).read_text(), re.DOTALL):
        yield yaml.safe_load(block)


def test_of_1c() -> None:
    put, post, odata = examples("loyalty-1c.md")
    sections = [OnecHttp.model_validate(put["loyalty"] | more) for more in ({}, post)]
    for section in sections:
        assert idempotent(section, section.grant)
        assert idempotent(section, section.take)
        for name in ("grant", "take"):
            request = getattr(section, name)
            texts = [request.path, *request.body.values()]
            assert {one for text in texts for one in placeholders(text)} <= PLACEHOLDERS[name]
    assert OnecOdata.model_validate(odata["loyalty"]).take.until is None


def test_of_channels_to_phones() -> None:
    whatsapp, sms = examples("phones.md")
    section = Whatsapp.model_validate(whatsapp["whatsapp"])
    assert section.templates["bonus"].parameters == ("first_name", "bonus", "until")
    assert Sms.model_validate(sms["sms"]).kind == "smsc"


def test_every_placeholder_is_explained() -> None:
    guide = (DOCS / "loyalty-1c.md").read_text()
    told = set(re.findall(r"`\{([a-z_]+)\}`", guide))
    assert told == {one for names in PLACEHOLDERS.values() for one in names}
