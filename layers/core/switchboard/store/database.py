"""The one place where requests leave for DynamoDB, so that the client can be replaced here.

Everything else in `store/` builds requests: dictionaries in DynamoDB's own attribute format.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = Mapping[str, Any]
"""An item as DynamoDB writes it: `{"pk": {"S": "demo"}, "version": {"N": "3"}}`."""
Request = Mapping[str, Any]

_BATCH = 25
"""Items that one BatchWriteItem takes."""


class ConditionFailed(Exception):
    """The condition of a write did not hold; `item` is what stands there, None for nothing.

    The item comes back only where the request asked for ALL_OLD on a failed condition.
    """

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition of a write did not hold")
        self.item = item


class Database:
    """Sends requests through boto3's client; every other error of the client passes through."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self._failed = client.exceptions.ConditionalCheckFailedException

    def get(self, request: Request) -> Item | None:
        return self._client.get_item(**request).get("Item")

    def put(self, request: Request) -> None:
        try:
            self._client.put_item(**request)
        except self._failed as error:
            raise ConditionFailed(_standing(error.response)) from None

    def update(self, request: Request) -> Item:
        """The attributes that the request's ReturnValues asked for."""
        try:
            return self._client.update_item(**request).get("Attributes", {})
        except self._failed as error:
            raise ConditionFailed(_standing(error.response)) from None

    def delete(self, request: Request) -> None:
        self._client.delete_item(**request)

    def query(self, request: Request) -> Iterator[Item]:
        """Every matching item, page after page, up to the request's Limit per page."""
        for page in self._client.get_paginator("query").paginate(**request):
            yield from page["Items"]

    def scan(self, request: Request) -> Iterator[Item]:
        for page in self._client.get_paginator("scan").paginate(**request):
            yield from page["Items"]

    def put_all(self, table: str, items: Sequence[Item]) -> None:
        """Puts every item, whatever stood there before; asks again for what was not processed."""
        for chunk in _chunks(items, _BATCH):
            waiting: dict[str, Any] = {table: [{"PutRequest": {"Item": item}} for item in chunk]}
            while waiting:
                answer = self._client.batch_write_item(RequestItems=waiting)
                waiting = dict(answer.get("UnprocessedItems") or {})


def _standing(response: Mapping[str, Any]) -> Item | None:
    return response.get("Item") or None


def _chunks(items: Sequence[Item], size: int) -> Iterable[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
