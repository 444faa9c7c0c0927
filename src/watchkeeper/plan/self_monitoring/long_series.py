"""A series of few values over a long time, as promtool reads its samples."""

from __future__ import annotations

import math
from collections.abc import Sequence

# A series' value from an instant on (seconds); None while it has no samples.
Course = Sequence[tuple[float, int | None]]


def written(course: Course, *, end: int, interval: int) -> str:
    """Return the samples up to `end`, one each `interval` seconds; the first one after an instant has the new value."""
    begins = [math.ceil(begin / interval) for begin, _ in course]
    ends = [*begins[1:], end // interval + 1]
    parts = [
        f"{'_' if value is None else value}x{until - begin - (value is not None)}"
        for (_, value), begin, until in zip(course, begins, ends, strict=True)
        if until > begin
    ]
    return " ".join(parts)
