"""Which variant a client gets: decided by hash alone, so that nothing needs to be remembered.

Weighted rendezvous hashing (Thaler, Ravishankar 1998, "Using name-based mappings to increase hit
rates"; with weights by logarithm: Schindelhauer, Schomaker 2005, "Weighted distributed hash
tables"). Every variant draws a number for the client, and the smallest wins: `-ln(u) / weight` is
exponential with that weight as its rate, and the smallest of such numbers is each variant's with
probability weight / total, exactly.

When weights change, a client moves only into a variant whose share grew or out of one whose share
shrank. A new variant takes clients, and a removed one gives them up; among the others nobody moves.
The order in which variants are listed means nothing.
The variant that a client was really shown stands in his survey, and results are made from that; yet
a split is judged against one set of weights, so other weights deserve another experiment's name.
"""

import hashlib
import math
from collections.abc import Sequence


def assign(experiment: str, client: str, weights: Sequence[tuple[str, int]]) -> str:
    """The variant of this client in this experiment: always the same one for the same weights.

    `weights` are variants with their shares of the total. A weight of 0 gives a variant to nobody.
    Experiments are independent: what a client got in one says nothing about another.
    Raises ValueError when no variant has a weight, one has a negative one, or two share a name.
    """
    check_weights(weights)
    draws = (
        (-math.log(_chance(experiment, client, name)) / weight, name)
        for name, weight in weights
        if weight
    )
    return min(draws)[1]


def check_weights(weights: Sequence[tuple[str, int]]) -> None:
    names = [name for name, _ in weights]
    if len(set(names)) < len(names):
        raise ValueError("two variants have the same name")
    if any(weight < 0 for _, weight in weights):
        raise ValueError("a variant has a negative weight")
    if not any(weight for _, weight in weights):
        raise ValueError("no variant has a weight")


def _chance(experiment: str, client: str, variant: str) -> float:
    """Uniform strictly between 0 and 1: 52 bits and a half, so that no rounding reaches an end."""
    digest = hashlib.sha256(f"{experiment}\n{client}\n{variant}".encode()).digest()
    return ((int.from_bytes(digest[:8]) >> 12) + 0.5) / 2**52
