"""The CRMs' door of a branch whose CRM is Bitrix24: a secret in the address, and one inside."""

import json
from typing import Any

import pytest

from tests.doors.house import EVENTS, House
from tests.flows.story import playbook
from tests.store.conftest import Tables

TOKEN = "example-application-token"
FORM = "application/x-www-form-urlencoded"
EVENT = "event=ONCRMDEALUPDATE&data[FIELDS][ID]=759"
ROBOT = "document_id[]=crm&document_id[]=CCrmDocumentDeal&document_id[]=DEAL_759"

OTHERS = {
    "contact_update",
    "dynamic_item_update",
    "robot_contact",
    "robot_smart_process",
    "timeline_comment_add",
}
"""Payloads that are about something else than a deal."""


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> House:
    by = playbook().model_dump(mode="json")
    by["crm"] = {
        "kind": "bitrix24",
        "base_url": "https://example.bitrix24.ru",
        "user": 1,
        "code": "env:TEST_CODE",
        "webhook_secrets": ["env:TEST_CRM_SECRET"],
        "application_tokens": ["env:NEW_TOKEN", "env:OLD_TOKEN"],
        "stages": {"search": ["NEW"]},
    }
    made = House(
        moto, moto_tables("jobs"), moto_tables("settings"), type(playbook()).model_validate(by)
    )
    made.environ |= {"NEW_TOKEN": "another-application-token", "OLD_TOKEN": TOKEN}
    return made


@pytest.mark.parametrize("name", [path.stem for path in (EVENTS / "crm" / "bitrix24").glob("*")])
def test_its_webhooks_are_let_in(house: House, name: str) -> None:
    event = json.loads((EVENTS / "crm" / "bitrix24" / f"{name}.json").read_text(encoding="utf-8"))
    answer = house.webhook(event["body"], provider="bitrix24", content_type=FORM)
    assert answer["statusCode"] == 200
    told = [(one["kind"], one["provider"], one["deal"]) for one in house.queue.events]
    assert told == ([] if name in OTHERS else [("deal_touched", "bitrix24", "759")])


@pytest.mark.parametrize(
    "body",
    [
        EVENT,
        f"{EVENT}&auth[application_token]=",
        f"{EVENT}&auth[application_token]=wrong",
        f"{EVENT}&auth[application_token]={TOKEN}x",
        f"{EVENT}&auth[application_token]=%D1%81%D0%B5%D0%BA%D1%80%D0%B5%D1%82",
        f"{EVENT}&auth[application_token]={TOKEN}&auth[application_token]=wrong",
        f"{EVENT}&auth[member_id]={TOKEN}",
        f"{ROBOT}&auth[application_token]=wrong",
        f"{ROBOT}&{EVENT}",
        "event=ONCRMCONTACTADD&auth[application_token]=wrong",
    ],
    ids=range(10),
)
def test_a_wrong_token_is_unauthorized_and_nothing_happens(house: House, body: str) -> None:
    before = house.stands
    answer = house.webhook(body, provider="bitrix24", content_type=FORM)
    assert answer["statusCode"] == 401
    assert house.stands == before
    assert house.queue.messages == []
    assert TOKEN not in house.said.getvalue()


@pytest.mark.parametrize("token", [TOKEN, "another-application-token"])
def test_either_token_opens_while_they_rotate(house: House, token: str) -> None:
    body = f"{EVENT}&auth[application_token]={token}"
    answer = house.webhook(body, provider="bitrix24", content_type=FORM)
    assert answer["statusCode"] == 200
    assert len(house.queue.events) == 1


def test_a_robot_is_let_in_by_its_address_alone(house: House) -> None:
    assert house.webhook(ROBOT, provider="bitrix24", content_type=FORM)["statusCode"] == 200
    refused = house.webhook(ROBOT, provider="bitrix24", content_type=FORM, secret="wrong")
    assert refused["statusCode"] == 401
    assert len(house.queue.events) == 1


def test_a_right_token_does_not_open_a_wrong_address(house: House) -> None:
    body = f"{EVENT}&auth[application_token]={TOKEN}"
    answer = house.webhook(body, provider="bitrix24", content_type=FORM, secret="wrong")
    assert answer["statusCode"] == 401
    assert house.queue.messages == []


def test_what_names_no_deal_is_malformed(house: House) -> None:
    for body in ("", "a=1", "event=ONCRMDEALADD", "document_id[]=DEAL_x", "\x00=1"):
        answer = house.webhook(body, provider="bitrix24", content_type=FORM)
        assert answer["statusCode"] == 400
    assert house.queue.messages == []
