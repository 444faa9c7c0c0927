"""The two series that one kind of request is written into, and the fastest way to write them."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final

from prometheus_client import Counter, Histogram, values

# Without the interpreter's lock, threads run in parallel.
_ALONE: Final[bool] = getattr(sys, "_is_gil_enabled", lambda: True)()

Write = Callable[[float], None]
"""Counts one request of that duration in seconds."""


class RequestSeries:
    """A counter and a histogram child; `kept` keeps the objects alive whose ids are the cache's key.

    `further` are the values of the labels that the service added.
    """

    __slots__ = ("counter", "further", "handler", "histogram", "kept", "write")

    def __init__(
        self,
        counter: Counter | None,
        histogram: Histogram | None,
        handler: str,
        kept: tuple[object, ...],
        further: tuple[str, ...] = (),
    ) -> None:
        self.counter = counter
        self.histogram = histogram
        self.handler = handler
        self.kept = kept
        self.further = further
        self.write: Write = _nothing if counter is None or histogram is None else writer(counter, histogram)

    def write_with_exemplar(self, seconds: float, exemplar: dict[str, str]) -> None:
        """Count one request; raises ValueError, after counting it, when the exemplar cannot be used."""
        if self.counter is None or self.histogram is None:
            return
        try:
            self.counter.inc(1, exemplar)
        except ValueError:
            self.histogram.observe(seconds)
            raise
        self.histogram.observe(seconds, exemplar)


def writer(counter: Counter, histogram: Histogram) -> Write:
    """Return a function that counts and observes at once.

    It writes into the children's private values, which saves more than half of the time. Where
    prometheus-client stores them differently, it uses the public methods.
    """
    try:
        one, total, buckets = counter._value, histogram._sum, list(histogram._buckets)
        bounds = list(histogram._upper_bounds)
        usable = len(buckets) == len(bounds) > 0 and bounds[-1] == float("inf")
        if usable and _ALONE and all(type(each) is values.MutexValue for each in (one, total, *buckets)):
            return _unlocked(one, total, bounds, buckets)
        if usable:
            return _locked(one.inc, total.inc, bounds, [each.inc for each in buckets])
    except (AttributeError, TypeError):
        pass
    return _public(counter, histogram)


def _unlocked(one: Any, total: Any, bounds: list[float], buckets: list[Any]) -> Write:
    # Each line reads, adds and stores without a call in between. Another thread can take over only at a call or
    # a backward jump, so nothing is lost without prometheus-client's locks.
    def write(seconds: float) -> None:
        one._value += 1.0
        total._value += seconds
        buckets[bisect_left(bounds, seconds)]._value += 1.0

    return write


def _locked(one: Write, total: Write, bounds: list[float], buckets: list[Write]) -> Write:
    def write(seconds: float) -> None:
        one(1)
        total(seconds)
        buckets[bisect_left(bounds, seconds)](1)

    return write


def _public(counter: Counter, histogram: Histogram) -> Write:
    inc, observe = counter.inc, histogram.observe

    def write(seconds: float) -> None:
        inc()
        observe(seconds)

    return write


def _nothing(_: Any) -> None:
    """Replaces the writer of a request that is not counted."""
