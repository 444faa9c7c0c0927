"""When alerts fired, from the edges of the series `ALERTS`: few points, however long an alert fires."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.prometheus_api import Series, over_time, steps
from watchkeeper.report.history import AlertSpan
from watchkeeper.report.objective_identity import own_labels
from watchkeeper.report.recorded_bins import Matchers
from watchkeeper.report.reporting_period import ReportingPeriod

# Alerts of these severities inform nobody of a fault, such as the Watchdog that always fires.
_FIRING = (("alertstate", "=", "firing"), ("severity", "!~", "info|none"), ("service", "!=", ""))
# The labels that all alerts of an objective share, and those that a spec or a server may change meanwhile.
_SHARED = {
    "alertname",
    "alertstate",
    naming.KIND_LABEL,
    "severity",
    "service",
    "slo",
    "slo_id",
    "team",
    "environment",
}
Key = tuple[str, str, str, str, str, tuple[tuple[str, str], ...]]


def read_alerts(server: str, period: ReportingPeriod, of: Matchers, interval: float) -> list[AlertSpan]:
    """Return the alerts of services that fired in the period, by their start; raise NoAnswer."""
    firing = selector("ALERTS", (*_FIRING, *of))
    ago = f"{round(interval * 1000)}ms"
    first = over_time(server, firing, start=period.start, end=period.start, step=1)
    queries = (
        f"timestamp({firing}) unless {firing} offset {ago}",
        f"timestamp({firing} offset {ago}) unless {firing}",
    )
    begins, ends = (
        list(steps(server, query, start=period.start + interval, end=period.until, step=interval))
        for query in queries
    )
    return _spans(first, begins, ends)


def _spans(first: Iterable[Series], begins: Iterable[Series], ends: Iterable[Series]) -> list[AlertSpan]:
    edges: dict[tuple[tuple[str, str], ...], list[tuple[float, bool]]] = defaultdict(list)
    before = {_labels(one) for one in first}
    for found, is_begin in ((begins, True), (ends, False)):
        for one in found:
            edges[_labels(one)] += [(value, is_begin) for _, value in one.points]
    by_key: dict[Key, list[tuple[float | None, float | None]]] = defaultdict(list)
    for labels in sorted(edges.keys() | before):
        by_key[_key(dict(labels))] += _paired(sorted(set(edges[labels])), fires=labels in before)
    spans = [AlertSpan(*key[:5], *span, key[5]) for key, own in by_key.items() for span in _united(own)]
    return sorted(spans, key=lambda one: (one.start or 0.0, one.name, one.slo_id, one.service))


def _labels(series: Series) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in series.labels.items() if name != "__name__"))


def _key(labels: dict[str, str]) -> Key:
    named = ("alertname", naming.KIND_LABEL, "severity", "service", "slo_id")
    name, kind, severity, service, slo_id = (labels.get(label, "") for label in named)
    return name, kind, severity, service, slo_id, values_of(labels) if slo_id else ()


def values_of(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the labels of an objective's alert that may tell the values of a label apart."""
    return tuple(sorted((name, value) for name, value in own_labels(labels).items() if name not in _SHARED))


def _paired(edges: list[tuple[float, bool]], *, fires: bool) -> Iterator[tuple[float | None, float | None]]:
    start: float | None = None
    for when, is_begin in edges:
        if is_begin and not fires:
            start, fires = when, True
        elif not is_begin and fires:
            yield start, when
            fires = False
    if fires:
        yield start, None


def _united(spans: list[tuple[float | None, float | None]]) -> list[tuple[float | None, float | None]]:
    """Return one span where several label sets of one alert fired at once, such as those of two instances."""
    united: list[tuple[float | None, float | None]] = []
    for start, end in sorted(spans, key=lambda one: one[0] or 0.0):
        if united:
            last_start, last_end = united[-1]
            if last_end is None or (start or 0.0) <= last_end:
                longer = None if last_end is None or end is None else max(last_end, end)
                united[-1] = (last_start, longer)
                continue
        united.append((start, end))
    return united
