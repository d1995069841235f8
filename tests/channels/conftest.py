"""The clock and the database that the clients of CRMs are tested with."""

from tests.crm.conftest import around, clock, dynamodb

__all__ = ["around", "clock", "dynamodb"]
