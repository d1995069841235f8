"""One lease at a time, and no pair of tokens lost or overwritten by somebody who knew less."""

from collections.abc import Callable

import pytest

from switchboard.store.database import Database
from switchboard.store.tokens import Grant, Tokens, resumed

NOW = 1_700_000_000


@pytest.fixture
def tokens(database: Database, tables: Callable[[str], str]) -> Tokens:
    return Tokens(database, tables("settings"))


def leased(tokens: Tokens, grant: Grant) -> Grant:
    lease = tokens.lease("demo", "amocrm", grant, NOW + 40)
    assert lease is not None
    return lease


def test_nothing_is_stored_at_first(tokens: Tokens) -> None:
    assert tokens.load("demo", "amocrm") is None
    assert resumed(None, "first").refresh == "first"


def test_the_lease_says_in_doubt_before_anything_is_sent(tokens: Tokens) -> None:
    leased(tokens, resumed(None, "first"))
    stored = tokens.load("demo", "amocrm")
    assert stored is not None
    assert (stored.trouble, stored.lease_until, stored.refresh) == ("in_doubt", NOW + 40, "first")


def test_only_one_of_those_who_saw_the_same_gets_the_lease(tokens: Tokens) -> None:
    seen = resumed(None, "first")
    winners = [tokens.lease("demo", "amocrm", seen, NOW + 40) for _ in range(3)]
    assert [winner is not None for winner in winners] == [True, False, False]


def test_a_saved_pair_frees_the_lease_and_the_next_refresh_spends_it(tokens: Tokens) -> None:
    spent = leased(tokens, resumed(None, "first"))
    fresh = spent._replace(refresh="second", access="access", access_until=NOW + 86_400)
    saved = tokens.save("demo", "amocrm", spent, fresh)
    assert saved == tokens.load("demo", "amocrm")
    assert saved is not None
    assert (saved.refresh, saved.access, saved.trouble, saved.lease_until) == (
        "second",
        "access",
        "",
        0,
    )
    assert leased(tokens, saved).refresh == "second"


def test_a_slow_holder_still_saves_what_he_got(tokens: Tokens) -> None:
    slow = leased(tokens, resumed(None, "first"))
    leased(tokens, slow)  # His lease is over and another has taken it.
    fresh = slow._replace(refresh="second", access="access", access_until=NOW + 86_400)
    saved = tokens.save("demo", "amocrm", slow, fresh)
    assert saved is not None
    assert saved.refresh == "second"


def test_a_spent_token_never_replaces_its_successor(tokens: Tokens) -> None:
    spent = leased(tokens, resumed(None, "first"))
    second = spent._replace(refresh="second", access="a2", access_until=NOW + 1)
    assert tokens.save("demo", "amocrm", spent, second) is not None
    third = spent._replace(refresh="third", access="a3", access_until=NOW + 1)
    assert tokens.save("demo", "amocrm", spent, third) is None
    stored = tokens.load("demo", "amocrm")
    assert stored is not None
    assert stored.refresh == "second"


def test_a_late_release_changes_nothing(tokens: Tokens) -> None:
    late = leased(tokens, resumed(None, "first"))
    leased(tokens, late)
    before = tokens.load("demo", "amocrm")
    tokens.release("demo", "amocrm", late, "refused", NOW + 300)
    assert tokens.load("demo", "amocrm") == before


def test_a_released_lease_can_be_taken_again(tokens: Tokens) -> None:
    first = leased(tokens, resumed(None, "first"))
    tokens.release("demo", "amocrm", first, "", 0)
    stored = tokens.load("demo", "amocrm")
    assert stored is not None
    assert (stored.trouble, stored.lease_until) == ("", 0)
    assert leased(tokens, stored).refresh == "first"


def test_a_new_secret_begins_a_new_chain(tokens: Tokens) -> None:
    leased(tokens, resumed(None, "first"))
    anew = resumed(tokens.load("demo", "amocrm"), "reconnected")
    assert (anew.refresh, anew.access, anew.trouble) == ("reconnected", "", "")
    assert leased(tokens, anew).refresh == "reconnected"


def test_a_process_with_the_old_secret_follows_the_new_chain(tokens: Tokens) -> None:
    leased(tokens, resumed(None, "first"))
    leased(tokens, resumed(tokens.load("demo", "amocrm"), "reconnected"))
    assert resumed(tokens.load("demo", "amocrm"), "first").refresh == "reconnected"


def test_a_pair_of_the_old_chain_does_not_replace_the_new_chain(tokens: Tokens) -> None:
    old = leased(tokens, resumed(None, "first"))
    leased(tokens, resumed(tokens.load("demo", "amocrm"), "reconnected"))
    fresh = old._replace(refresh="second", access="access", access_until=NOW + 86_400)
    assert tokens.save("demo", "amocrm", old, fresh) is None


def test_branches_are_apart(tokens: Tokens) -> None:
    leased(tokens, resumed(None, "first"))
    assert tokens.load("other", "amocrm") is None


def test_tokens_do_not_show_when_a_grant_is_printed() -> None:
    grant = Grant("c" * 64, "refresh-secret", access="access-secret")
    assert "secret" not in repr(grant)
    assert "secret" not in f"{grant}"
