"""A service's life, request by request: when each came, to which process, and whether it failed. All times in ms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class Stretch:
    """Even traffic in [begin, end): a request every so many ms; `bad` of every `of` requests fail, spread evenly."""

    begin: int
    end: int
    every: int
    bad: int = 0
    of: int = 1

    def requests(self) -> Iterator[tuple[int, bool]]:
        """Yield each request's time, and whether it fails."""
        for number, at in enumerate(range(self.begin, self.end, self.every)):
            yield at, (number + 1) * self.bad // self.of > number * self.bad // self.of


@dataclass(frozen=True)
class Burst:
    """Many requests at one instant, all of them bad or none."""

    at: int
    count: int
    is_bad: bool

    def requests(self) -> Iterator[tuple[int, bool]]:
        """Yield each request's time, and whether it fails."""
        yield from ((self.at, self.is_bad) for _ in range(self.count))


@dataclass(frozen=True)
class Instance:
    """One target: scraped at `phase` and every scrape interval after it, from `born` until it is `gone`.

    `counted` is what each of its counters stands at when it is born. At `restarts` the process begins anew, at zero.
    In `unreachable` spans its scrapes fail; its counters go on where the process does.
    """

    name: str
    phase: int
    traffic: tuple[Stretch | Burst, ...]
    born: int = 0
    gone: int | None = None
    counted: int = 0
    restarts: tuple[int, ...] = ()
    unreachable: tuple[tuple[int, int], ...] = ()

    @cached_property
    def requests(self) -> tuple[tuple[int, bool], ...]:
        """Return every request that the instance answers, in order."""
        found = (one for part in self.traffic for one in part.requests())
        return tuple(sorted(one for one in found if self.lives_at(one[0])))

    def lives_at(self, at: int) -> bool:
        """Return whether the target exists at an instant."""
        return self.born <= at and (self.gone is None or at < self.gone)

    def answers_at(self, at: int) -> bool:
        """Return whether a scrape at an instant succeeds."""
        return not any(begin <= at < end for begin, end in self.unreachable)


@dataclass(frozen=True)
class Schedule:
    """A whole service until `end`. In `outages` nobody answers: requests that would have come are lost and bad.

    In the `hole` Prometheus itself is down: nothing is scraped and nothing evaluated.
    """

    end: int
    instances: tuple[Instance, ...]
    scrape: int = 15 * SECOND
    evaluation: int = 30 * SECOND
    outages: tuple[tuple[int, int], ...] = ()
    hole: tuple[int, int] | None = None

    @cached_property
    def requests(self) -> tuple[tuple[int, bool], ...]:
        """Return every request of every instance, in order."""
        return tuple(sorted(one for instance in self.instances for one in instance.requests))
