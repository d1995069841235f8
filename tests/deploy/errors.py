"""What the functions have written into their log groups that nobody expected."""

from collections.abc import Sequence

from tests.deploy.deployed import Deployed


class Errors:
    """As a text: the first of them, empty when there are none."""

    def __init__(self, deployed: Deployed, functions: Sequence[str]) -> None:
        self._deployed = deployed
        self._functions = functions
        self._expected: set[str] = set()

    def expect_those_so_far(self) -> None:
        """They were provoked."""
        self._expected = set(self._all())

    def __str__(self) -> str:
        new = [line[:300] for line in self._all() if line not in self._expected]
        return "; ".join(new[:3])

    def _all(self) -> list[str]:
        return [
            f"{name}: {line}"
            for name in self._functions
            for line in self._deployed.log_lines(name)
            if '"level":"ERROR"' in line or "Traceback" in line
        ]
