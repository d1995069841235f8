"""The generic CRM's webhooks: JSON in which the playbook says where the deal's id stands."""

from collections.abc import Mapping

from switchboard.crm.generic import paths
from switchboard.crm.parsed import Malformed, Parsed, check_size
from switchboard.playbook.view import Crm, Generic

_MAX_ID = 200


def parse(_headers: Mapping[str, str], body: bytes, crm: Crm) -> Parsed:
    """The deal that a webhook is about. Raises Malformed."""
    if not isinstance(crm, Generic):
        raise Malformed("the branch's CRM is another one")
    check_size(body)
    try:
        said = paths.loads(body)
    except ValueError as error:
        raise Malformed(str(error)) from None
    deal = paths.at(said, crm.webhook_deal_id)
    if deal is None:
        raise Malformed("no deal id stands where the playbook says")
    return Parsed((deal_id(deal),))


def deal_id(value: object) -> str:
    """A deal's id as text. Raises Malformed for one that could not stand in an address."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID or not value.isprintable():
        raise Malformed("the deal's id is no number and no short text")
    # A dot segment would climb out of the path that the id is put into.
    if value.strip(". ") == "":
        raise Malformed("the deal's id is no number and no short text")
    return value
