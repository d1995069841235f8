"""What fuzzing has found once. Each was an exception, so a 5xx, or too much work for one answer."""

import json
from random import Random
from typing import Any, cast

import pytest

from switchboard.domain.effects import Parcel, SendMessage
from switchboard.runtime.queues import Outbound
from tests.doors.link_house import link_event, own_form
from tests.doors.updates import pressed, wrote
from tests.flows.story import BRANCH, IVAN, WORKERS_CHAT
from tests.fuzz.case import Case, around
from tests.fuzz.doors import Doors
from tests.fuzz.examine import Outcome, examine


@pytest.fixture(scope="module")
def doors() -> Doors:
    return Doors()


def _came_to(doors: Doors, door: str, body: str) -> Outcome:
    # This chance adds nothing odd.
    return examine(doors, around(door, body.encode(), {}, Random(1)))


@pytest.mark.parametrize("letter", ["\ufffe", "\uffff"])
@pytest.mark.parametrize("escaped", [True, False])
def test_a_name_with_a_letter_that_sqs_refuses(doors: Doors, letter: str, escaped: bool) -> None:
    stranger = IVAN.model_copy(update={"first_name": f"Иван{letter}"})
    body = json.dumps(wrote("/start", stranger), ensure_ascii=escaped)
    assert _came_to(doors, "telegram", body) == Outcome("telegram 200 started")


class Sqs:
    """Takes down the bodies of a batch."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message_batch(self, **request: Any) -> Any:
        self.bodies += [entry["MessageBody"] for entry in request["Entries"]]
        return {}


def test_a_post_with_such_a_name_in_it_does_not_stay_in_the_outbox() -> None:
    sqs = Sqs()
    post = SendMessage(id="post", chat=WORKERS_CHAT, text="Заказ занят: \ufffe\uffff")
    sent = Parcel(branch=BRANCH, trace="trace", playbook=1, effect=post)
    Outbound(cast("Any", sqs), "outbound").put([sent])
    (body,) = sqs.bodies
    assert not {"\ufffe", "\uffff"} & set(body)
    assert Parcel.model_validate_json(body) == sent


@pytest.mark.parametrize("length", [21, 200, 2000])
def test_a_button_of_a_job_whose_name_is_too_long_for_a_key(doors: Doors, length: int) -> None:
    body = json.dumps(pressed(f"claim:{'a' * length}-1:1"))
    assert _came_to(doors, "telegram", body) == Outcome("telegram 200")


def test_a_link_whose_address_no_browser_may_be_sent_to_is_not_visited(doors: Doors) -> None:
    """A visit was told of, and the answer to it was 404."""
    event = link_event("GET", "Review000bad", own_form())
    event["requestContext"]["requestId"] = "0123456789abcdef="
    assert examine(doors, Case("click", event, b"", admitted=True)) == Outcome("click 404")


def test_a_form_that_names_more_deals_than_can_be_queued_in_time(doors: Doors) -> None:
    names = [f"leads[update][{n}][id]={n + 1}" for n in range(1001)]
    assert _came_to(doors, "amocrm", "&".join(names)) == Outcome("amocrm 400")
    assert _came_to(doors, "amocrm", "&".join(names[1:])) == Outcome("amocrm 200 deal_touched")
