"""Whether the clock of this machine is right: samples, alerts, silences and certificates depend on it."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence

from watchkeeper.preflight.preflight_line import Line, LineState, good

_CHECK = "clock"
_UNSYNCHRONIZED = 5
# Room for the kernel's struct timex, of which nothing is set: the call only reads.
_TIMEX_BYTES = 512
_WRONG_SECONDS, _FAR_SECONDS = 2.0, 60.0


def clock_line(others: Sequence[tuple[str, float]]) -> Line:
    """Return the line; `others` are the names and the clocks, in Unix seconds less ours, of others that answered."""
    for name, ahead in others:
        if abs(ahead) > _WRONG_SECONDS:
            found = f"{name} is {abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'} of this machine"
            state: LineState = "fail" if abs(ahead) > _FAR_SECONDS else "warn"
            return Line(_CHECK, state, found, "synchronize both clocks, by chrony or systemd-timesyncd")
    compared = f"; compared with {' and '.join(name for name, _ in others)}" if others else ""
    if _is_synchronized() is False:
        found = f"{time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())}, not synchronized{compared}"
        return Line(
            _CHECK,
            "warn",
            found,
            "start chrony or systemd-timesyncd, or see that the host of this machine does it",
        )
    return good(_CHECK, f"{time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())}{compared}")


def _is_synchronized() -> bool | None:
    """Return what the kernel says, None if it does not."""
    try:
        answer = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except AttributeError:
        return None
    return None if answer < 0 else answer != _UNSYNCHRONIZED
