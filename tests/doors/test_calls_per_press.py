"""What a press costs, counted where the calls leave for AWS."""

from typing import Any

import pytest

from tests.doors.house import House
from tests.doors.updates import CONTACT, pressed
from tests.flows.story import IVAN, OLGA
from tests.store.conftest import Tables

# moto leaves an unchanged attribute out of UPDATED_NEW, which costs a read that DynamoDB does not.
pytestmark = pytest.mark.parametrize("dynamodb", ["extenddb"], indirect=True)


@pytest.fixture
def warm(dynamodb: Any, tables: Tables) -> House:
    """A door that has read its playbook, as it has before all but a few presses."""
    house = House(dynamodb, tables("jobs"), tables("settings"))
    house.offer()
    house.update(pressed("menu:main"))
    house.calls.clear()
    return house


def test_a_winner_costs_one_write_and_one_message(warm: House) -> None:
    warm.update(pressed())
    assert warm.calls == {"update_item": 1, "send_message": 1}


def test_a_loser_costs_one_write(warm: House) -> None:
    warm.update(pressed())
    warm.calls.clear()
    for number in range(5):
        warm.update(pressed(worker=OLGA, id=str(number)))
    assert warm.calls == {"update_item": 5}
    warm.calls.clear()
    warm.update(pressed(CONTACT, OLGA, id="7"))
    assert warm.calls == {"update_item": 1}


def test_so_does_the_winner_who_presses_again(warm: House) -> None:
    warm.update(pressed())
    warm.calls.clear()
    warm.update(pressed(id="2"))
    assert warm.calls == {"update_item": 1}


def test_what_is_no_press_costs_nothing(warm: House) -> None:
    warm.update(pressed("menu:main"))
    warm.update("no json")
    warm.update(pressed(), secret="wrong")
    warm.update({"update_id": 1, "edited_message": {}})
    assert warm.calls == {}


def test_a_cold_door_reads_its_playbook_once(dynamodb: Any, tables: Tables) -> None:
    house = House(dynamodb, tables("jobs"), tables("settings"))
    house.offer()
    house.calls.clear()
    for worker in (IVAN, OLGA):
        house.update(pressed("menu:main", worker))
    assert house.calls == {"get_paginator": 1}
