"""Checks of planned work: services that exist, windows that do not overlap, and none as long as an error budget."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import TypeVar

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.correction import Correction
from watchkeeper.model.duration import Duration
from watchkeeper.model.maintenance import Maintenance
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.spec.problem import Problem

# The year in which recurring windows are compared: a fixed one, so that the answer is the same every day.
_FIRST = int(datetime(2027, 1, 1, tzinfo=timezone.utc).timestamp())
_YEAR = 366 * 86_400
_Window = TypeVar("_Window", Maintenance, Correction)


def check_maintenance(spec: Spec) -> Iterator[Problem]:
    """Yield every problem of the maintenance windows as a whole."""
    first: dict[str, Maintenance] = {}
    for window in spec.maintenance:
        if first.setdefault(window.name, window) is not window:
            message = f"a second maintenance window has the name {window.name}"
            yield Problem(
                window.where, "WK203", message, f"the first is at {first[window.name].where}; rename one"
            )
        yield from unknown_services(window, spec, "WK262", "maintenance window")
        yield from _too_long(window, spec)
        yield from _past(window)
    yield from _overlaps(spec)


def unknown_services(one: Maintenance | Correction, spec: Spec, code: str, what: str) -> Iterator[Problem]:
    """Yield a problem for each service of a window or correction that the spec does not have."""
    names = [service.name for service in spec.services]
    for name, where in zip(one.services, one.services_where, strict=True):
        if name not in names:
            message = f"the {what} {one.name} is for {name}, which is not a service of this spec"
            yield Problem(where, code, message, did_you_mean(name, names, "name one of the services"))


def _too_long(window: Maintenance, spec: Spec) -> Iterator[Problem]:
    if window.span is None:
        return
    slos = [slo for service in spec.services if window.is_for(service.name) for slo in service.slos]
    yield from as_long_as_a_budget(
        window.span, slos, Problem(window.end_where or window.where, "WK260", "window")
    )


def as_long_as_a_budget(span: tuple[int, int], slos: Iterable[Slo], about: Problem) -> Iterator[Problem]:
    """Yield a problem where a span is as long as the window of one of its objectives.

    `about` has place and code, and as its message what the span is of.
    """
    length = Duration((span[1] - span[0]) * 1000)
    shortest = min(slos, key=lambda slo: slo.window, default=None)
    if shortest is not None and length >= shortest.window:
        message = f"the {about.message} of {length} is not shorter than the {shortest.window_name} of {shortest.name}"
        yield replace(about, message=message, remedy="nothing would be left to count: write an earlier `to`")


def _past(window: Maintenance) -> Iterator[Problem]:
    if window.span is not None and window.span[1] < time.time():
        message = f"the maintenance window {window.name} ended on {shown(window.span[1])}"
        remedy = "remove it with the next change: what it left out stays left out"
        yield Problem(window.where, "WK312", message, remedy)


def _overlaps(spec: Spec) -> Iterator[Problem]:
    """Yield a problem for two single windows, or two recurring ones, that are open at once for one service."""
    single = [(*window.span, window) for window in spec.maintenance if window.span is not None]
    weekly = [
        (*span, window)
        for window in spec.maintenance
        if window.span is None
        for span in window.spans(_FIRST, _FIRST + _YEAR)
    ]
    told: set[tuple[str, str]] = set()
    for service in spec.services:
        for many in (single, weekly):
            for at, window, other in common_moments([one for one in many if one[2].is_for(service.name)]):
                if (window.name, other.name) not in told:
                    told |= {(window.name, other.name), (other.name, window.name)}
                    message = (
                        f"{window.name} and {other.name} are both open for {service.name} on {shown(at)}"
                    )
                    remedy = f"end one where the other begins, or join them; the other is at {other.where}"
                    yield Problem(window.where, "WK261", message, remedy)


def common_moments(spans: Iterable[tuple[int, int, _Window]]) -> Iterator[tuple[int, _Window, _Window]]:
    """Yield the moments at which a window opens while another one is open: the moment, and both."""
    last: tuple[int, int, _Window] | None = None
    for span in sorted(spans, key=lambda one: one[:2]):
        if last is not None and span[0] < last[1] and span[2] is not last[2]:
            yield span[0], span[2], last[2]
        if last is None or span[1] > last[1]:
            last = span


def shown(at: int) -> str:
    """Return a moment as messages have it."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
