"""1C through its standard OData interface: each movement is a document with a key of our making.

The key (`Ref_Key`) is a UUID made from the movement's own key. A document is written first and
posted afterwards, and only posting moves bonuses. Before a second attempt the document is read by
its key: it is there or not, posted or not. Posting again what is posted changes nothing.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import httpx
from pydantic import BaseModel, Field, ValidationError

from switchboard.crm.line import Unanswered
from switchboard.crm.loyalty import BonusMovement
from switchboard.crm.onec.calls import Calls
from switchboard.crm.onec.literals import any_of, resource
from switchboard.crm.onec.mapping import movement_id
from switchboard.crm.phone import spellings
from switchboard.domain.errors import Misconfigured, Refused
from switchboard.playbook.model import OnecDocument, OnecOdata, Playbook

_NO_SUCH_TYPE = "8"
"""1C's code of an object that is not published; 9 is a missing instance of one that is."""
_LONGEST_CODE = 10

M = TypeVar("M", bound=BaseModel)


class _Card(BaseModel):
    key: str = Field(alias="Ref_Key", pattern=r"^[0-9A-Za-z-]{1,64}$")
    code: str = Field("", alias="Code", coerce_numbers_to_str=True)
    deleted: bool = Field(False, alias="DeletionMark")


class _Cards(BaseModel):
    value: list[_Card]


class _Document(BaseModel):
    key: str = Field(alias="Ref_Key")
    posted: bool = Field(False, alias="Posted")
    deleted: bool = Field(False, alias="DeletionMark")


class OnecOdataClient:
    """One branch's 1C; implements `crm.loyalty.Loyalty`."""

    def __init__(
        self, calls: Calls, section: OnecOdata, playbook: Playbook, clock: Callable[[], datetime]
    ) -> None:
        self._calls = calls
        self._section = section
        self._branch = playbook.branch
        self._timezone = ZoneInfo(playbook.timezone)
        self._clock = clock

    def move(self, movement: BonusMovement, *, again: bool) -> None:
        what = self._section.grant if movement.points > 0 else self._section.take
        key = movement_id(self._branch, movement.key)
        document = self._standing(what, key) if again else None
        if document is None:
            document = self._written(what, key, movement)
        if document.deleted:
            raise Refused(f"{self._calls.provider}: somebody has marked the document for deletion")
        if not document.posted:
            self._post(what, key)

    def balance(self, phone: str) -> int | None:
        """None: in which register the bonuses stand differs from one 1C to another."""
        del phone
        return None

    def _standing(self, what: OnecDocument, key: str) -> _Document | None:
        """The document as it is in 1C, if it is."""
        path = resource(what.name, key=key, select="Ref_Key,Posted,DeletionMark")
        response = self._calls.read(path)
        if response.status_code == httpx.codes.NOT_FOUND and self._code(response) != _NO_SUCH_TYPE:
            return None
        return self._read(_Document, "GET", response)

    def _written(self, what: OnecDocument, key: str, movement: BonusMovement) -> _Document:
        body = self._body(what, key, movement)
        response = self._calls.write("POST", resource(what.name), body, key)
        if response.is_client_error:
            # Another attempt may have written it a moment ago: then it stands, and is posted.
            standing = self._standing(what, key)
            if standing is None:
                raise self._refusal("POST", response)
            return standing
        try:
            document = self._read(_Document, "POST", response)
        except Unanswered as lost:
            lost.doubt = True
            raise
        if document.key.lower() != key:
            # Unposted, it moves nothing; but by that key it will not be known again.
            raise Misconfigured(f"{self._calls.provider}: 1C has given the document another key")
        return document

    def _post(self, what: OnecDocument, key: str) -> None:
        # Operational posting demands today's date and time, which a late attempt has not.
        path = resource(what.name, key=key, action="/Post") + "&PostingModeOperational=false"
        response = self._calls.write("POST", path, None, key)
        if not response.is_success:
            raise self._refusal("POST", response)

    def _body(self, what: OnecDocument, key: str, movement: BonusMovement) -> dict[str, str | int]:
        # Edm.DateTime has no time zone: it is the clock on 1C's wall.
        now = self._clock().astimezone(self._timezone)
        body: dict[str, str | int] = {
            "Ref_Key": key,
            "Date": now.strftime("%Y-%m-%dT%H:%M:%S"),
            what.client: self._client(movement.phone),
            what.amount: abs(movement.points),
        }
        if what.comment is not None:
            body[what.comment] = movement.comment
        if what.until is not None and movement.until is not None:
            body[what.until] = f"{movement.until.isoformat()}T00:00:00"
        return body

    def _client(self, phone: str) -> str:
        """The key of whoever has this phone; of several, the one who was entered first."""
        cards = [card for card in self._cards(phone) if not card.deleted]
        if not cards:
            raise Refused(f"{self._calls.provider}: 1C knows nobody with this phone")
        return min(cards, key=lambda card: (card.code, card.key)).key

    def _cards(self, phone: str) -> Iterator[_Card]:
        for condition in any_of(self._section.phone, spellings(phone)):
            path = resource(
                self._section.clients, select="Ref_Key,Code,DeletionMark", filter=condition
            )
            yield from self._read(_Cards, "GET", self._calls.read(path)).value

    def _read(self, model: type[M], method: str, response: httpx.Response) -> M:
        if not response.is_success:
            raise self._refusal(method, response)
        try:
            return model.model_validate(self._calls.json(response))
        except ValidationError:
            # Its message would quote the answer.
            why = f"{method}: the answer is not what OData says"
            raise Unanswered(self._calls.provider, why) from None

    def _refusal(self, method: str, response: httpx.Response) -> Refused:
        return self._calls.refusal(method, response, self._code(response))

    def _code(self, response: httpx.Response) -> str:
        """The number of 1C's error; its words may name a client and are not repeated."""
        try:
            said = self._calls.json(response)
        except Unanswered:
            return ""
        error = said.get("odata.error") if isinstance(said, dict) else None
        code = str(error.get("code", "")) if isinstance(error, dict) else ""
        return code if len(code) <= _LONGEST_CODE and code.lstrip("-").isdecimal() else ""
