"""One beacon of a browser: the route of its page, and times in milliseconds, as browsers measure them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from ..contract import WEB_VITALS

LARGEST_BODY: Final = 4096
_LONGEST: Final = 600_000  # ten minutes: the page was in the background
_PER_SECOND: Final = 1000


class Dropped(Exception):
    """A beacon is not recorded; the text is the reason, a value of `web_beacons_total{result}`."""


@dataclass(frozen=True, slots=True)
class Beacon:
    """What a page reports of itself; times in seconds. `load` is None where the page only reports vitals."""

    route: str
    load: float | None
    vitals: tuple[tuple[str, float], ...]


def parse(body: bytes, routes: Collection[str]) -> Beacon:
    """Return a beacon of one of the routes, such as `{"route": "/", "load": 1840, "vitals": {"LCP": 1200}}`.

    Raises Dropped for anything else. Vitals that are no times, such as CLS, are left out.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Dropped("malformed") from None
    if not isinstance(document, dict):
        raise Dropped("malformed")
    route, vitals = document.get("route"), document.get("vitals", {})
    if not isinstance(route, str) or not isinstance(vitals, dict):
        raise Dropped("malformed")
    if route not in routes:
        raise Dropped("unknown_route")
    load = None if document.get("load") is None else _seconds(document["load"])
    found = tuple((name, _seconds(vitals[name])) for name in WEB_VITALS if name in vitals)
    if load is None and not found:
        raise Dropped("malformed")
    return Beacon(route, load, found)


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Dropped("malformed")
    if not 0 <= value <= _LONGEST:  # NaN is neither
        raise Dropped("out_of_bounds")
    return value / _PER_SECOND
