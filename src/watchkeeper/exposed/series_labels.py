"""The labels of one series of a service: which values each label can have, and which combinations occur."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from watchkeeper import contract
from watchkeeper.exposed.histogram_bounds import bounds_of
from watchkeeper.model.service import Metric, Service

Values = Mapping[str, tuple[str, ...]]
_METHODS = (*contract.HTTP_METHODS, contract.OTHER)
_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
_OF_PROMETHEUS: Values = {"alertstate": ("pending", "firing"), "severity": ("critical", "warning", "info")}


@dataclass(frozen=True, slots=True)
class SeriesLabels:
    """`names` are the labels of the series besides those that a scrape adds; `closed` holds the values of closed sets.

    `rows` are the combinations that occur, where not every one does. `is_complete` says that the series has no other
    label. `is_external` series may lack a label, and know nothing of the service.
    """

    names: tuple[str, ...]
    closed: Values
    rows: tuple[Mapping[str, str], ...]
    is_complete: bool
    is_external: bool


def series_labels(series: str, service: Service, *, external: bool) -> SeriesLabels:
    """Return the labels of a series by its name; `external` says that the query reads what others expose."""
    if series in _ALERTS:
        return SeriesLabels((), _OF_PROMETHEUS, (), is_complete=False, is_external=True)
    metric = next((one for one in service.metrics if series in _series_of(one)), None)
    if external or (metric is not None and metric.external):
        return _external(series, metric, service)
    scraped = _scraped(service)
    if metric is not None:
        closed = {label: (*values, contract.OTHER_VALUE) for label, values in metric.values}
        return _own(series, metric.name, metric.labels, {**closed, **scraped}, (), service)
    http = service.http
    family = service.family(series) or service.family(family_of(series))
    if family is None:
        return SeriesLabels((), scraped, (), is_complete=service.is_scraped, is_external=False)
    closed = {label: (*values, contract.OTHER_VALUE) for label, values in family.allowed}
    if family.name in (http.requests, http.duration):
        closed |= {http.method: _METHODS, http.status: http.codes}
    rows = tuple(dict(zip(family.labels, row, strict=True)) for row in family.rows)
    if family.pack == "http" and http.further:
        return replace(
            _own(series, family.name, family.labels, {**closed, **scraped}, (), service), is_complete=False
        )
    return _own(series, family.name, family.labels, {**closed, **scraped}, rows, service)


def _own(
    series: str,
    family: str,
    names: tuple[str, ...],
    closed: Values,
    rows: tuple[Mapping[str, str], ...],
    service: Service,
) -> SeriesLabels:
    if series == f"{family}_bucket" and (bounds := bounds_of(family, service)):
        written = (contract.le(float(bound)) for bound in (*bounds, Decimal("Infinity")))
        names, closed = (*names, "le"), {**closed, "le": tuple(written)}
    # What others scrape has labels that nobody knows beforehand.
    return SeriesLabels(names, closed, rows, is_complete=service.is_scraped, is_external=False)


def _external(series: str, metric: Metric | None, service: Service) -> SeriesLabels:
    if metric is None:
        return SeriesLabels((), {}, (), is_complete=False, is_external=True)
    names, closed = metric.labels, dict(metric.values)
    if series == f"{metric.name}_bucket" and (bounds := bounds_of(metric.name, service)):
        names, closed = (*names, "le"), {**closed, "le": (*_spellings(bounds), "+Inf")}
    return SeriesLabels(names, closed, (), is_complete=False, is_external=True)


def _spellings(bounds: tuple[Decimal, ...]) -> tuple[str, ...]:
    """Return each bound as other programs may write it: 1 and 1.0, 1e+06 and 1000000."""
    found = []
    for bound in bounds:
        text, plain = contract.le(float(bound)), f"{bound.normalize():f}"
        found += [text, text.removesuffix(".0"), plain, plain if "." in plain else f"{plain}.0"]
    return tuple(dict.fromkeys(found))


def _scraped(service: Service) -> Values:
    """Return the values of the labels that a scrape adds and that are known beforehand."""
    fixed = dict(service.own_labels)
    if service.is_scraped:
        fixed |= {"job": service.name, **dict(service.target_labels)}
    return {label: (value,) for label, value in fixed.items()}


def _series_of(metric: Metric) -> tuple[str, ...]:
    if metric.type != "histogram":
        return (metric.name,)
    # The family's own name stands for a native histogram, and for what all of its series share.
    return (metric.name, *(f"{metric.name}_{part}" for part in ("bucket", "sum", "count")))


def family_of(series: str) -> str:
    """Return the histogram that a series may be a part of, else the series itself."""
    for suffix in ("_bucket", "_sum", "_count"):
        if series.endswith(suffix):
            return series.removesuffix(suffix)
    return series
