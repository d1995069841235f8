"""Bugs that surveys, links and bonuses can have, planted as those in `planted.py` are."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import httpx

from switchboard.domain import visits
from switchboard.store.links import press_request
from tests.simulation.database import ConditionalCheckFailed
from tests.simulation.planted import Through, put_afterwards
from tests.simulation.processes import Process
from tests.simulation.world import Planted


class VisitCountsAsPress(Planted):
    """Whoever opens a link has pressed its button, be he a scanner."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        class Counting(Through):
            def update_item(self, **request: Any) -> Any:
                answer = client.update_item(**request)
                if ":visit" in request.get("ExpressionAttributeValues", {}):
                    self._press(request)
                return answer

            def _press(self, request: Mapping[str, Any]) -> None:
                visit = visits.load(request["ExpressionAttributeValues"][":visit"]["S"])
                try:
                    client.update_item(**press_request("links", request["Key"]["pk"]["S"], visit))
                except ConditionalCheckFailed:
                    return

        return Counting(client) if process.function.name == "click" else client


class SourceNotRemembered(Planted):
    """The ledger does not know which presses have earned their bonus already."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        class Forgetful(Through):
            def get_item(self, **request: Any) -> Any:
                answer = client.get_item(**request)
                if request["TableName"] != "ledger" or "Item" not in answer:
                    return answer
                return {"Item": answer["Item"] | _changed(answer["Item"]["state"], sources=[])}

            def update_item(self, **request: Any) -> Any:
                values = request.get("ExpressionAttributeValues", {})
                if request["TableName"] == "ledger" and ":state" in values:
                    # All else is as it should be.
                    account = json.loads(values[":state"]["S"])
                    known = {one["id"].partition(".")[0] for one in account["entries"]}
                    kept = sorted(known | set(account["sources"]))
                    state = _changed(values[":state"], sources=kept)["state"]
                    request["ExpressionAttributeValues"] = values | {":state": state}
                return client.update_item(**request)

        return Forgetful(client) if process.function.name == "inbox" else client


class MovedWithoutKey(Planted):
    """Each attempt of a movement is another movement to 1C."""

    def http(self, process: Process, transport: httpx.BaseTransport) -> httpx.BaseTransport:
        numbers = count()

        class Keyless(httpx.BaseTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                if request.url.host == "1c.example" and request.method == "PUT":
                    url = f"{request.url}-{process.name.replace(' ', '-')}-{next(numbers)}"
                    request = httpx.Request("PUT", url, content=request.content)
                return transport.handle_request(request)

        return Keyless()


class ReservationDropped(Planted):
    """Every survey may ask, whoever has asked the client a moment ago."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        class Unreserved(Through):
            def get_item(self, **request: Any) -> Any:
                answer = client.get_item(**request)
                if request["TableName"] == "clients" and "Item" in answer:
                    item = {k: v for k, v in answer["Item"].items() if k != "asked_at"}
                    return {"Item": item}
                return answer

            def update_item(self, **request: Any) -> Any:
                names = request.get("ExpressionAttributeNames", {})
                if request["TableName"] == "clients" and "#for" in names:
                    request["ConditionExpression"] = ":limit = :limit OR #for = :survey"
                return client.update_item(**request)

        return Unreserved(client) if process.function.name == "inbox" else client


class LinksNotSwept(Planted):
    """A press that the inbox did not hear of is never found."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        class Blind(Through):
            def get_paginator(self, operation: str) -> Any:
                pages = client.get_paginator(operation)

                class Pages:
                    def paginate(self, **request: Any) -> Any:
                        if request["TableName"] == "links":
                            return []
                        return pages.paginate(**request)

                return Pages()

        return Blind(client) if process.function.name == "sweeper" else client


class MovementTooLate(Planted):
    """The ledger hears of a movement only after the effect is finished, or never."""

    def sqs(self, process: Process, client: Any) -> Any:
        class Later(Through):
            def send_message(self, **entry: Any) -> Any:
                if '"kind":"bonus_moved"' not in entry["MessageBody"]:
                    return client.send_message(**entry)
                process.clock.start(lambda: put_afterwards(process, client, entry, 5))
                return {}

        return Later(client) if process.function.name == "sender" else client


class AccountOverwritten(Planted):
    """Two deals at once: what the one has held is not there when the other commits."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        class Unchecked(Through):
            def update_item(self, **request: Any) -> Any:
                if request["TableName"] == "ledger" and ":before" in request.get(
                    "ExpressionAttributeValues", {}
                ):
                    request["ConditionExpression"] = ":before = :before"
                return client.update_item(**request)

        return Unchecked(client) if process.function.name == "inbox" else client


class SmsNotReadBack(Planted):
    """Nobody asks SMSC whether a message was sent before it is sent again."""

    def http(self, process: Process, transport: httpx.BaseTransport) -> httpx.BaseTransport:
        del process

        class Unasked(httpx.BaseTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                if request.url.path == "/sys/status.php":
                    return httpx.Response(200, json={"error": "none", "error_code": 3})
                return transport.handle_request(request)

        return Unasked()


class FailureForgotten(Planted):
    """That a message could not be delivered is acknowledged, and nobody is told."""

    def sqs(self, process: Process, client: Any) -> Any:
        class Deaf(Through):
            def send_message(self, **entry: Any) -> Any:
                if '"kind":"message_failed"' in entry["MessageBody"]:
                    return {}
                return client.send_message(**entry)

        return Deaf(client) if process.function.name == "whatsapp" else client


class OvertakenNoteTakenForNone(Planted):
    """A failure that comes before the sender has noted what it sent is one of nobody's messages."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        class Hasty(Through):
            def get_item(self, **request: Any) -> Any:
                answer = client.get_item(**request)
                under_way = answer.get("Item", {}).get("status") == {"S": "trying"}
                return {} if request["TableName"] == "deliveries" and under_way else answer

        return Hasty(client) if process.function.name == "sender" else client


class WordsHeardAgain(Planted):
    """A survey does not know which words and presses it has acted upon already."""

    def dynamodb(self, process: Process, client: Any) -> Any:
        class Forgetful(Through):
            def get_item(self, **request: Any) -> Any:
                answer = client.get_item(**request)
                if request["TableName"] != "surveys":
                    return answer
                self.heard: list[str] = []
                if "Item" not in answer:
                    return answer
                self.heard = json.loads(answer["Item"]["state"]["S"])["heard"]
                return {"Item": answer["Item"] | _changed(answer["Item"]["state"], heard=[])}

            def update_item(self, **request: Any) -> Any:
                values = request.get("ExpressionAttributeValues", {})
                if request["TableName"] == "surveys" and ":state" in values:
                    # All else is as it should be.
                    heard = {*self.heard, *json.loads(values[":state"]["S"])["heard"]}
                    state = _changed(values[":state"], heard=sorted(heard))["state"]
                    request["ExpressionAttributeValues"] = values | {":state": state}
                return client.update_item(**request)

        return Forgetful(client) if process.function.name == "inbox" else client


def _changed(state: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    return {"state": {"S": json.dumps(json.loads(state["S"]) | changes)}}


PLANTED_IN_REVIEWS: tuple[type[Planted], ...] = (
    VisitCountsAsPress,
    SourceNotRemembered,
    MovedWithoutKey,
    ReservationDropped,
    LinksNotSwept,
    MovementTooLate,
    AccountOverwritten,
    SmsNotReadBack,
    FailureForgotten,
    OvertakenNoteTakenForNone,
    WordsHeardAgain,
)
