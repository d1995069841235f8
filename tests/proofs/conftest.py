"""The marker of tests that start the whole application: `pytest -m 'not proof'` leaves them out."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "proof: starts the whole application as a user does")
