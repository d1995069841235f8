"""A clock that sleeping moves, and a database for the budgets and tokens of the clients."""

from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest
from moto import mock_aws

from switchboard.crm.connect import Surroundings
from tests.crm.surroundings import Clock, surroundings
from tests.store.tables import OneAtATime, create_table


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """One client for a module's tests: making one takes longer than most of them."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        yield client
        client.close()


@pytest.fixture
def around(dynamodb: Any, clock: Clock) -> Iterator[Surroundings]:
    """Everything but the other side: `around._replace(http=...)` names that."""
    deliveries, settings = create_table(dynamodb, "deliveries"), create_table(dynamodb, "settings")
    with httpx.Client(trust_env=False) as http:
        yield surroundings(http, OneAtATime(dynamodb), deliveries, settings, clock)
