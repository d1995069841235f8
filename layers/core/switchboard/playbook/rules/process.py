"""What the fields of a playbook must not say together: stages, people, chats, the time zone."""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo, available_timezones

from switchboard.playbook.model import Generic, Playbook, StageMap
from switchboard.playbook.read import Path, dotted
from switchboard.playbook.rules.objection import Objection, Rule

_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")


def _something(playbook: Playbook) -> Iterator[Objection]:
    if playbook.dispatch is None and playbook.reviews is None:
        yield "nothing-to-do", (), "Neither `dispatch` nor `reviews` stands here."


def _stages(playbook: Playbook) -> Iterator[Objection]:
    first: dict[str, Path] = {}
    for list_name in StageMap.model_fields:
        for position, stage in enumerate(getattr(playbook.crm.stages, list_name)):
            path: Path = ("crm", "stages", list_name, position)
            if stage in first:
                yield "stage-twice", path, f"Stage {stage} also stands in {dotted(first[stage])}."
            first.setdefault(stage, path)


def _claimed_stage(playbook: Playbook) -> Iterator[Objection]:
    crm = playbook.crm
    if isinstance(crm, Generic) or crm.claimed_stage is None:
        return
    for list_name in StageMap.model_fields:
        if crm.claimed_stage in getattr(crm.stages, list_name):
            reason = f"Stage {crm.claimed_stage} also stands in crm.stages.{list_name}."
            yield "claimed-stage", ("crm", "claimed_stage"), reason


def _search(playbook: Playbook) -> Iterator[Objection]:
    if playbook.dispatch is not None and not playbook.crm.stages.search:
        yield "search-missing", ("crm", "stages", "search"), "`search` names no stage."


def _workers(playbook: Playbook) -> Iterator[Objection]:
    first: dict[int | str, int] = {}
    workers = playbook.dispatch.workers if playbook.dispatch else ()
    for position, worker in enumerate(workers):
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


def _chats(playbook: Playbook) -> Iterator[Objection]:
    dispatch = playbook.dispatch
    if dispatch is None:
        return
    if dispatch.workers_chat > 0:
        reason = f"{dispatch.workers_chat} is the id of a private chat."
        yield "chat-not-group", ("dispatch", "workers_chat"), reason
    if dispatch.manager_chat == dispatch.workers_chat:
        reason = f"Both are {dispatch.workers_chat}."
        yield "chats-same", ("dispatch", "manager_chat"), reason


def _timezone(playbook: Playbook) -> Iterator[Objection]:
    if not known_timezone(playbook.timezone):
        yield "timezone-unknown", ("timezone",), f"`{playbook.timezone}` is not a time zone."


RULES: tuple[Rule, ...] = (
    _something,
    _stages,
    _claimed_stage,
    _search,
    _workers,
    _chats,
    _timezone,
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
