"""Which lines of the log are figures too: CloudWatch takes them out of the line itself.

A line that counts carries CloudWatch's embedded metric format (EMF), as Powertools' Metrics writes
it, beside its own keys: one line tells both what happened, under its trace, and that it is counted.
Metrics would write a second line for each, at 26 µs where a whole press takes 80.

Each combination of dimensions is a metric that CloudWatch charges for, so they are small
enumerations: never a branch, a job or a person.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

NAMESPACE = "POWERTOOLS_METRICS_NAMESPACE"
"""The variable with the namespace: the stack's name, so that two stacks are not added up."""


class Measure(NamedTuple):
    """One figure in a line: 1, or the number that stands under `value`.

    It is told apart by the function (`service`) and by the keys in `by`; a line that lacks one of
    those is not counted. `also` is a second set of dimensions, without the function.
    """

    name: str
    by: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    value: str = ""
    unit: str = "Count"


_EFFECT = Measure("Effects", by=("kind", "provider", "outcome"))
_WAITED = Measure("Waited", value="waited_s", unit="Seconds")

MEASURES: Mapping[str, tuple[Measure, ...]] = {
    "press": (Measure("Presses", by=("outcome",)),),
    "visit": (Measure("Visits", by=("outcome",)),),
    "update": (Measure("Webhooks", by=("outcome",)),),
    "webhook": (Measure("Webhooks", by=("outcome",)),),
    "refused": (Measure("Webhooks", by=("outcome",)),),
    "event": (Measure("Events", by=("outcome",)), _WAITED),
    "effect": (_EFFECT, _WAITED),
    "postponed": (_EFFECT,),
    "provider failed": (_EFFECT, Measure("ProviderErrors", also=("provider",))),
    "dead letter": (_EFFECT, Measure("DeadLetters")),
    "fault": (Measure("Faults"),),
    "swept": (
        Measure("Waiting", value="settled"),
        Measure("OldestWaiting", value="oldest_s", unit="Seconds"),
    ),
}
"""By the message of the line. Waited: from the queue to the end of the work. Waiting: jobs in whose
items something has waited too long; OldestWaiting: how long."""


class Metrics:
    """Adds a line's figures to it. The line itself must name its function under `service`."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def of(self, message: str, line: Mapping[str, Any]) -> dict[str, Any]:
        """The keys to add to the line; none where nothing is counted."""
        figures: dict[str, Any] = {}
        directives = []
        for measure in MEASURES.get(message, ()):
            if not all(line.get(name) for name in measure.by):
                continue
            if measure.value and measure.value not in line:
                continue
            figures[measure.name] = line[measure.value] if measure.value else 1
            directives.append(self._directive(measure, line))
        if directives:
            figures["_aws"] = {
                "Timestamp": time.time_ns() // 1_000_000,
                "CloudWatchMetrics": directives,
            }
        return figures

    def _directive(self, measure: Measure, line: Mapping[str, Any]) -> dict[str, Any]:
        dimensions = [["service", *measure.by]]
        if measure.also and all(line.get(name) for name in measure.also):
            dimensions.append([*measure.also])
        return {
            "Namespace": self._namespace,
            "Dimensions": dimensions,
            "Metrics": [{"Name": measure.name, "Unit": measure.unit}],
        }
