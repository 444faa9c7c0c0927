"""Swallows the instrumentation's own failures: each one is counted, the first of each place is logged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

LOGGER: Final = logging.getLogger("backend_instrumentation")


class Guard:
    """Counts swallowed failures, and logs the first of each place with its traceback."""

    def __init__(self, count: Callable[[], object]) -> None:
        self._count = count
        self._logged: set[str] = set()

    def note(self, place: str) -> None:
        """Count the exception that is being handled, and log the first of that place; never raises."""
        try:
            if place not in self._logged:
                self._logged.add(place)
                LOGGER.warning("%s failed; the service goes on, further failures are only counted", place,
                               exc_info=True)  # fmt: skip
            self._count()
        except Exception:  # noqa: S110 - a failing counter or log handler must not reach the service either
            pass
