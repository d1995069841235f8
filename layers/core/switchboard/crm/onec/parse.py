"""1C's own call to us: a sale, told as JSON `{"phone": "…", "document": "…"}`.

`document` may be called `id`. Nobody signs it: the secret stands in the address.
"""

from collections.abc import Mapping
from typing import NamedTuple

from switchboard.crm.generic import paths
from switchboard.crm.parsed import Malformed, check_size
from switchboard.playbook.view import OnecHttp, OnecOdata

_LONGEST_ID = 200
_LONGEST_PHONE = 40


class Sale(NamedTuple):
    """What was sold to whom. `phone` is as 1C spells it."""

    id: str
    phone: str


def parse_sale(_headers: Mapping[str, str], body: bytes, section: OnecHttp | OnecOdata) -> Sale:
    """The sale that a call is about. Raises Malformed."""
    del section  # The keys are fixed: whoever writes the call in 1C writes them so.
    check_size(body)
    try:
        said = paths.loads(body)
    except ValueError as error:
        raise Malformed(str(error)) from None
    if not isinstance(said, dict):
        raise Malformed("the sale is no JSON object")
    document = said.get("document")
    return Sale(
        id=_text(said.get("id") if document is None else document, "document", _LONGEST_ID),
        phone=_text(said.get("phone"), "phone", _LONGEST_PHONE),
    )


def _text(value: object, name: str, longest: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.isprintable():
        raise Malformed(f"`{name}` is no text and no number")
    found = value.strip()
    if not 0 < len(found) <= longest:
        raise Malformed(f"`{name}` is empty or too long")
    return found
