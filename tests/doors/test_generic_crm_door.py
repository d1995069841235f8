"""The CRMs' door of a branch whose CRM is the generic one: JSON, with its own bad input."""

import json
from typing import Any

import pytest

from tests.doors.house import EVENTS, House
from tests.flows.story import playbook
from tests.store.conftest import Tables

NAME = "Секретина"


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> House:
    by = playbook().model_dump(mode="json")
    by["crm"] = {
        "kind": "generic",
        "base_url": "https://crm.example",
        "webhook_secrets": ["env:TEST_CRM_SECRET"],
        "stages": {"search": ["search"]},
    }
    made = type(playbook()).model_validate(by)
    return House(moto, moto_tables("jobs"), moto_tables("settings"), made)


@pytest.mark.parametrize("name", [path.stem for path in (EVENTS / "crm" / "generic").glob("*")])
def test_its_webhooks_name_a_deal(house: House, name: str) -> None:
    event = json.loads((EVENTS / "crm" / "generic" / f"{name}.json").read_text(encoding="utf-8"))
    answer = house.webhook(
        event["body"], provider="generic", content_type=event["headers"]["Content-Type"]
    )
    assert answer["statusCode"] == 200
    (touched,) = house.queue.events
    assert (touched["kind"], touched["provider"]) == ("deal_touched", "generic")


@pytest.mark.parametrize(
    "body",
    [
        "",
        f"{NAME} не JSON",
        "[" * 100_000,
        '{"deal":' * 100_000 + "1" + "}" * 100_000,
        '{"deal": {"id": null}}',
        '{"deal": {"id": true}}',
        '{"deal": {"id": {}}}',
        '{"deal": {"id": ""}}',
        '{"deal": {"id": ".."}}',
        '{"deal": {"id": "1\\u0000"}}',
        '{"deal": {"id": "\\ud800"}}',
        '{"deal": {"id": NaN}}',
        '{"deal": {"id": "' + "9" * 5000 + '"}}',
        '{"deal": {"id": ' + "9" * 5000 + "}}",
        '{"deal": ["' + NAME + '"]}',
        b'{"deal": {"id": "\xff"}}',
    ],
    ids=range(16),
)
def test_what_names_none_is_malformed(house: House, body: str | bytes) -> None:
    before = house.stands
    answer = house.webhook(body, provider="generic", content_type="application/json")
    assert answer["statusCode"] == 400
    assert house.stands == before
    assert house.queue.messages == []
    (line,) = house.log
    assert line["reason"]
    assert NAME not in house.said.getvalue()


def test_a_deal_id_of_any_kind_makes_a_message_that_the_queue_takes(house: House) -> None:
    for deal in ("Сделка № 5", "a/b?c=d&e", "😀" * 200, "x" * 200):
        answer = house.webhook(
            json.dumps({"deal": {"id": deal}}), provider="generic", content_type="application/json"
        )
        assert answer["statusCode"] == 200
    assert len(house.queue.events) == 4
    assert house.queue.events[0]["deal"] == "Сделка № 5"
