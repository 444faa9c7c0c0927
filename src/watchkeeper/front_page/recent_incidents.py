"""What happened in the last hour, as soon as it did: a report needs rollups, which are five minutes apart."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.front_page.golden_signals import Span
from watchkeeper.model.calendar_window import window_length
from watchkeeper.prometheus_api import Series, instant, over_time
from watchkeeper.report.fired_alerts import values_of
from watchkeeper.report.history import AlertSpan, Faulty, ObjectiveHistory
from watchkeeper.report.incident import Incident, incidents, is_page
from watchkeeper.report.objective_identity import display_name, own_labels
from watchkeeper.report.recorded_bins import Matchers
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod

_LAST_HOUR: Final = Span(3_600, 15)
_ALLOWED: Final = f"(1 - last_over_time({naming.OBJECTIVE}[{_LAST_HOUR.seconds}s]))"
# All objectives that had too many bad events at some moment, and perhaps others: one look instead of one a step.
_PERHAPS: Final = (
    f"max_over_time({naming.BAD_BASE}[{_LAST_HOUR.seconds}s])"
    f" > {_ALLOWED} * min_over_time({naming.TOTAL_BASE}[{_LAST_HOUR.seconds}s])"
)
# Alerts of these severities inform nobody of a fault, such as the Watchdog that always fires.
_FIRING: Final = selector("ALERTS", (("alertstate", "=", "firing"), ("severity", "!~", "info|none")))


@dataclass(frozen=True, slots=True)
class Recent:
    """Incidents of the time of `period`, the newest first, by the name of the objective, or of the service if it has none."""

    period: ReportingPeriod
    incidents: tuple[tuple[str, Incident], ...] = ()


def read_recent(server: str, *, end: float, windows: Mapping[str, str]) -> Recent:
    """Return what happened in the hour before a moment; raise NoAnswer.

    `windows` are those of the objectives by `slo_id`: shares are of the budget that such a window has at this hour's
    traffic.
    """
    span = _LAST_HOUR.until(end)
    period = ReportingPeriod("span", "the last hour", span.start, span.end, span.end, "UTC")

    def over(query: str) -> list[Series]:
        return over_time(server, query, start=span.start, end=span.end, step=span.step)

    with ThreadPoolExecutor(2) as pool:
        firing = pool.submit(over, _FIRING)
        slo_ids = {one.labels["slo_id"] for one in instant(server, _PERHAPS)}
        of = (("slo_id", "=~", "|".join(sorted(map(re.escape, slo_ids)))),)
        bad = over(_over_budget(of)) if slo_ids else []
        budgets = _budgets(server, of, windows) if bad else {}
        alerts = [alert for one in firing.result() for alert in _alerts(one, span)]
    found = [
        (history.name, incident)
        for history in _histories(bad, span)
        for incident in incidents(history, alerts, period, budgets.get(history.slo_id))
    ]
    explained = {id(alert) for _, one in found for alert in one.alerts}
    others = (_of_alert(alert, period) for alert in alerts if id(alert) not in explained)
    found += ((one.alerts[0].service or one.alerts[0].name, one) for one in others)
    return Recent(period, tuple(sorted(found, key=lambda pair: (-pair[1].start, pair[0]))))


def _histories(bad: Sequence[Series], span: Span) -> Iterator[ObjectiveHistory]:
    # One objective that several servers record, as pairs of Prometheus do, counts once.
    unique = {tuple(sorted(own_labels(one.labels).items())): one for one in bad}
    by_id: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    for labels in unique:
        by_id[dict(labels)["slo_id"]].append(dict(labels))
    for labels, one in unique.items():
        own = dict(labels)
        events: defaultdict[int, float] = defaultdict(float)
        for when, value in one.points:
            events[math.ceil(when / ROLLUP) * ROLLUP] += value * span.step
        yield ObjectiveHistory(
            display_name(own, by_id[own["slo_id"]]),
            own,
            (),
            (),
            faulty=tuple(Faulty(end, number) for end, number in sorted(events.items())),
            over_budget=tuple(when for when, _ in one.points),
        )


def _over_budget(of: Matchers) -> str:
    allowed = f"(1 - {selector(naming.OBJECTIVE, of)})"
    return f"{selector(naming.BAD_BASE, of)} > {allowed} * {selector(naming.TOTAL_BASE, of)}"


def _budgets(server: str, of: Matchers, windows: Mapping[str, str]) -> dict[str, float]:
    """Return the bad events that the whole window of each objective may have."""
    allowed = f"{_ALLOWED} * avg_over_time({selector(naming.TOTAL_BASE, of, range=f'{_LAST_HOUR.seconds}s')})"
    found = {one.labels.get("slo_id", ""): one.value for one in instant(server, allowed)}
    return {
        slo_id: value * float(window_length(windows[slo_id]).seconds)
        for slo_id, value in found.items()
        if windows.get(slo_id)
    }


def _alerts(series: Series, span: Span) -> Iterator[AlertSpan]:
    labels = series.labels
    names = ("alertname", naming.KIND_LABEL, "severity", "service", "slo_id")
    name, kind, severity, service, slo_id = (labels.get(one, "") for one in names)
    for start, end in _spans(series.points, span):
        begin = start if start > span.start else None
        resolved = end + span.step if end < span.end - span.step else None
        values = values_of(labels) if slo_id else ()
        yield AlertSpan(name, kind, severity, service, slo_id, begin, resolved, values)


def _spans(points: Sequence[tuple[float, float]], span: Span) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for when, _ in points:
        is_same = found and when - found[-1][1] < 2.5 * span.step
        start = found.pop()[0] if is_same else when
        found.append((start, when))
    return found


def _of_alert(alert: AlertSpan, period: ReportingPeriod) -> Incident:
    """Return an incident that no objective noticed."""
    start = float(period.start) if alert.start is None else alert.start
    until = float(period.until) if alert.end is None else alert.end
    found = Incident(start, alert.end, until, 0.0, 0.0, None, (alert,))
    return replace(found, late=0.0) if is_page(alert) else found
