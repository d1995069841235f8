"""1C's own call about a sale."""

import json

import pytest

from switchboard.crm.onec.parse import Sale, parse_sale
from switchboard.crm.parsed import Malformed
from switchboard.playbook.view import OnecHttp
from tests.crm.onec_sections import service

SECTION = OnecHttp.model_validate(service())


@pytest.mark.parametrize(
    ("said", "sale"),
    [
        (
            {"phone": "8 (900) 000-00-21", "document": "ЦБ-000123", "event": "sale_closed"},
            Sale("ЦБ-000123", "8 (900) 000-00-21"),
        ),
        ({"phone": 79000000021, "id": 17}, Sale("17", "79000000021")),
        ({"phone": " +79000000021 ", "document": "a", "id": "b"}, Sale("a", "+79000000021")),
    ],
)
def test_a_sale(said: object, sale: Sale) -> None:
    assert parse_sale({}, json.dumps(said).encode(), SECTION) == sale


def test_a_byte_order_mark_is_no_harm() -> None:
    body = b'\xef\xbb\xbf{"phone": "+79000000021", "document": "1"}'
    assert parse_sale({}, body, SECTION).id == "1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"phone=%2B79000000021",
        b"\xff\xfe",
        b"[]",
        b'"+79000000021"',
        b'{"document": "1"}',
        b'{"phone": "+79000000021"}',
        b'{"phone": "", "document": "1"}',
        b'{"phone": "  ", "document": "1"}',
        b'{"phone": null, "document": "1"}',
        b'{"phone": true, "document": "1"}',
        b'{"phone": ["+79000000021"], "document": "1"}',
        b'{"phone": "+7900\\n", "document": "1"}',
        b'{"phone": "+79000000021", "document": {"id": 1}}',
        b'{"phone": "' + b"9" * 41 + b'", "document": "1"}',
        b'{"phone": "+79000000021", "document": "' + b"x" * 201 + b'"}',
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"x" * (1024 * 1024 + 1),
    ],
)
def test_what_is_no_sale(body: bytes) -> None:
    with pytest.raises(Malformed) as malformed:
        parse_sale({}, body, SECTION)
    assert "7900" not in malformed.value.reason
