"""What the objectives of a spec would have been last week: one question each, as long as the time lasts."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.local_http import NoAnswer
from watchkeeper.model.duration import Duration
from watchkeeper.plan.plan import PlannedService, PlannedSlo
from watchkeeper.plan.slo.indicator import indicator_of
from watchkeeper.prometheus_api import instant

WEEK = Duration.parse("7d")
# Each question reads a week of counters: two at once leave a Prometheus of two cores some time for others.
_THREADS = 2
_SECONDS = 8.0
_GAUGE_STEP = "5m"


@dataclass(frozen=True, slots=True)
class LastWeek:
    """An objective with the share of events that were bad in the last seven days, None where that is not known."""

    slo: PlannedSlo
    error_ratio: float | None
    reason: str = ""

    @property
    def burn_rate(self) -> float | None:
        """Return how many times faster than allowed the budget was spent."""
        return None if self.error_ratio is None else self.error_ratio / float(self.slo.budget)


def last_week(server: str, service: PlannedService, until: float) -> tuple[LastWeek, ...]:
    """Return the last week of each objective of a service; those not answered at `until`, by the monotonic clock, say so.

    Raise nothing: the rest of an examination is as good without.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        return tuple(pool.map(lambda slo: _asked(server, slo, service, until), service.slos))


def deadline() -> float:
    """Return until when all objectives of a spec may be asked about, by the monotonic clock."""
    return time.monotonic() + _SECONDS


def _asked(server: str, slo: PlannedSlo, service: PlannedService, until: float) -> LastWeek:
    if slo.parameters.split is not None:
        return LastWeek(slo, None, "each value of its label has a budget")
    left = until - time.monotonic()
    if left <= 0:
        return LastWeek(slo, None, f"not asked: {_SECONDS:.0f} s were over")
    try:
        found = instant(server, query_of(slo, service), seconds=left)
    except NoAnswer as error:
        return LastWeek(slo, None, str(error))
    ratio = found[0].value if found else None
    return LastWeek(slo, ratio) if ratio is not None else LastWeek(slo, None, "no events")


def query_of(slo: PlannedSlo, service: PlannedService) -> str:
    """Return PromQL for the error ratio of an objective over the last week, from exposed series only."""
    if slo.indicator.is_time:
        return f"avg_over_time(({slo.indicator.bad})[{WEEK}:{_GAUGE_STEP}])"
    indicator = indicator_of(slo.spec, service.spec, replace(slo.parameters.base, window=WEEK))
    recorded = f"max({selector(naming.TOTAL_BASE, (('slo_id', '=', slo.slo_id),))})"
    return f"({indicator.bad_of_counters(recorded)}) / (({indicator.total}) > 0)"
