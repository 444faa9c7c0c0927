"""Traffic, errors, duration and saturation of services over time: five queries, however many services.

A query selects each service by its own matchers, as rules and dashboards do.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, Literal

from watchkeeper.emit.promql import selector
from watchkeeper.model.http_dialect import HttpNames
from watchkeeper.model.service import Matcher
from watchkeeper.prometheus_api import over_time

Unit = Literal["per second", "share", "seconds"]
ERRORS: Final = "Errors"
DURATION: Final = "Duration, p95"
_PLACE: Final = "place"
Points = tuple[tuple[float, float], ...]
Selected = Sequence[tuple[str, Sequence[Matcher], HttpNames]]


@dataclass(frozen=True, slots=True)
class Span:
    """The time that charts cover: so many seconds until `end`, in Unix seconds, with a point every `step` seconds."""

    seconds: int
    step: int
    end: int = 0

    @property
    def start(self) -> int:
        """Return its begin in Unix seconds."""
        return self.end - self.seconds

    def until(self, end: float) -> Span:
        """Return the span that ends at a moment."""
        return replace(self, end=int(end) // self.step * self.step)


HOUR: Final = Span(3_600, 30)
YOUNG: Final = (Span(300, 3), Span(1_200, 10))


@dataclass(frozen=True, slots=True)
class Signal:
    """One chart of a service: its title, unit, and the points of each line by name, in Unix seconds."""

    title: str
    unit: Unit
    lines: tuple[tuple[str, Points], ...]


def read_signals(
    server: str, services: Selected, *, end: float, range_seconds: int
) -> tuple[dict[str, tuple[Signal, ...]], Span]:
    """Return the signals of some services that have data, by service, and the time they cover; raise NoAnswer.

    `services` are names with the matchers of what each exposes, and the names of its HTTP metrics.

    It is the last hour, or less while all data is younger: a chart of a minute in an hour is a dot.
    """
    span = HOUR.until(end)
    found = _read(server, services, range_seconds, span)
    firsts = (points[0][0] for lines in found.values() for points in lines.values())
    first = min(firsts, default=0.0)
    if (shorter := next((one for one in YOUNG if first > end - one.seconds), None)) is not None:
        span = shorter.until(end)
        found = _read(server, services, range_seconds, span)
    return {service: tuple(_signals(lines)) for service, lines in found.items()}, span


def _read(server: str, services: Selected, range_seconds: int, span: Span) -> dict[str, dict[str, Points]]:
    queries = [(key, _of_each(key, services, range_seconds)) for key in _CHARTS]
    with ThreadPoolExecutor(len(queries)) as pool:
        answers = pool.map(
            lambda one: over_time(server, one[1], start=span.start, end=span.end, step=span.step), queries
        )
        found: defaultdict[str, dict[str, Points]] = defaultdict(dict)
        for (key, _), answer in zip(queries, answers, strict=True):
            for series in answer:
                points = tuple((when, value) for when, value in series.points if math.isfinite(value))
                if points:
                    found[services[int(series.labels[_PLACE])][0]][key] = points
    return found


def _signals(lines: Mapping[str, Points]) -> list[Signal]:
    charts: defaultdict[tuple[str, Unit], list[tuple[str, Points]]] = defaultdict(list)
    for key, (title, unit, name) in _CHARTS.items():
        if key in lines:
            charts[title, unit].append((name, lines[key]))
    return [Signal(title, unit, tuple(own)) for (title, unit), own in charts.items()]


_CHARTS: Final[dict[str, tuple[str, Unit, str]]] = {
    "traffic": ("Requests", "per second", "requests"),
    "errors": (ERRORS, "share", "5xx"),
    "duration": (DURATION, "seconds", "p95"),
    "memory": ("Saturation", "share", "memory"),
    "cpu": ("Saturation", "share", "CPU"),
}


def _of_each(key: str, services: Selected, seconds: int) -> str:
    """Return one query for all services; their places in the list stand for their names, which may be any text."""
    each = (
        f'label_replace({_query(key, own, http, seconds)}, "{_PLACE}", "{place}", "", "")'
        for place, (_, own, http) in enumerate(services)
    )
    return " or ".join(each)


def _query(key: str, own: Sequence[Matcher], http: HttpNames, seconds: int) -> str:
    def rate(metric: str, *matchers: Matcher, by: str = "") -> str:
        return f"sum{by} (rate({selector(metric, (*own, *matchers), range=f'{seconds}s')}))"

    def gauge(metric: str) -> str:
        return f"sum by (instance) ({selector(metric, own)})"

    requests = rate(http.requests, *http.every)
    if key == "traffic":
        return requests
    if key == "errors":
        return f"({rate(http.requests, *http.failed)} or 0 * {requests}) / ({requests} > 0)"
    if key == "duration":
        buckets = rate(f"{http.duration}_bucket", *http.answered, by=" by (le)")
        return f"histogram_quantile(0.95, {buckets}) >= 0"
    if key == "memory":
        used, limit = gauge("process_resident_memory_bytes"), gauge("process_memory_limit_bytes")
    else:
        used = rate("process_cpu_seconds_total", by=" by (instance)")
        limit = gauge("process_cpu_limit_cores")
    # The fullest instance: the mean of two hides the one that is about to fail.
    return f"max({used} / ({limit} > 0))"
