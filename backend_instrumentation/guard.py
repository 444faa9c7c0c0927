"""Swallows the instrumentation's own failures: each one is counted, the first of each place is logged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

LOGGER: Final = logging.getLogger("backend_instrumentation")


def warn(message: str, *arguments: object, exc_info: bool = False) -> None:
    """Log a warning, unless a handler's stream is closed: logging would print a traceback instead, as at exit."""
    if _can_be_written():
        LOGGER.warning(message, *arguments, exc_info=exc_info)


def _can_be_written() -> bool:
    logger: logging.Logger | None = LOGGER
    found: list[logging.Handler] = []
    while logger is not None:
        found += logger.handlers
        logger = logger.parent if logger.propagate else None
    if not found and logging.lastResort is not None:
        found.append(logging.lastResort)
    return not any(getattr(getattr(each, "stream", None), "closed", False) for each in found)


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
                warn(
                    "%s failed; the service goes on, further failures are only counted", place, exc_info=True
                )
            self._count()
        except Exception:  # noqa: S110 - a failing counter or log handler must not reach the service either
            pass
