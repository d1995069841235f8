"""Where a playbook's secrets come from: `env:NAME` or `ssm:/path` (Parameter Store)."""

from collections.abc import Callable, Iterable, Mapping

from switchboard.domain.errors import Misconfigured

_SSM_KEPT_SECONDS = 300.0
"""A rotated parameter is picked up within this time, without a deployment."""


class Secrets:
    """Reads secrets and keeps Parameter Store's for a few minutes."""

    def __init__(
        self,
        environ: Mapping[str, str],
        parameter: Callable[[str], str],
        monotonic: Callable[[], float],
    ) -> None:
        self._environ = environ
        self._parameter = parameter
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, str]] = {}

    def __call__(self, reference: str) -> str:
        """The value. Raises Misconfigured when there is none; the reason holds only the name."""
        value = self._find(reference)
        if not value:
            raise Misconfigured(f"the secret {reference} is not set")
        return value

    def all(self, references: Iterable[str]) -> tuple[str, ...]:
        """Those that are set. None at all means that nothing will be accepted."""
        return tuple(value for value in map(self._find, references) if value)

    def _find(self, reference: str) -> str:
        source, _, name = reference.partition(":")
        if source == "env":
            return self._environ.get(name, "")
        kept = self._kept.get(name)
        if kept is None or kept[0] < self._monotonic():
            kept = (self._monotonic() + _SSM_KEPT_SECONDS, self._parameter(name))
            self._kept[name] = kept
        return kept[1]
