"""The synthetic service: what its counters read at a time, in history and when they are scraped alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .subject import SCRAPE

SERIES = 200
"""Raw series of a service: 40 handlers, three status codes that are good and two that are bad."""
CODES = ("200", "201", "404", "500", "503")
_HANDLERS = SERIES // len(CODES)
# A year before: the counters have lived, and their numbers stay short.
_BORN_BEFORE = 365 * 86_400

# Requests between scrapes wander by less than the steady part, so that no counter ever falls.
_STEADY = 40
_WANDER = tuple((n * 29) % 37 for n in range(97))
_SCRAPES_AN_ERROR = 400


@dataclass(frozen=True, slots=True)
class Counter:
    """One raw series: its labels without the service, and what it read at each scrape."""

    labels: str
    read: Callable[[int], int]


def counters(end: int) -> Iterator[Counter]:
    """Yield a service's counters; `read` takes a time in seconds and is 0 a year before `end`."""
    origin = (end - _BORN_BEFORE) // SCRAPE
    for handler in range(_HANDLERS):
        for place, code in enumerate(CODES):
            labels = f'handler="/api/v1/resource/{handler}",method="GET",status_code="{code}"'
            salt = handler * len(CODES) + place
            yield Counter(labels, _errors(origin, salt) if code >= "500" else _requests(origin, salt))


def _requests(origin: int, salt: int) -> Callable[[int], int]:
    def read(at: int) -> int:
        scrape = at // SCRAPE - origin
        return scrape * _STEADY + _WANDER[(scrape + salt) % len(_WANDER)]

    return read


def _errors(origin: int, salt: int) -> Callable[[int], int]:
    def read(at: int) -> int:
        return (at // SCRAPE - origin + salt * 13) // _SCRAPES_AN_ERROR

    return read
