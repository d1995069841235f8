"""The door for 1C's own call about a sale: it opens to its secret alone, and only where there is
something to ask about."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from switchboard.playbook.model import Playbook
from tests.doors.house import CRM_SECRET, SECRET, House
from tests.flows.survey_story import BRANCH, NOW
from tests.pipeline.reviews import playbook
from tests.store.conftest import Tables

SALE_SECRET = "secret-of-1c"
PHONE = "8 (900) 000-00-11"
SALE = json.dumps({"phone": PHONE, "document": "ЦБ-000123", "event": "sale_closed"})


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> House:
    made = House(moto, moto_tables("jobs"), moto_tables("settings"), playbook())
    made.environ["TEST_1C_SECRET"] = SALE_SECRET
    return made


def _sale(house: House, body: str | bytes = SALE, **changes: Any) -> dict[str, Any]:
    said = {"secret": SALE_SECRET, "branch": BRANCH, "provider": "onec"}
    return house.webhook(body, content_type="application/json", **{**said, **changes})


def _silent(house: House) -> None:
    for word in ("000-00-11", "9000000011", "ЦБ-000123", SALE_SECRET):
        assert word not in house.said.getvalue()


def test_a_sale_goes_into_the_inbox_under_a_name_of_its_own(house: House) -> None:
    for _ in range(2):
        assert _sale(house)["statusCode"] == 200
    first, again = house.queue.messages
    assert house.queue.events[0]["kind"] == "sale_closed"
    assert house.queue.events[0]["phone"] == PHONE
    # Two receipts of one sale, one after another: what is asked about it is decided there.
    assert first["MessageGroupId"] == again["MessageGroupId"]
    assert first["MessageDeduplicationId"] != again["MessageDeduplicationId"]
    assert PHONE not in first["MessageGroupId"] + first["MessageDeduplicationId"]
    assert house.log[-1]["provider"] == "onec"
    _silent(house)


def test_another_document_is_another_sale(house: House) -> None:
    _sale(house)
    _sale(house, json.dumps({"phone": PHONE, "id": "ЦБ-000124"}))
    assert len({message["MessageGroupId"] for message in house.queue.messages}) == 2


def test_a_sale_is_durable_before_it_is_answered(house: House) -> None:
    house.queue.down = True
    with pytest.raises(ConnectionError):
        _sale(house)


@pytest.mark.parametrize(
    "secret", ["", "wrong", SALE_SECRET + "/", CRM_SECRET, SECRET, "секрет", "\udcff"]
)
def test_it_opens_to_its_secret_alone(house: House, secret: str) -> None:
    assert _sale(house, secret=secret)["statusCode"] == 401
    assert house.queue.messages == []
    _silent(house)


def test_its_secret_opens_no_other_door(house: House) -> None:
    house.environ["TEST_CRM_SECRET"] = CRM_SECRET
    answer = _sale(house, "event=ONCRMDEALUPDATE&data[FIELDS][ID]=7", provider="bitrix24")
    assert answer["statusCode"] == 401
    assert house.queue.messages == []


def _without(*sections: str) -> Callable[[Playbook], Playbook]:
    return lambda by: by.model_copy(update=dict.fromkeys(sections))


def _without_secrets(by: Playbook) -> Playbook:
    assert by.loyalty is not None
    closed = by.loyalty.model_copy(update={"webhook_secrets": None})
    return by.model_copy(update={"loyalty": closed})


@pytest.mark.parametrize(
    "change",
    [_without("loyalty"), _without("reviews"), _without("loyalty", "reviews"), _without_secrets],
    ids=["no 1C", "no reviews", "neither", "no secret named"],
)
@pytest.mark.parametrize("secret", [SALE_SECRET, "", CRM_SECRET])
def test_a_branch_that_has_nothing_to_do_with_it_is_closed(
    house: House, change: Callable[[Playbook], Playbook], secret: str
) -> None:
    house.store.publish(change(playbook()), NOW)
    answer = _sale(house, secret=secret)
    assert answer == _sale(house, branch="nobody")
    assert answer["statusCode"] == 401
    assert house.queue.messages == []


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("given", ["", SALE_SECRET, "None"])
def test_a_secret_that_was_never_set_opens_nothing(
    house: House, value: str | None, given: str
) -> None:
    house.environ.pop("TEST_1C_SECRET")
    if value is not None:
        house.environ["TEST_1C_SECRET"] = value
    assert _sale(house, secret=given)["statusCode"] == 401
    assert house.queue.messages == []


@pytest.mark.parametrize("provider", ["ONEC", "onec_http", "onec/", "1c", ""])
def test_it_has_one_address(house: House, provider: str) -> None:
    assert _sale(house, provider=provider)["statusCode"] == 401
    assert house.queue.messages == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "phone=89000000011",
        "[]",
        "null",
        '{"document": "1"}',
        '{"phone": "89000000011"}',
        '{"phone": ["89000000011"], "document": "1"}',
        '{"phone": "89000000011", "document": {"id": 1}}',
        '{"phone": "' + "9" * 5000 + '", "document": "1"}',
        '{"phone":' * 10_000,
        "[" * 100_000,
        b"\xff\xfe{",
        "<html>1C</html>",
    ],
    ids=range(13),
)
def test_what_is_no_sale_is_malformed(house: House, body: str | bytes) -> None:
    answer = _sale(house, body)
    assert answer["statusCode"] == 400
    assert house.queue.messages == []
    assert house.log[-1]["reason"]
    _silent(house)


def test_ten_megabytes_are_too_large(house: House) -> None:
    assert _sale(house, "x" * 10_000_000)["statusCode"] == 413
    assert house.queue.messages == []
