"""Windows of planned work that are open, as the rules show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Final

from watchkeeper import naming
from watchkeeper.prometheus_api import Sample

WINDOWS_OPEN_QUERY: Final = naming.MAINTENANCE_ENDS
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A maintenance window of a service; `until` is its end in Unix seconds."""

    service: str
    name: str
    reason: str
    author: str
    until: float


def open_windows(samples: Iterable[Sample]) -> tuple[OpenWindow, ...]:
    """Return the open windows, those that end last first; of several servers with the same rules, each once."""
    found = {
        OpenWindow(
            service=one.labels.get("service", ""),
            name=one.labels.get("maintenance", ""),
            reason=one.labels.get("reason", ""),
            author=one.labels.get("author", ""),
            until=one.value,
        )
        for one in samples
    }
    return tuple(sorted(found, key=lambda one: (-one.until, one.service, one.name)))


def maintenance_text(one: OpenWindow, *, now: float) -> str:
    """Return one window in a sentence without its end."""
    end = datetime.fromtimestamp(one.until, timezone.utc)
    day = "" if one.until - now < _DAY else f"{end:%d %B} "
    return f"{one.service}: maintenance until {day}{end:%H:%M} UTC ({one.name}: {one.reason}, {one.author})"
