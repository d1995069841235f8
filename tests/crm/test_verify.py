"""Secrets in the address: closed unless one fits."""

import pytest

from switchboard.domain.verify import verified


def test_any_of_the_secrets_opens() -> None:
    assert verified("new", ["old", "new"])
    assert verified("old", ["old", "new"])


@pytest.mark.parametrize(
    "given", ["", "wrong", "ol", "old ", "OLD", "секрет", "\udcff", "\x00", "o" * 10**6]
)
def test_anything_else_is_refused_without_an_error(given: str) -> None:
    assert not verified(given, ["old", "new"])


def test_a_secret_may_be_other_than_ascii() -> None:
    assert verified("секрет", ["секрет"])


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_no_secret_configured_means_closed(secrets: list[str]) -> None:
    assert not verified("", secrets)
    assert not verified("anything", secrets)
