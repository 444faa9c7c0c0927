"""Lives of a service for the comparison of rules: how many requests each minute has, and how many of them fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

HOUR, DAY = 60, 24 * 60
# Counters that begin at 0 are a case of their own, in which increase() extrapolates less.
_LIVED = 1_000_000


@dataclass(frozen=True)
class Span:
    """Minutes with as many requests each, of which so many fail; `name` is that of an incident."""

    minutes: int
    requests: int
    failed: int = 0
    name: str = ""


@dataclass(frozen=True)
class Course:
    """A life of the service, in minutes from its first scrape."""

    spans: tuple[Span, ...]

    @property
    def length(self) -> int:
        """Return how many minutes it lasts."""
        return sum(span.minutes for span in self.spans)

    def incidents(self) -> Iterator[tuple[Span, int]]:
        """Yield each incident with the minute at which it begins."""
        starts = accumulate((span.minutes for span in self.spans), initial=0)
        yield from ((span, at) for span, at in zip(self.spans, starts, strict=False) if span.name)

    @property
    def requests(self) -> int:
        """Return how many requests there are."""
        return sum(span.minutes * span.requests for span in self.spans)

    def ratio(self) -> float:
        """Return the exact error ratio of all requests."""
        return sum(span.minutes * span.failed for span in self.spans) / self.requests

    def counted(self, good: float, bad: float) -> str:
        """Return a counter in promtool's notation that grows by such parts of the good and of the failed requests."""
        value, parts = float(_LIVED), []
        for span in self.spans:
            step = good * (span.requests - span.failed) + bad * span.failed
            parts.append(f"{value:.12g}+{step:.12g}x{span.minutes - 1}")
            value += step * span.minutes
        return " ".join(parts)

    def by_minute(self) -> Iterator[tuple[int, int]]:
        """Yield the failed and all requests of each minute."""
        for span in self.spans:
            yield from [(span.failed, span.requests)] * span.minutes


def two_days() -> Course:
    """Return a day at one request a minute, and one with 1200 from 8 to 20 h, on which three things go wrong."""
    night = [
        Span(DAY + 130, 1),
        Span(1, 1, 1, "one request fails at night"),
        Span(109, 1),
        Span(30, 1, 1, "all fail for 30 min at night"),
        Span(210, 1),
    ]
    day = [Span(4 * HOUR, 1200), Span(30, 1200, 240, "a fifth fails for 30 min by day"), Span(450, 1200)]
    return Course((*night, *day, Span(4 * HOUR, 1)))


def pause() -> Course:
    """Return five hours in which nobody asks for half an hour, as in a maintenance, and nothing fails."""
    return Course((Span(2 * HOUR, 60), Span(30, 0, name="no requests for 30 min"), Span(150, 60)))
