"""What goes wrong on demand, per provider."""

import time
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from sandbox.wire import Json

Provider = Literal[
    "telegram", "tyres_telegram", "amocrm", "generic", "bitrix24", "onec", "whatsapp", "sms"
]
FaultKind = Literal[
    "outage", "abort", "lost_answer", "too_many_requests", "server_error", "html", "unauthorized"
]

PROVIDERS: tuple[Provider, ...] = get_args(Provider)
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
ONEC_ALONE: frozenset[FaultKind] = frozenset({"html", "unauthorized"})


def kinds(provider: Provider) -> tuple[FaultKind, ...]:
    """What can go wrong with this provider."""
    return tuple(kind for kind in KINDS if provider == "onec" or kind not in ONEC_ALONE)


@dataclass
class Fault:
    """One thing that goes wrong until `until` (monotonic seconds) or for `left` more requests.

    outage: 502/503 and nothing done. abort: connection cut, nothing done. lost_answer: the work is
    done, then the connection is cut. too_many_requests: 429; in Telegram only for `chat_id` when
    one is given; Bitrix24 says it with 503. server_error: 500. Of 1C alone: html, a page with
    status 200 in the place of the answer, and unauthorized, 401.
    """

    kind: FaultKind
    left: int | None = None
    until: float | None = None
    retry_after: int = 3
    chat_id: int | None = None

    def over(self, now: float) -> bool:
        return (self.left is not None and self.left <= 0) or (
            self.until is not None and now >= self.until
        )


class Faults:
    """The faults that are switched on, and the delay of every answer, per provider."""

    def __init__(self) -> None:
        self._active: dict[Provider, list[Fault]] = {name: [] for name in PROVIDERS}
        self.latency: dict[Provider, float] = dict.fromkeys(PROVIDERS, 0.0)

    def switch_on(self, provider: Provider, fault: Fault) -> None:
        """Replaces a fault of the same kind for the same chat."""
        kept = [
            f for f in self._active[provider] if (f.kind, f.chat_id) != (fault.kind, fault.chat_id)
        ]
        self._active[provider] = [*kept, fault]

    def switch_off(self, provider: Provider, kind: FaultKind | None = None) -> None:
        """Without a kind: all of that provider's, the delay too."""
        keep = [f for f in self._active[provider] if kind is not None and f.kind != kind]
        self._active[provider] = keep
        if kind is None:
            self.latency[provider] = 0.0

    def clear(self) -> None:
        for provider in PROVIDERS:
            self.switch_off(provider)

    def active(self, provider: Provider) -> list[Fault]:
        now = time.monotonic()
        self._active[provider] = [f for f in self._active[provider] if not f.over(now)]
        return self._active[provider]

    def strike(self, provider: Provider, chat_id: int | None = None) -> Fault | None:
        """The fault that meets this request, counted down; None when all is well."""
        for fault in self.active(provider):
            if fault.chat_id is not None and fault.chat_id != chat_id:
                continue
            if fault.left is not None:
                fault.left -= 1
            return fault
        return None

    def shown(self) -> Json:
        """For the control API and the page: seconds left instead of a monotonic time."""
        now = time.monotonic()
        return {
            provider: {
                "latency": self.latency[provider],
                "active": [
                    asdict(f) | {"until": None if f.until is None else round(f.until - now, 1)}
                    for f in self.active(provider)
                ],
            }
            for provider in PROVIDERS
        }
