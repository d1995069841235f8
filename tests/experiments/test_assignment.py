"""Every client keeps his variant; the shares are the weights."""

from collections import Counter

import pytest

from switchboard.experiments.assignment import assign
from switchboard.experiments.split import SplitVerdict, check_split

HALVES = [("plain", 50), ("warm", 50)]
GOLDEN_HALVES = ["plain", "warm", "plain", "plain", "warm", "warm", "plain", "warm"]
GOLDEN_THIRDS = ["plain", "warm", "plain", "plain", "short", "warm", "short", "warm"]
CLIENTS = [f"c-{number}" for number in range(20_000)]


def test_what_a_client_got_once_he_gets_for_ever() -> None:
    """These values stand in surveys: were they to change, a client's second message would differ
    from his first."""
    thirds = [("plain", 1), ("warm", 1), ("short", 1)]
    assert [assign("invitation", f"c-{n}", HALVES) for n in range(8)] == GOLDEN_HALVES
    assert [assign("invitation", f"c-{n}", thirds) for n in range(8)] == GOLDEN_THIRDS


def test_the_order_of_the_list_means_nothing() -> None:
    for client in CLIENTS[:200]:
        assert assign("e", client, HALVES) == assign("e", client, HALVES[::-1])


@pytest.mark.parametrize("weights", [(50, 50), (90, 10), (1, 1, 1), (60, 30, 10), (100, 1)])
def test_shares_are_the_weights(weights: tuple[int, ...]) -> None:
    variants = [(f"v{number}", weight) for number, weight in enumerate(weights)]
    counts = Counter(assign("shares", client, variants) for client in CLIENTS)
    assert check_split(counts, variants).verdict is SplitVerdict.AS_PLANNED


def test_experiments_are_independent() -> None:
    """Each of the four combinations has a quarter of the clients."""
    both = Counter(
        assign("text", client, HALVES) + assign("delay", client, HALVES) for client in CLIENTS
    )
    quarters = [(first + second, 25) for first, _ in HALVES for second, _ in HALVES]
    assert check_split(both, quarters).verdict is SplitVerdict.AS_PLANNED


def test_when_weights_change_clients_leave_what_shrank_or_come_to_what_grew() -> None:
    before = [("a", 60), ("b", 20), ("c", 20)]
    after = [("a", 40), ("b", 40), ("c", 20)]
    moves = Counter((assign("e", c, before), assign("e", c, after)) for c in CLIENTS)
    moved = {pair: count for pair, count in moves.items() if pair[0] != pair[1]}
    assert ("b", "a") not in moved
    assert ("b", "c") not in moved
    assert ("c", "a") not in moved
    # A fifth is what the weights ask for. A few pass through c, which loses to b and wins from a.
    assert 0.20 < sum(moved.values()) / len(CLIENTS) < 0.26


def test_a_new_variant_takes_clients_and_the_others_keep_theirs() -> None:
    grown = [*HALVES, ("short", 50)]
    for client in CLIENTS[:2000]:
        assert assign("e", client, grown) in ("short", assign("e", client, HALVES))


def test_a_variant_without_weight_is_given_to_nobody() -> None:
    variants = [("a", 0), ("b", 5)]
    assert {assign("e", client, variants) for client in CLIENTS[:500]} == {"b"}


@pytest.mark.parametrize(
    "weights", [[], [("a", 0)], [("a", 3), ("b", -1)], [("a", 1), ("a", 1)]], ids=str
)
def test_weights_without_sense_are_refused(weights: list[tuple[str, int]]) -> None:
    with pytest.raises(ValueError, match="variant"):
        assign("e", "c-1", weights)
