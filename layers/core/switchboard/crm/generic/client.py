"""A CRM that the playbook describes, as the port asks for it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from switchboard.crm.facts import job_facts
from switchboard.crm.generic import paths
from switchboard.crm.generic.requests import filled_body, filled_path, known_part
from switchboard.crm.line import Line, Unanswered
from switchboard.crm.phone import readable
from switchboard.crm.port import Assignment, Change, PhoneMatch
from switchboard.domain.deal import Contact, Deal, Stage
from switchboard.domain.errors import Misconfigured, Refused
from switchboard.playbook.model import Generic, GenericRequest, Playbook
from switchboard.texts.dates import day, day_and_time
from switchboard.texts.money import price_of

_GONE = frozenset({httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND, httpx.codes.GONE})


class GenericClient:
    """One branch's CRM; implements `crm.port.Crm`.

    Notes and tasks carry the header `Idempotency-Key`. They are effectively once where the CRM
    heeds it, and at least once where it does not: there is nothing to read back.
    """

    def __init__(self, line: Line, token: str | None, crm: Generic, playbook: Playbook) -> None:
        self._line = line
        self._headers = {"Accept": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._crm = crm
        self._playbook = playbook

    def deal(self, deal_id: str) -> Deal | None:
        said = self._read(deal_id)
        if said is None:
            return None
        where = self._crm.paths
        return Deal(
            id=deal_id,
            stage=self._stage(stage_id := paths.text(said, where.stage)),
            stage_id=stage_id,
            facts=job_facts(
                paths.text(said, where.title),
                conditions=paths.text(said, where.conditions),
                deadline=self._deadline(paths.text(said, where.deadline)),
                pay=price_of(paths.text(said, where.pay), self._playbook.language),
                skills=paths.text(said, where.skills),
            ),
            updated_at=_seconds(paths.text(said, where.updated_at)),
            url=paths.text(said, where.url),
            manager=paths.text(said, where.manager) or None,
        )

    def contact(self, deal_id: str) -> Contact | None:
        said = self._read(deal_id)
        if said is None:
            return None
        where = self._crm.paths
        return Contact(
            name=paths.text(said, where.contact_name).strip(),
            phone=readable(paths.text(said, where.contact_phone), self._playbook.language),
            first_name=paths.text(said, where.contact_first_name).strip(),
        )

    def assign(self, deal_id: str, assignment: Assignment) -> None:
        values = {
            "deal": deal_id,
            "worker_name": assignment.worker_name,
            "worker_login": assignment.worker_login,
            "responsible": assignment.responsible or "",
        }
        self._write(self._crm.assign, values)

    def add_note(self, deal_id: str, text: str, key: str, *, again: bool) -> None:
        del again  # The CRM's part: the key says whether it has seen this note.
        self._write(self._crm.note, {"deal": deal_id, "text": text, "key": key}, key)

    def add_task(
        self,
        deal_id: str,
        text: str,
        due: datetime,
        responsible: str | None,
        key: str,
        *,
        again: bool,
    ) -> None:
        del again
        values = {
            "deal": deal_id,
            "text": text,
            "due": due.astimezone(UTC).isoformat(timespec="seconds"),
            "responsible": responsible or "",
            "key": key,
        }
        self._write(self._crm.task, values, key)

    def changed_since(self, moment: datetime) -> Iterator[Change]:
        """Nothing where the playbook names no such call."""
        if self._crm.changed is None:
            return
        since = str(int(moment.timestamp()))
        said = self._get(filled_path(self._crm.changed, {"since": since}))
        seen = set[str]()
        for entry in _entries(said):
            found = paths.text(entry, self._crm.paths.id)
            if found and found not in seen:
                seen.add(found)
                yield Change(found)

    def deal_of_phone(self, phone: str, stages: Sequence[str]) -> PhoneMatch:
        del phone, stages
        raise Misconfigured("generic: no request of the playbook's finds a deal by a phone")

    def record(self, deal_id: str, results: Mapping[str, str | int | float]) -> None:
        """Results that no placeholder of the body names are left out."""
        request = self._crm.results
        if request is None:
            return
        values = {name: str(value) for name, value in results.items()}
        body = known_part(request.body, values)
        if body:
            self._write(request.model_copy(update={"body": body}), {"deal": deal_id} | values)

    def set_balance(self, phone: str, balance: int) -> None:
        del phone, balance
        raise Misconfigured("generic: no request of the playbook's writes a client's bonuses")

    def set_amount(self, deal_id: str, before: Decimal, amount: Decimal) -> bool:
        del deal_id, before, amount
        raise Misconfigured("generic: no request of the playbook's changes a price")

    def _read(self, deal_id: str) -> Any | None:
        return self._get(filled_path(self._crm.read, {"deal": deal_id}))

    def _get(self, path: str) -> Any | None:
        response = self._line.send("GET", path, headers=self._headers)
        if response.status_code in _GONE:
            return None
        self._check("GET", response)
        try:
            return paths.loads(response.content)
        except ValueError as error:
            raise Unanswered("generic", f"GET: {error}") from None

    def _write(
        self, request: GenericRequest | None, values: Mapping[str, str], key: str | None = None
    ) -> None:
        """One of the playbook's calls; nothing where it names none."""
        if request is None:
            return
        response = self._line.send(
            request.method,
            filled_path(request.path, values),
            headers=self._headers | ({} if key is None else {"Idempotency-Key": _header(key)}),
            body=filled_body(request.body, values) or None,
        )
        self._check(request.method, response)

    def _check(self, method: str, response: httpx.Response) -> None:
        if response.is_success:
            return
        reason = f"generic: {method}: {response.status_code}"
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise Misconfigured(f"{reason}: the token is not accepted")
        raise Refused(reason)

    def _deadline(self, said: str) -> str:
        """An ISO 8601 moment or day as people say it; any other text as it is."""
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            return said
        timezone, language = self._playbook.timezone, self._playbook.language
        if len(said) == len("2030-01-15"):
            return day(moment.replace(tzinfo=ZoneInfo(timezone)), timezone, language)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
        return day_and_time(aware, timezone, language)

    def _stage(self, said: str) -> Stage:
        stages = self._crm.stages
        if said in stages.search:
            return "search"
        if said in stages.done:
            return "done"
        return "lost" if said in stages.lost else "other"


def _entries(said: Any) -> list[Any]:
    """The deals of a list: a JSON array, or the one array in an object that wraps it."""
    if isinstance(said, dict):
        arrays = [value for value in said.values() if isinstance(value, list)]
        said = arrays[0] if len(arrays) == 1 else None
    if said is None:
        return []
    if not isinstance(said, list):
        raise Misconfigured("generic: the list of changed deals is no array")
    return said


def _header(key: str) -> str:
    """A header takes ASCII alone; our keys are ASCII unless a deal's id is not."""
    return key if key.isascii() else key.encode().hex()


def _seconds(said: str) -> int:
    """Whole seconds since 1970; 0 where nothing readable is said."""
    try:
        return int(float(said)) if _is_number(said) else int(_moment(said).timestamp())
    except (ValueError, OverflowError):
        return 0


def _is_number(said: str) -> bool:
    return said.replace(".", "", 1).isdecimal()


def _moment(said: str) -> datetime:
    moment = datetime.fromisoformat(said)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
