"""Ids and requests in the section `crm`: in the CRM's own spelling, each with one meaning."""

import re
from collections.abc import Iterator

from switchboard.crm.generic.requests import OF_REQUEST, SCORE, placeholders
from switchboard.playbook.model import Amocrm, Bitrix24, Generic, GenericRequest, Playbook
from switchboard.playbook.read import Path
from switchboard.playbook.rules.objection import Objection, Rule

_BITRIX24_OWN = "UF_CRM_"
_BITRIX24_FIELD = re.compile(r"ufCrm_?\w+|[a-z][A-Za-z]*")
"""A field of the account's own, or one that every account has, as `crm.item.*` spells them.

Source: bitrix24/b24restdocs, crm/universal/index.md (ufCrm_… for UF_CRM_…).
"""


def _crm_fields(playbook: Playbook) -> Iterator[Objection]:
    if isinstance(playbook.crm, Generic):
        return
    first: dict[str, str] = {}
    for path, field in _deal_fields(playbook.crm):
        if field in first:
            yield "field-twice", path, f"Field {field} is also {first[field]}."
        else:
            first[field] = path[-1]


def _deal_fields(crm: Amocrm | Bitrix24) -> Iterator[tuple[tuple[str, ...], str]]:
    """All of the deal's fields that are read or written. `balance` is the contact's."""
    for section, fields in (("fields", crm.fields), ("results", crm.results)):
        for name in type(fields).model_fields:
            field = getattr(fields, name)
            if isinstance(field, int | str) and name != "balance":
                yield ("crm", section, name), str(field)
    for question, field in crm.results.scores.items():
        yield ("crm", "results", "scores", question), field


def _crm_paths(playbook: Playbook) -> Iterator[Objection]:
    if not isinstance(playbook.crm, Generic):
        return
    if "{deal}" not in playbook.crm.read:
        yield "crm-path", ("crm", "read"), "The path does not contain {deal}."
    if playbook.crm.changed is not None and "{since}" not in playbook.crm.changed:
        yield "crm-path", ("crm", "changed"), "The path does not contain {since}."


def _crm_placeholders(playbook: Playbook) -> Iterator[Objection]:
    if not isinstance(playbook.crm, Generic):
        return
    for request, fixed in OF_REQUEST.items():
        allowed = fixed | (_scores(playbook) if request == "results" else frozenset())
        known = ", ".join(f"{{{name}}}" for name in sorted(allowed))
        for path, template in _templates(getattr(playbook.crm, request), ("crm", request)):
            for name in placeholders(template):
                if name not in allowed:
                    why = f"{{{name}}} has no value here; allowed: {known}."
                    yield "crm-placeholder", path, why


def _scores(playbook: Playbook) -> frozenset[str]:
    questions = playbook.reviews.survey.questions if playbook.reviews else ()
    return frozenset(f"{SCORE}{one.id}" for one in questions if one.kind in ("score", "nps"))


def _templates(request: str | GenericRequest | None, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(request, str):
        yield path, request
    elif request is not None:
        yield (*path, "path"), request.path
        yield from (((*path, "body", key), text) for key, text in request.body.items())


def _field_ids(playbook: Playbook) -> Iterator[Objection]:
    """The other fields of amoCRM's are numbers by the model already."""
    crm = playbook.crm
    if isinstance(crm, Generic):
        return
    named = list(_deal_fields(crm))
    if crm.results.balance is not None:
        named.append((("crm", "results", "balance"), crm.results.balance))
    for path, field in named:
        if isinstance(crm, Amocrm) and not (field.isascii() and field.isdigit()):
            yield "field-id", path, f"`{field}` is no number, and amoCRM's fields have numbers."
        elif isinstance(crm, Bitrix24) and not _BITRIX24_FIELD.fullmatch(field):
            said = f"`{field}` is no field's name in Bitrix24's REST API"
            own = field.upper().startswith(_BITRIX24_OWN)
            right = f"; it writes `ufCrm_{field[len(_BITRIX24_OWN) :]}`." if own else "."
            yield "field-id", path, said + right


def _result_questions(playbook: Playbook) -> Iterator[Objection]:
    if playbook.reviews is None or isinstance(playbook.crm, Generic):
        return
    known = {name.removeprefix(SCORE) for name in _scores(playbook)}
    for question in playbook.crm.results.scores:
        if question not in known:
            path: Path = ("crm", "results", "scores", question)
            asked = ", ".join(f"`{name}`" for name in sorted(known)) or "none"
            said = f"No question `{question}` asks for a score; those that do: {asked}."
            yield "result-question", path, said


def _users(playbook: Playbook) -> Iterator[Objection]:
    if isinstance(playbook.crm, Generic):
        return
    users: list[tuple[Path, str]] = []
    if playbook.dispatch is not None:
        users += [
            (("dispatch", "workers", position, "crm_user"), worker.crm_user)
            for position, worker in enumerate(playbook.dispatch.workers)
        ]
    if playbook.reviews is not None and playbook.reviews.low.owner is not None:
        users.append((("reviews", "low", "owner"), playbook.reviews.low.owner))
    for path, user in users:
        if not (user.isascii() and user.isdigit()):
            yield "crm-user", path, f"`{user}` is no number."


RULES: tuple[Rule, ...] = (
    _crm_fields,
    _crm_paths,
    _crm_placeholders,
    _field_ids,
    _result_questions,
    _users,
)
