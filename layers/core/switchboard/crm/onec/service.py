"""1C through an HTTP service that its own programmer wrote; the playbook says what it is called.

Once per movement: `find` is asked before a second attempt where the playbook names it, and without
it a PUT with {id} is repeated, which the service takes as the same movement.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

import httpx

from switchboard.crm.generic import paths
from switchboard.crm.generic.requests import filled_path
from switchboard.crm.loyalty import BonusMovement
from switchboard.crm.onec import mapping
from switchboard.crm.onec.calls import Calls
from switchboard.domain.errors import Misconfigured, Refused
from switchboard.playbook.model import OnecHttp

_NONE = frozenset({httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND, httpx.codes.GONE})
_SPACES = str.maketrans({" ": "", "\N{NO-BREAK SPACE}": "", ",": "."})


class OnecHttpClient:
    """One branch's 1C; implements `crm.loyalty.Loyalty`."""

    def __init__(self, calls: Calls, section: OnecHttp, branch: str) -> None:
        self._calls = calls
        self._section = section
        self._branch = branch

    def move(self, movement: BonusMovement, *, again: bool) -> None:
        identifier = mapping.movement_id(self._branch, movement.key)
        values = mapping.values(movement, identifier)
        if again and self._found(values):
            return
        request = self._section.grant if movement.points > 0 else self._section.take
        response = self._calls.write(
            request.method,
            filled_path(request.path, values),
            mapping.body(request.body, values) or None,
            identifier,
        )
        if response.is_success:
            return
        if response.status_code == httpx.codes.NOT_FOUND and response.content:
            # The web server's own 404 is HTML and was judged before: this one is the service's.
            raise Refused(f"{self._calls.provider}: 1C knows nobody with this phone")
        raise self._calls.refusal(request.method, response)

    def balance(self, phone: str) -> int | None:
        if self._section.balance is None:
            return None
        response = self._calls.read(filled_path(self._section.balance, {"phone": phone}))
        if response.status_code in _NONE:
            return None
        if not response.is_success:
            raise self._calls.refusal("GET", response)
        return self._number(paths.at(self._calls.json(response), self._section.balance_path))

    def _found(self, values: dict[str, str]) -> bool:
        """Whether the service has the movement. Never, where it cannot be asked."""
        if self._section.find is None:
            return False
        asked = {"id": values["id"], "phone": values["phone"]}
        response = self._calls.read(filled_path(self._section.find, asked))
        if response.status_code in _NONE:
            return False
        if not response.is_success:
            raise self._calls.refusal("GET", response)
        said = self._calls.json(response)
        if _is_empty(said):
            return False
        # `{"found": false}` must not pass for a movement, nor another movement for this one.
        # It is looked for in the bytes: what the answer says of its charset may be wrong.
        if values["id"].encode() not in response.content.lower():
            raise Misconfigured(f"{self._calls.provider}: `find` answers without the {{id}}")
        return True

    def _number(self, said: Any) -> int | None:
        """Whole points; 1C writes numbers as `1250`, `1250.5` or, as text, `1 250,00`."""
        if said is None:
            return None
        try:
            return int(Decimal(str(said).translate(_SPACES)))
        except (InvalidOperation, ValueError, OverflowError):
            why = f"{self._calls.provider}: no number stands at `balance_path`"
            raise Misconfigured(why) from None


def _is_empty(said: Any) -> bool:
    """Nothing, an empty list, or an object around one empty list."""
    if isinstance(said, dict):
        arrays = [value for value in said.values() if isinstance(value, list)]
        return not said or (len(arrays) == 1 and not arrays[0])
    return said is None or said == []
