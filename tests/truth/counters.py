"""What Prometheus sees of a schedule: counters as each scrape found them, in promtool's notation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

from tests.truth.schedule import Instance, Schedule

CODES = {False: "200", True: "503"}
SERVICE = "checkout"
Sample = int | str
MISSING, STALE = "_", "stale"


def grid_of(schedule: Schedule) -> int:
    """Return the step in ms that every scrape of every instance is a multiple of."""
    return math.gcd(schedule.scrape, *(one.phase for one in schedule.instances))


def input_series(schedule: Schedule) -> list[dict[str, str]]:
    """Return promtool's input series: per instance a counter for each status, and `up`."""
    grid = grid_of(schedule)
    return [
        {"series": name, "values": _written(samples, grid, schedule.end)}
        for instance in schedule.instances
        for name, samples in _series(instance, schedule)
    ]


def _series(instance: Instance, schedule: Schedule) -> Iterator[tuple[str, dict[int, Sample]]]:
    labels = f'service="{SERVICE}",instance="{instance.name}"'
    for is_bad, code in CODES.items():
        name = f'http_requests_total{{{labels},handler="/",method="GET",status_code="{code}"}}'
        yield name, dict(_scraped(instance, schedule, is_bad))
    yield f"up{{{labels}}}", dict(_up(instance, schedule))


def _scrapes(instance: Instance, schedule: Schedule) -> range:
    first = -(-(instance.born - instance.phase) // schedule.scrape) * schedule.scrape + instance.phase
    return range(max(first, instance.phase), schedule.end + 1, schedule.scrape)


def _scraped(instance: Instance, schedule: Schedule, is_bad: bool) -> Iterator[tuple[int, Sample]]:
    value, position = instance.counted, 0
    events = _events(instance, is_bad)
    for at in _scrapes(instance, schedule):
        while position < len(events) and events[position][0] <= at:
            value = value + 1 if events[position][1] else 0
            position += 1
        if not instance.lives_at(at):
            yield at, STALE
            return
        yield at, value if instance.answers_at(at) else STALE


def _events(instance: Instance, is_bad: bool) -> list[tuple[int, int]]:
    """Return what changes a counter: (time, 1) for a request of its kind, (time, 0) for a restart."""
    counted = [(at, 1) for at, was_bad in instance.requests if was_bad == is_bad]
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
