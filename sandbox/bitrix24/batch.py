"""batch: up to 50 commands in one request, each of which may use the answers before it.

Written after `CRestProvider::methodsBatch` of the rest module: a failed command stands in
`result_error`, the 51st and later ones fail alone, and empty PHP arrays are lists.
"""

import re
from collections.abc import Callable
from typing import Any

from sandbox.bitrix24 import php
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.selection import Answer
from sandbox.wire import Json

LARGEST = 50

_REFERENCE = re.compile(r"\$result((?:\[[^\]]+\])+)")

Run = Callable[[str, Json], Answer]
Timed = Callable[[], Json]


class Batch:
    """Runs commands one after another and gathers what became of them."""

    def __init__(self, run: Run, timed: Timed) -> None:
        self._run = run
        self._timed = timed
        self._results: Json = {}
        self._errors: Json = {}
        self._totals: Json = {}
        self._next: Json = {}
        self._times: Json = {}

    def perform(self, params: Json) -> Answer:
        halt = php.yes(php.any_case(params, "halt"))
        for at, (key, command) in enumerate(php.items(php.any_case(params, "cmd"))):
            try:
                self._keep(key, self._one(at, str(command)))
            except RestError as error:
                self._errors[key] = error.to_json()
                if halt:
                    break
        return Answer(
            {
                "result": php.array(self._results),
                "result_error": php.array(self._errors),
                "result_total": php.array(self._totals),
                "result_next": php.array(self._next),
                "result_time": php.array(self._times),
            }
        )

    def _one(self, at: int, command: str) -> Answer:
        if at >= LARGEST:
            raise RestError("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
        method, _, query = command.partition("?")
        if method.lower() == "batch":
            # Nesting is prohibited since rest 24.0.0.
            code = "ERROR_BATCH_METHOD_NOT_ALLOWED"
            raise RestError(code, "Method is not allowed for batch usage", 405)
        params = {key: self._filled(value) for key, value in php.parse(query).items()}
        return self._run(method, params)

    def _keep(self, key: str, answer: Answer) -> None:
        self._results[key] = answer.result
        if answer.total is not None:
            self._totals[key] = answer.total
        if answer.next is not None:
            self._next[key] = answer.next
        self._times[key] = self._timed()

    def _filled(self, value: Any) -> Any:
        """With every `$result[command][path]` replaced; a failed command leaves nothing."""
        if isinstance(value, dict):
            return {key: self._filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return self._found(whole.group(1))
        return _REFERENCE.sub(lambda match: _scalar(self._found(match.group(1))), value)

    def _found(self, path: str) -> Any:
        found: Any = self._results
        for step in re.findall(r"\[([^\]]+)\]", path):
            found = dict(php.items(found)).get(step)
        return found


def _scalar(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
