"""The period of an export: its ends as people write them, and the moments of its rows."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo

from watchkeeper.model.duration import Duration

_UNIX = re.compile(r"[0-9]{9,11}(\.[0-9]+)?")
_LATEST = 253_402_300_799.0


@dataclass(frozen=True, slots=True)
class Period:
    """The moments from `start` to `end`, both included, in Unix seconds: multiples of `step` seconds."""

    start: int
    end: int
    step: int

    @property
    def count(self) -> int:
        """Return the number of moments."""
        return max(0, (self.end - self.start) // self.step + 1)


def period(start: float, end: float, step: Duration) -> Period:
    """Return the multiples of the step within two Unix times, so that two exports have equal moments."""
    seconds = int(step.seconds)
    return Period(math.ceil(start / seconds) * seconds, math.floor(end / seconds) * seconds, seconds)


def moment(text: str, *, now: float, zone: tzinfo = timezone.utc) -> float:
    """Return a time as Unix seconds; raise ValueError. `-24h` is before now; a time without a zone is in `zone`."""
    relative = re.fullmatch(r"(?:now)?-(.+)", text)
    try:
        if relative:
            found = now - float(Duration.parse(relative[1]).seconds)
        elif text == "now" or _UNIX.fullmatch(text):
            found = now if text == "now" else float(text)
        else:
            found = _iso(text, zone)
    except (ValueError, OverflowError):
        found = -1.0
    if not 0 <= found <= _LATEST:
        raise ValueError(f"{text!r} is not a time; write -24h, now, 2026-11-20 or 2026-11-20T10:00:00Z")
    return found


def _iso(text: str, zone: tzinfo) -> float:
    found = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()


def step(text: str) -> Duration:
    """Return the time between two rows; raise ValueError if it is not a duration of whole seconds."""
    try:
        found = Duration.parse(text)
    except ValueError:
        found = Duration(0)
    if found.milliseconds < 1000 or found.milliseconds % 1000:
        raise ValueError(f"{text!r} is not a duration of whole seconds; write 30s, 5m or 1h")
    return found


def iso(moment: float) -> str:
    """Return Unix seconds as people and programs read them: 2026-11-20T10:00:00Z."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
