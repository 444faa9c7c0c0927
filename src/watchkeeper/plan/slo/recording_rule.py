"""One recording rule of an objective."""

from __future__ import annotations

from dataclasses import dataclass

# An idle window has no events and no errors: any small divisor makes its ratio 0 and not NaN. One event in 90 days is
# over a thousand times larger.
NEVER_ZERO = "1e-9"


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """One recording rule without its labels, which all rules of an SLO share."""

    record: str
    expr: str
    comment: str
