"""The links table: one item a link, and in it everything that its door needs to answer.

    pk code · sk "link"
    branch survey run client purpose site url bonus playbook: what the link is, see LinkTo
    page      S  the company, the language and own wording for the pages, as JSON
    until     N  when it stops leading anywhere (s)    expires_at N  when it is deleted (s)
    sent_at   N  when it was sent (ms)                 filled_at  N  when it was filled in (ms)
    visits    M  request id -> Visit as JSON, the first VISITS of them
    press     S  the first press as JSON               presses    N  how many there were
    sweep     S  partition of the index, until the survey knows of the press
    pending   N  since when the survey is to hear of it (index `pending`, with `sweep`)

    pk code · sk "visit#<moment>#<request id>": a visit past the first VISITS · visit S · expires_at

A visit and a press are ONE write each, and its answer is the whole link. A press that is the first
leaves its own request's id in the item, so of any number at once exactly one is told so:

    press A ── press := if_not_exists(press, A) ─▶ A: "first"
    press B ── press := if_not_exists(press, B) ─▶ A: "again"

`sweep` stands there from the beginning and goes for good when the survey knows; `pending` comes
with the first press and stays. So the item is in the index from the press until then, whoever
presses again.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from switchboard.domain import visits as kept_visits
from switchboard.domain.errors import Misconfigured
from switchboard.domain.visits import Visit
from switchboard.store.database import ConditionFailed, Database, Item, Request
from switchboard.store.pending import left_since, sweep_of

if TYPE_CHECKING:
    # What this door imports is what a click waits for after a cold start.
    from switchboard.domain.effects import LinkTo
    from switchboard.playbook.model import Playbook
    from switchboard.texts.catalogue import Language

Purpose = Literal["review", "survey"]

VISITS = 25
"""Visits kept in the link's own item. Every write of an item costs by its whole size, so a crawler
that comes for ever must not make it grow."""
KEPT = timedelta(days=90)
"""How long a link is kept after its end, for the results and for a client who asks."""
LENGTH = 12
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Page(NamedTuple):
    """What the pages behind a link say besides the link's own facts."""

    company: str
    language: "Language"
    texts: Mapping[str, str]


class Link(NamedTuple):
    """A link as it stands. Past VISITS visits, `Links.visits` knows the others."""

    code: str
    branch: str
    survey: str
    run: int
    client: str
    purpose: Purpose
    site: str
    url: str
    bonus: int
    playbook: int
    page: Page
    until: datetime
    sent_at: datetime | None
    visits: tuple[Visit, ...]
    press: Visit | None
    filled_at: datetime | None

    @property
    def pressed_at(self) -> datetime | None:
        return None if self.press is None else self.press.at


class Pressed(NamedTuple):
    """A press stands in the link's item. `first`: it is this one that counts."""

    link: Link
    first: bool


class NotPressed(NamedTuple):
    """The link has expired, or has no button."""

    link: Link


class Unheard(NamedTuple):
    """A link whose press the survey has not heard of since a moment."""

    code: str
    since: datetime


def code_of(key: str, branch: str, effect: str) -> str:
    """The code of the link that an effect sends: 71 bits that nobody guesses without the key.

    The same effect always gives the same code. The branch is a part of it, because two branches may
    share a key and have deals of the same number. Raises Misconfigured for an empty key.
    """
    if not key:
        raise Misconfigured("the key of the links is empty")
    mac = hmac.new(key.encode(), f"link\n{branch}\n{effect}".encode(), hashlib.sha256)
    number, letters = int.from_bytes(mac.digest()), ""
    for _ in range(LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters += _LETTERS[letter]
    return letters


def page_of(playbook: "Playbook") -> Page:
    """What a branch's pages say. Raises Misconfigured for a branch without reviews."""
    own = {key: text for key, text in playbook.texts.items() if key.startswith("page.")}
    return Page(playbook.reviewing.company, playbook.language, own)


def put_request(table: str, code: str, link: "LinkTo", branch: str, page: Page) -> Request:
    """A new link. One that is there already stays as it is, with its visits and its press."""
    texts = {name: getattr(link, name) for name in ("survey", "client", "purpose", "site", "url")}
    numbers = {name: getattr(link, name) for name in ("run", "bonus", "playbook")}
    numbers |= {"presses": 0, "until": _seconds(link.expires_at)}
    numbers["expires_at"] = _seconds(link.expires_at + KEPT)
    texts |= {"branch": branch, "page": json.dumps(page, ensure_ascii=False)}
    texts["sweep"] = sweep_of(code)
    return {
        "TableName": table,
        "Item": {
            **_key(code),
            **{name: {"S": text} for name, text in texts.items()},
            **{name: {"N": str(number)} for name, number in numbers.items()},
            "visits": {"M": {}},
        },
        "ConditionExpression": "attribute_not_exists(pk)",
    }


def visit_request(table: str, code: str, visit: Visit) -> Request:
    """The one write of a visit to a review link that is not over and has room for it."""
    return {
        "TableName": table,
        "Key": _key(code),
        "UpdateExpression": "SET #visits.#id = :visit",
        "ConditionExpression": "#purpose = :review AND #until > :now AND size(#visits) < :room",
        "ExpressionAttributeNames": {
            "#visits": "visits",
            "#id": visit.id,
            "#purpose": "purpose",
            "#until": "until",
        },
        "ExpressionAttributeValues": {
            ":visit": {"S": kept_visits.dump(visit)},
            ":review": {"S": "review"},
            ":now": {"N": str(_seconds(visit.at))},
            ":room": {"N": str(VISITS)},
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def press_request(table: str, code: str, visit: Visit) -> Request:
    """The one write of a press. Where one stands already, only their number changes."""
    return {
        "TableName": table,
        "Key": _key(code),
        "UpdateExpression": (
            "SET #press = if_not_exists(#press, :press), #presses = #presses + :one,"
            " #pending = if_not_exists(#pending, :now)"
        ),
        # It leads to a review, is not over, and something hangs on its button. `>` is false where
        # there is no such attribute, so nothing is created for a code that nobody has.
        "ConditionExpression": "#purpose = :review AND #until > :now AND #bonus > :none",
        "ExpressionAttributeNames": {
            "#press": "press",
            "#presses": "presses",
            "#pending": "pending",
            "#purpose": "purpose",
            "#until": "until",
            "#bonus": "bonus",
        },
        "ExpressionAttributeValues": {
            ":press": {"S": kept_visits.dump(visit)},
            ":one": {"N": "1"},
            ":none": {"N": "0"},
            ":review": {"S": "review"},
            ":now": {"N": str(_seconds(visit.at))},
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


class Links:
    """The links of all branches. Who has a code was sent it, or had it forwarded."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def put(self, code: str, link: "LinkTo", branch: str, page: Page) -> None:
        """Durable when this returns, so that the message with the code may go. Twice is once."""
        try:
            self._database.put(put_request(self._table, code, link, branch, page))
        except ConditionFailed:
            return

    def sent(self, code: str, at: datetime) -> None:
        """The message went. `at` is when it was handed over, not when the answer came back: a
        client may be quicker than that. The first moment told stays."""
        self._note(code, "sent_at", at)

    def filled(self, code: str, at: datetime) -> None:
        """The answers of the survey page are in the inbox."""
        self._note(code, "filled_at", at)

    def visit(self, code: str, visit: Visit) -> Link | None:
        """Keeps the visit and returns the link. None: there is no such review link.

        A link that is over comes back as it is, and its visit is not kept.
        """
        try:
            return _link(self._database.update(visit_request(self._table, code, visit)))
        except ConditionFailed as failed:
            link = _review(failed.item)
        if link is None or link.until <= visit.at:
            return link
        self._database.put(self._overflowing(code, visit, link))
        return link._replace(visits=(*link.visits, visit))

    def press(self, code: str, visit: Visit) -> Pressed | NotPressed | None:
        """Notes a press; the first one counts. None: there is no such review link.

        A write that was sent again because its answer was lost is the first one again.
        """
        try:
            link = _link(self._database.update(press_request(self._table, code, visit)))
        except ConditionFailed as failed:
            there = _review(failed.item)
            return None if there is None else NotPressed(there)
        return Pressed(link, first=link.press is not None and link.press.id == visit.id)

    def read(self, code: str) -> Link | None:
        request = {"TableName": self._table, "Key": _key(code), "ConsistentRead": True}
        item = self._database.get(request)
        return None if item is None else _link(item)

    def visits(self, code: str) -> tuple[Visit, ...]:
        """Every visit that is kept, also those past the first; none for a code that nobody has."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :code",
            "ExpressionAttributeValues": {":code": {"S": code}},
        }
        found: list[Visit] = []
        for item in self._database.query(request):
            if "visit" in item:
                found.append(kept_visits.load(item["visit"]["S"]))
            else:
                found.extend(_link(item).visits)
        return tuple(found)

    def settled(self, code: str) -> None:
        """The survey knows of the press. Twice is once, and a link that is gone is none."""
        request = {
            "TableName": self._table,
            "Key": _key(code),
            "UpdateExpression": "REMOVE #sweep",
            # Before its press the link has to stay where a press would put it into the index.
            "ConditionExpression": "attribute_exists(#press)",
            "ExpressionAttributeNames": {"#sweep": "sweep", "#press": "press"},
        }
        try:
            self._database.update(request)
        except ConditionFailed:
            return

    def pending_since(self, before: datetime) -> Iterator[Unheard]:
        """The links whose press the survey has not heard of since before that moment."""
        for left in left_since(self._database, self._table, before):
            yield Unheard(left.pk, left.since)

    def void(self, code: str) -> None:
        """Nothing hangs on the link any more. Twice is once, and a press that is there stays."""
        request = {
            "TableName": self._table,
            "Key": _key(code),
            "UpdateExpression": "SET #bonus = :none",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#bonus": "bonus"},
            "ExpressionAttributeValues": {":none": {"N": "0"}},
        }
        try:
            self._database.update(request)
        except ConditionFailed:
            return

    def _note(self, code: str, name: str, at: datetime) -> None:
        request = {
            "TableName": self._table,
            "Key": _key(code),
            "UpdateExpression": "SET #name = if_not_exists(#name, :at)",
            # Nothing is made of a link that has been deleted meanwhile.
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#name": name},
            "ExpressionAttributeValues": {":at": {"N": str(round(at.timestamp() * 1000))}},
        }
        try:
            self._database.update(request)
        except ConditionFailed:
            return

    def _overflowing(self, code: str, visit: Visit, link: Link) -> Request:
        moment = visit.at.isoformat(timespec="milliseconds")
        return {
            "TableName": self._table,
            "Item": {
                "pk": {"S": code},
                "sk": {"S": f"visit#{moment}#{visit.id}"},
                "visit": {"S": kept_visits.dump(visit)},
                "expires_at": {"N": str(_seconds(link.until + KEPT))},
            },
        }


def _key(code: str) -> Item:
    return {"pk": {"S": code}, "sk": {"S": "link"}}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _moment(item: Item, name: str) -> datetime | None:
    return datetime.fromtimestamp(int(item[name]["N"]) / 1000, UTC) if name in item else None


def _review(item: Item | None) -> Link | None:
    return None if item is None or item["purpose"]["S"] != "review" else _link(item)


def _link(item: Item) -> Link:
    company, language, texts = json.loads(item["page"]["S"])
    return Link(
        code=item["pk"]["S"],
        branch=item["branch"]["S"],
        survey=item["survey"]["S"],
        run=int(item["run"]["N"]),
        client=item["client"]["S"],
        purpose=item["purpose"]["S"],
        site=item["site"]["S"],
        url=item["url"]["S"],
        bonus=int(item["bonus"]["N"]),
        playbook=int(item["playbook"]["N"]),
        page=Page(company, language, texts),
        until=datetime.fromtimestamp(int(item["until"]["N"]), UTC),
        sent_at=_moment(item, "sent_at"),
        visits=tuple(kept_visits.load(one["S"]) for one in item["visits"]["M"].values()),
        press=kept_visits.load(item["press"]["S"]) if "press" in item else None,
        filled_at=_moment(item, "filled_at"),
    )
