"""The public prices and the assumptions of `prices.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FILE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Prices:
    """`of`: US dollars for one unit, by its name. `assumed`: what nobody counted, by its name."""

    region: str
    date: date
    of: Mapping[str, float]
    assumed: Mapping[str, float]

    def usd(self, units: Mapping[str, float]) -> float:
        return sum(self.of[unit] * number for unit, number in units.items())


def load() -> Prices:
    said = tomllib.loads(FILE.read_text(encoding="utf-8"))
    of = {name: one["usd"] / one["per"] for name, one in said["price"].items()}
    return Prices(said["region"], said["date"], of, said["assumed"])
