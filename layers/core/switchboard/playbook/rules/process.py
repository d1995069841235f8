"""What the fields of a playbook must not say together: stages, fields, people, chats, addresses."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from switchboard.crm.generic.requests import OF_REQUEST, unknown_placeholders
from switchboard.playbook.findings import Finding, finding
from switchboard.playbook.model import Amocrm, Generic, GenericRequest, Playbook, StageMap
from switchboard.playbook.read import Document, Path, dotted

_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")


def findings(document: Document, playbook: Playbook) -> Iterator[Finding]:
    for rule in _RULES:
        for code, path, reason in rule(playbook):
            yield finding(code, document.place(path), dotted(path), reason)


_Objection = tuple[str, Path, str]
"""Code, path of the field, reason."""


def _stages(playbook: Playbook) -> Iterator[_Objection]:
    first: dict[str, Path] = {}
    for list_name in StageMap.model_fields:
        for position, stage in enumerate(getattr(playbook.crm.stages, list_name)):
            path: Path = ("crm", "stages", list_name, position)
            if stage in first:
                yield "stage-twice", path, f"Stage {stage} also stands in {dotted(first[stage])}."
            first.setdefault(stage, path)


def _claimed_stage(playbook: Playbook) -> Iterator[_Objection]:
    crm = playbook.crm
    if not isinstance(crm, Amocrm) or crm.claimed_stage is None:
        return
    for list_name in StageMap.model_fields:
        if crm.claimed_stage in getattr(crm.stages, list_name):
            reason = f"Stage {crm.claimed_stage} also stands in crm.stages.{list_name}."
            yield "claimed-stage", ("crm", "claimed_stage"), reason


def _crm_fields(playbook: Playbook) -> Iterator[_Objection]:
    if not isinstance(playbook.crm, Amocrm):
        return
    first: dict[int, str] = {}
    for name in type(playbook.crm.fields).model_fields:
        field = getattr(playbook.crm.fields, name)
        if field is not None and field in first:
            yield "field-twice", ("crm", "fields", name), f"Field {field} is also {first[field]}."
        elif field is not None:
            first[field] = name


def _crm_paths(playbook: Playbook) -> Iterator[_Objection]:
    if not isinstance(playbook.crm, Generic):
        return
    if "{deal}" not in playbook.crm.read:
        yield "crm-path", ("crm", "read"), "The path does not contain {deal}."
    if playbook.crm.changed is not None and "{since}" not in playbook.crm.changed:
        yield "crm-path", ("crm", "changed"), "The path does not contain {since}."


def _crm_placeholders(playbook: Playbook) -> Iterator[_Objection]:
    if not isinstance(playbook.crm, Generic):
        return
    for request, allowed in OF_REQUEST.items():
        known = ", ".join(f"{{{name}}}" for name in sorted(allowed))
        for path, template in _templates(getattr(playbook.crm, request), ("crm", request)):
            for name in unknown_placeholders(template, request):
                yield "crm-placeholder", path, f"{{{name}}} has no value here; allowed: {known}."


def _templates(request: str | GenericRequest | None, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(request, str):
        yield path, request
    elif request is not None:
        yield (*path, "path"), request.path
        yield from (((*path, "body", key), text) for key, text in request.body.items())


def _workers(playbook: Playbook) -> Iterator[_Objection]:
    first: dict[int | str, int] = {}
    for position, worker in enumerate(playbook.dispatch.workers):
        path: Path = ("dispatch", "workers", position)
        if worker.telegram is None and worker.login is None:
            yield (
                "worker-unnamed",
                path,
                f"Nothing names CRM user {worker.crm_user}.",
            )
        if worker.login is not None and not _LOGIN.fullmatch(worker.login):
            yield "worker-login", (*path, "login"), f"`{worker.login}` cannot be a login."
        # Logins are the same in any case of letters.
        for name in (worker.telegram, worker.login and worker.login.lower()):
            if name is None:
                continue
            if name in first:
                reason = f"{name} also stands in entry {first[name] + 1} of the list."
                yield "worker-twice", path, reason
            first.setdefault(name, position)


def _chats(playbook: Playbook) -> Iterator[_Objection]:
    dispatch = playbook.dispatch
    if dispatch.workers_chat > 0:
        reason = f"{dispatch.workers_chat} is the id of a private chat."
        yield "chat-not-group", ("dispatch", "workers_chat"), reason
    if dispatch.manager_chat == dispatch.workers_chat:
        reason = f"Both are {dispatch.workers_chat}."
        yield "chats-same", ("dispatch", "manager_chat"), reason


def _timezone(playbook: Playbook) -> Iterator[_Objection]:
    if not known_timezone(playbook.timezone):
        yield "timezone-unknown", ("timezone",), f"`{playbook.timezone}` is not a time zone."


def _addresses(playbook: Playbook) -> Iterator[_Objection]:
    for section in ("telegram", "crm"):
        address = getattr(playbook, section).base_url
        if address.startswith("http://") and not _stays_here(address):
            yield "plain-http", (section, "base_url"), "The address is not https."
    if not playbook.telegram.base_url.endswith("/bot"):
        path: Path = ("telegram", "base_url")
        yield "telegram-address", path, "The address does not end in /bot."


_RULES = (
    _stages,
    _claimed_stage,
    _crm_fields,
    _crm_paths,
    _crm_placeholders,
    _workers,
    _chats,
    _timezone,
    _addresses,
)


def known_timezone(name: str) -> bool:
    """Whether there is a zone of this name. A machine without zones cannot object to any."""
    try:
        ZoneInfo(name)
    except KeyError:  # ZoneInfoNotFoundError
        return not available_timezones()
    except (OSError, ValueError):  # The name of a folder, or no name of a file at all.
        return False
    return True


def _stays_here(address: str) -> bool:
    """Whether an address leads to this very machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
