"""What the rules record over days in which every request is known: outages, gaps, alerts, several objectives.

Series are written here by the definitions of docs/reference/accuracy.md and not by the code under test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

ROLLUP = 300
EVALUATION = 60
# The rules of a group run at an offset of its own.
ROLLUPS_AT, EVALUATIONS_AT = 137, 17
Rate = Callable[[int], float]
Span = tuple[int, int]


@dataclass(frozen=True)
class Alert:
    """An alert that fires in a span."""

    name: str
    span: Span
    kind: str = "fast_burn"
    severity: str = "critical"
    labels: str = ""


@dataclass(frozen=True)
class Recorded:
    """One objective: events a second and the share of bad ones by time, and the spans in which nothing is recorded.

    `target` may change: it is by time too. Before `evaluated_from` there are rollups only, which makes the history small.
    """

    slo_id: str
    start: int
    end: int
    traffic: Rate
    errors: Rate
    target: Rate = lambda _: 0.999
    gaps: tuple[Span, ...] = ()
    alerts: tuple[Alert, ...] = ()
    extra: str = ""
    service: str = ""
    evaluated_from: int = 0

    @property
    def labels(self) -> str:
        service, _, slo = self.slo_id.partition("-")
        return f'service="{self.service or service}",slo="{slo}",slo_id="{self.slo_id}",team="payments"{self.extra}'

    def is_recorded(self, when: float) -> bool:
        return not any(low < when <= high for low, high in self.gaps)

    def counts(self, start: int, end: int) -> tuple[float, float]:
        """Return bad and all events of the recorded rollups that begin in (start, end], counted minute by minute."""
        pairs = [self.rollup(moment) for moment in self.rollups() if start < moment - ROLLUP <= end]
        return sum(bad for bad, _ in pairs), sum(total for _, total in pairs)

    def rollup(self, moment: int) -> tuple[float, float]:
        """Return bad and all events of the five minutes before a moment."""
        minutes = range(moment - ROLLUP, moment, 60)
        bad = sum(60 * self.traffic(minute) * self.errors(minute) for minute in minutes)
        return bad, sum(60 * self.traffic(minute) for minute in minutes)

    def rollups(self) -> list[int]:
        """Return when rollups are recorded."""
        every = range(self.start + ROLLUPS_AT, self.end + 1, ROLLUP)
        return [moment for moment in every if self.is_recorded(moment)]

    def lines(self) -> Iterator[str]:
        for moment in self.rollups():
            bad, total = self.rollup(moment)
            yield f"slo:bad:rate_tile{{{self.labels}}} {bad / ROLLUP!r} {moment}\n"
            yield f"slo:total:rate_tile{{{self.labels}}} {total / ROLLUP!r} {moment}\n"
            yield f"slo:objective:ratio{{{self.labels}}} {self.target(moment)!r} {moment}\n"
        first = max(self.start, self.evaluated_from) + EVALUATIONS_AT
        for moment in range(first, self.end + 1, EVALUATION):
            if self.is_recorded(moment):
                traffic = self.traffic(moment - 60)
                yield f"slo:total:rate_base{{{self.labels}}} {traffic!r} {moment}\n"
                yield f"slo:bad:rate_base{{{self.labels}}} {traffic * self.errors(moment - 60)!r} {moment}\n"
        for alert in self.alerts:
            labels = (
                f'alertname="{alert.name}",alertstate="firing",severity="{alert.severity}",'
                f'alert_kind="{alert.kind}",{alert.labels or self.labels}'
            )
            low, high = alert.span
            for moment in range(low + EVALUATIONS_AT, high + 1, EVALUATION):
                yield f"ALERTS{{{labels}}} 1 {moment}\n"


@dataclass(frozen=True)
class Month:
    """Several objectives, and lines of other series."""

    objectives: tuple[Recorded, ...]
    more: tuple[str, ...] = field(default=())

    def lines(self) -> Iterator[str]:
        for one in self.objectives:
            yield from one.lines()
        yield from self.more
        yield "# EOF\n"
