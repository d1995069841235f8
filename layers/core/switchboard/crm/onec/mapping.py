"""A movement in the words of the playbook's requests to an HTTP service.

No client is imported here: the lint asks this too.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from switchboard.crm.generic.requests import filled_body
from switchboard.crm.loyalty import BonusMovement
from switchboard.domain.errors import Misconfigured
from switchboard.playbook.model import GenericRequest, OnecHttp

_MOVEMENT = frozenset(
    {"phone", "id", "amount", "points", "comment", "until", "until_digits", "deal"}
)
PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "grant": _MOVEMENT,
    "take": _MOVEMENT,
    "find": frozenset({"id", "phone"}),
    "balance": frozenset({"phone"}),
}
"""Which placeholders may stand in each of the section's requests."""

_NUMBERS = frozenset({"{amount}", "{points}"})
_NAMESPACE = uuid.UUID("6f6b7a55-6a0c-5d6e-9f0b-2f1f0c1c1c01")
"""Any fixed one: movements are named within it for ever."""


def movement_id(branch: str, key: str) -> str:
    """The UUID by which 1C knows a movement again; another branch's same key gives another."""
    return str(uuid.uuid5(_NAMESPACE, f"{branch}\n{key}"))


def values(movement: BonusMovement, identifier: str) -> dict[str, str]:
    """What the placeholders stand for."""
    return {
        "id": identifier,
        "phone": movement.phone,
        "amount": str(abs(movement.points)),
        "points": str(movement.points),
        "comment": movement.comment,
        "until": "" if movement.until is None else movement.until.isoformat(),
        "until_digits": "" if movement.until is None else movement.until.strftime("%Y%m%d"),
        "deal": movement.deal,
    }


def body(template: Mapping[str, str], filled: Mapping[str, str]) -> dict[str, Any]:
    """Texts, but for a value that is a number's placeholder and nothing else: that is a number.

    A key with dots stands inside other objects: `Клиент.Телефон`.
    """
    whole: dict[str, Any] = {}
    for key, text in filled_body(template, filled).items():
        *outer, last = key.split(".")
        place = whole
        for step in outer:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise Misconfigured(f"onec_http: `{key}` stands inside of what is no object")
        place[last] = int(text) if template[key] in _NUMBERS else text
    return whole


def idempotent(section: OnecHttp, request: GenericRequest) -> bool:
    """Whether a movement whose answer was lost can be told from one that never arrived.

    Either `find` looks it up by its {id}, or the request is a PUT that names it.
    """
    if section.find is not None and "{id}" in section.find:
        return True
    named = "{id}" in request.path or any("{id}" in text for text in request.body.values())
    return request.method == "PUT" and named
