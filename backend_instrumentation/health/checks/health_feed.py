"""Feeds answers of checks to the pack `health` of this process's metrics; never raises."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from ...guard import Guard
from .check_result import State

if TYPE_CHECKING:
    from ...packs.instruments import Instruments
    from .check_runner import CheckAnswer

_INSTRUMENTS: Final = f"{__name__.rpartition('.health.')[0]}.packs.instruments"
STATE_OF: Final[dict[State, str]] = {
    "pass": "running",
    "warn": "degraded",
    "fail": "error",
    "skipped": "stopped",
    "unknown": "unknown",
}
"""The value of the label `state` of `health_state` for a check's state."""


def newest(pack: str) -> Instruments | None:
    """Return the newest metrics of this process that enable the pack; nothing is imported for it."""
    module = sys.modules.get(_INSTRUMENTS)
    found: Instruments | None = None if module is None else module.newest(pack)
    return found


def count_failure() -> None:
    """Count one failure of the health checks' own code in `instrumentation_errors_total`."""
    module = sys.modules.get(_INSTRUMENTS)
    for each in [] if module is None else module.open_instruments()[:1]:
        each.counter("instrumentation_errors_total").inc()


GUARD: Final = Guard(count_failure)


def record(answer: CheckAnswer) -> None:
    """Count one run of a check, and set its state."""
    try:
        instruments = newest("health")
        if instruments is None:
            return
        pack, check = instruments.health, answer.check
        if answer.last.state != "skipped":
            success = answer.last.state in ("pass", "warn")
            pack.record(check.name, kind=check.kind, success=success, duration=answer.duration)
        pack.state(check.name, STATE_OF[answer.state])
    except Exception:
        GUARD.note("recording a health check")
