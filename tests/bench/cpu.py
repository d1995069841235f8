"""CPU time of other processes, from /proc."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class Clock:
    """Counts from its making on. `roles`: process id → what the process is."""

    def __init__(self, roles: Mapping[int, str]) -> None:
        self._roles = roles
        self._before = {pid: _seconds(pid) for pid in roles}

    def spent_on_each(self, number: int) -> dict[str, float]:
        """Milliseconds of CPU by role, for each of so many things done since."""
        spent = dict.fromkeys(self._roles.values(), 0.0)
        for pid, role in self._roles.items():
            spent[role] += max(0.0, _seconds(pid) - self._before[pid]) / number * 1e3
        return spent


def _seconds(pid: int) -> float:
    """User and system time of all threads; proc(5), `stat`, fields 14 and 15."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    user, system = said.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS
