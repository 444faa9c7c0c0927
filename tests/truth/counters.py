"""What Prometheus sees of a schedule: counters as each scrape found them, in promtool's notation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

from tests.truth.schedule import Instance, Schedule

SERVICE = "checkout"
_OF_ALL = f'service="{SERVICE}",instance="%s",handler="/",method="GET"'
_HISTOGRAM = "http_request_duration_seconds"
# What each kind of indicator reads: a counter, and whether it counts the good requests, the bad ones or both.
SERIES: dict[str, tuple[tuple[str, tuple[bool, ...]], ...]] = {
    "availability": (
        (f'http_requests_total{{{_OF_ALL},status_code="200"}}', (False,)),
        (f'http_requests_total{{{_OF_ALL},status_code="503"}}', (True,)),
    ),
    "latency": (
        (f'{_HISTOGRAM}_count{{{_OF_ALL},status_code="200"}}', (False, True)),
        (f'{_HISTOGRAM}_bucket{{{_OF_ALL},status_code="200",le="0.2"}}', (False,)),
    ),
}
Sample = int | str
MISSING, STALE = "_", "stale"


def grid_of(schedule: Schedule) -> int:
    """Return the step in ms that every scrape of every instance is a multiple of."""
    return math.gcd(schedule.scrape, *(one.phase for one in schedule.instances))


def input_series(schedule: Schedule, kind: str = "availability") -> list[dict[str, str]]:
    """Return promtool's input series: per instance the counters that an indicator reads, and `up`."""
    grid = grid_of(schedule)
    return [
        {"series": name, "values": _written(samples, grid, schedule.end)}
        for instance in schedule.instances
        for name, samples in _series(instance, schedule, kind)
    ]


def _series(instance: Instance, schedule: Schedule, kind: str) -> Iterator[tuple[str, dict[int, Sample]]]:
    for name, kinds in SERIES[kind]:
        yield name % instance.name, dict(_scraped(instance, schedule, kinds))
    yield f'up{{service="{SERVICE}",instance="{instance.name}"}}', dict(_up(instance, schedule))


def _scrapes(instance: Instance, schedule: Schedule) -> Iterator[int]:
    first = -(-(instance.born - instance.phase) // schedule.scrape) * schedule.scrape + instance.phase
    begin, end = schedule.hole or (0, 0)
    times = range(max(first, instance.phase), schedule.end + 1, schedule.scrape)
    yield from (at for at in times if not begin <= at < end)


def _scraped(instance: Instance, schedule: Schedule, kinds: tuple[bool, ...]) -> Iterator[tuple[int, Sample]]:
    value, position = instance.counted, 0
    events = _events(instance, kinds)
    for at in _scrapes(instance, schedule):
        while position < len(events) and events[position][0] <= at:
            value = value + 1 if events[position][1] else 0
            position += 1
        if not instance.lives_at(at):
            yield at, STALE
            return
        yield at, value if instance.answers_at(at) else STALE


def _events(instance: Instance, kinds: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Return what changes a counter: (time, 1) for a request of its kinds, (time, 0) for a restart."""
    counted = [(at, 1) for at, is_bad in instance.requests if is_bad in kinds]
    return sorted(counted + [(at, 0) for at in instance.restarts])


def _up(instance: Instance, schedule: Schedule) -> Iterator[tuple[int, Sample]]:
    for at in _scrapes(instance, schedule):
        if not instance.lives_at(at):
            yield at, STALE
            return
        yield at, int(instance.answers_at(at))


def _written(samples: dict[int, Sample], grid: int, end: int) -> str:
    row = (samples.get(at, MISSING) for at in range(0, end + 1, grid))
    return " ".join(_run(value, len(list(run))) for value, run in groupby(row))


def _run(value: Sample, length: int) -> str:
    if value == MISSING:
        return f"_x{length}"
    return " ".join([str(value)] * length) if value == STALE else f"{value}x{length - 1}"
