"""Checks of planned work: services that exist, windows that do not overlap, and none as long as an error budget."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timezone

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.duration import Duration
from watchkeeper.model.maintenance import Maintenance
from watchkeeper.model.spec import Spec
from watchkeeper.spec.problem import Problem

# The year in which recurring windows are compared: a fixed one, so that the answer is the same every day.
_FIRST = int(datetime(2027, 1, 1, tzinfo=timezone.utc).timestamp())
_YEAR = 366 * 86_400
_Span = tuple[int, int, Maintenance]


def check_maintenance(spec: Spec) -> Iterator[Problem]:
    """Yield every problem of the maintenance windows as a whole."""
    first: dict[str, Maintenance] = {}
    for window in spec.maintenance:
        if first.setdefault(window.name, window) is not window:
            message = f"a second maintenance window has the name {window.name}"
            yield Problem(
                window.where, "WK203", message, f"the first is at {first[window.name].where}; rename one"
            )
        yield from _services(window, spec)
        yield from _too_long(window, spec)
        yield from _past(window)
    yield from _overlaps(spec)


def _services(window: Maintenance, spec: Spec) -> Iterator[Problem]:
    names = [service.name for service in spec.services]
    for name, where in zip(window.services, window.services_where, strict=True):
        if name not in names:
            message = (
                f"the maintenance window {window.name} is for {name}, which is not a service of this spec"
            )
            yield Problem(where, "WK262", message, did_you_mean(name, names, "name one of the services"))


def _too_long(window: Maintenance, spec: Spec) -> Iterator[Problem]:
    if window.span is None:
        return
    length = Duration((window.span[1] - window.span[0]) * 1000)
    slos = (slo for service in spec.services if window.is_for(service.name) for slo in service.slos)
    shortest = min(slos, key=lambda slo: slo.window, default=None)
    if shortest is not None and length >= shortest.window:
        message = f"the window of {length} is not shorter than the {shortest.window_name} of {shortest.name}"
        remedy = "nothing would be left to count: write an earlier `to`"
        yield Problem(window.end_where or window.where, "WK260", message, remedy)


def _past(window: Maintenance) -> Iterator[Problem]:
    if window.span is not None and window.span[1] < time.time():
        message = f"the maintenance window {window.name} ended on {_shown(window.span[1])}"
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
            for at, window, other in _common_moments([one for one in many if one[2].is_for(service.name)]):
                if (window.name, other.name) not in told:
                    told |= {(window.name, other.name), (other.name, window.name)}
                    message = (
                        f"{window.name} and {other.name} are both open for {service.name} on {_shown(at)}"
                    )
                    remedy = f"end one where the other begins, or join them; the other is at {other.where}"
                    yield Problem(window.where, "WK261", message, remedy)


def _common_moments(spans: list[_Span]) -> Iterator[tuple[int, Maintenance, Maintenance]]:
    """Yield the moments at which a window opens while another one is open: the moment, and both."""
    last: _Span | None = None
    for span in sorted(spans, key=lambda one: one[:2]):
        if last is not None and span[0] < last[1] and span[2] is not last[2]:
            yield span[0], span[2], last[2]
        if last is None or span[1] > last[1]:
            last = span


def _shown(at: int) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
