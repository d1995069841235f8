"""The generic CRM's webhooks."""

import json

import pytest

from switchboard.crm.generic.parse import parse
from switchboard.crm.parsed import Malformed, Parsed
from switchboard.playbook.view import Amocrm, Generic
from tests.crm.contract import ParseContract
from tests.crm.surroundings import amocrm, generic

SECTION = Generic.model_validate(generic())


class TestPayloads(ParseContract):
    provider = "generic"
    section = SECTION
    meaning = {  # noqa: RUF012 - declared once, never changed
        "deal_changed": Parsed(("1001",)),
        "deal_changed_text_id": Parsed(("D-1001/7",)),
        "deal_deleted": Parsed(("1002",)),
    }


def test_the_playbook_says_where_the_id_stands() -> None:
    section = Generic.model_validate(generic(webhook_deal_id="events.0.entity.id"))
    body = json.dumps({"events": [{"entity": {"id": 5}}]}).encode()
    assert parse({}, body, section) == Parsed(("5",))


@pytest.mark.parametrize(
    "deal_id", [None, "", " ", ".", "..", "a" * 201, "a\n", "a\x00", True, 1.5, [], {}]
)
def test_an_id_is_a_number_or_a_short_text(deal_id: object) -> None:
    with pytest.raises(Malformed):
        parse({}, json.dumps({"deal": {"id": deal_id}}).encode(), SECTION)


def test_another_crms_section_is_malformed() -> None:
    with pytest.raises(Malformed, match="another"):
        parse({}, b'{"deal":{"id":1}}', Amocrm.model_validate(amocrm()))
