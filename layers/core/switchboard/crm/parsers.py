"""The doors' register of providers. Adding a CRM is one line here and one in `connect`.

Doors import this, so it leads to the standard library and pydantic only: clients are elsewhere.
"""

from collections.abc import Callable, Mapping

from switchboard.crm.amocrm.parse import parse as parse_amocrm
from switchboard.crm.bitrix24.parse import parse as parse_bitrix24
from switchboard.crm.generic.parse import parse as parse_generic
from switchboard.crm.parsed import Parsed
from switchboard.playbook.view import Crm

Headers = Mapping[str, str]
Parse = Callable[[Headers, bytes, Crm], Parsed]

_PARSERS: Mapping[str, Parse] = {
    "amocrm": parse_amocrm,
    "bitrix24": parse_bitrix24,
    "generic": parse_generic,
}


def parser(provider: str) -> Parse | None:
    """How that provider's webhooks are read: `parse(headers, body, playbook.crm)`.

    Header names may be in any case. The parse raises Malformed. None: there is no such provider.
    """
    return _PARSERS.get(provider)
