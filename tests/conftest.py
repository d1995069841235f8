"""The databases of tests/store, for whoever puts something together on top of the stores."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.store.conftest import database, dynamodb, extenddb, tables
from tests.store.tables import create_table

__all__ = ["database", "dynamodb", "extenddb", "moto", "moto_tables", "tables"]


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """boto3's client of one moto for a whole module: where each test's tables are its own, a
    database of its own would only be slow."""
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="eu-central-1",
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="example",
        )
        yield client
        client.close()


@pytest.fixture
def moto_tables(moto: Any) -> Callable[[str], str]:
    """`moto_tables("jobs")` gives the name of a new table of that kind."""
    return lambda kind: create_table(moto, kind)
