"""The bucket bounds of a service's histograms: the contract's or the declared ones, with every threshold among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

from watchkeeper import contract
from watchkeeper.model.http_dialect import OF_MIDDLEWARE
from watchkeeper.model.same_object import SameObject
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo

Bounds = tuple[Decimal, ...]


def histogram_of(slo: Slo, service: Service) -> str:
    """Return the histogram that a latency objective of a service reads."""
    return service.http.duration if slo.sli.family == "http" else slo.sli.family or ""


def middleware_bounds(service: Service) -> tuple[tuple[str, Bounds], ...]:
    """Return the bounds of each histogram that the middleware makes, thresholds merged in, one finite above each."""
    packs = [pack for pack in service.signals if service.http.is_ours or pack not in OF_MIDDLEWARE]
    made = [family.name for family in contract.families(packs) if family.buckets]
    made += [one.name for one in service.metrics if one.type == "histogram" and not one.external]
    bounds = _merged_bounds(SameObject(service))
    return tuple((name, bounds[name]) for name in sorted(made))


def bounds_of(name: str, service: Service) -> Bounds | None:
    """Return the finite bounds of a histogram in its own unit; None where they are unknown."""
    metric = next((one for one in service.metrics if one.name == name), None)
    if metric is not None and metric.external:
        return metric.buckets or None
    if name == service.http.duration and not service.http.is_ours:
        return service.http.buckets
    bounds = _merged_bounds(SameObject(service)).get(name, ())
    # The middleware takes its default buckets for a metric that declares none.
    default = contract.LATENCY_BUCKETS if metric is not None and metric.type == "histogram" else ()
    return bounds or _exact(default) or None


@lru_cache(maxsize=64)
def _merged_bounds(service: SameObject[Service]) -> Mapping[str, Bounds]:
    """Return the given bounds of each histogram with its thresholds; once a service, as each bucket selector asks."""
    given = {family.name: _exact(family.buckets) for family in contract.FAMILIES if family.buckets}
    given |= {metric.name: metric.buckets for metric in service.value.metrics if not metric.external}
    thresholds = _thresholds(service.value)
    return {
        name: _merged(set(given.get(name, ())), thresholds.get(name, set()))
        for name in given.keys() | thresholds.keys()
    }


def _exact(bounds: Iterable[float]) -> Bounds:
    return tuple(Decimal(repr(bound)) for bound in bounds)


def _thresholds(service: Service) -> dict[str, set[Decimal]]:
    found: dict[str, set[Decimal]] = {}
    for slo in service.slos:
        if slo.sli.kind == "latency" and slo.sli.threshold is not None:
            found.setdefault(histogram_of(slo, service), set()).add(slo.sli.threshold.seconds)
    for alert in service.alerts:
        if alert.preset == "latency_quantile" and alert.metric and alert.threshold is not None:
            found.setdefault(alert.metric, set()).add(alert.threshold)
    return found


def _merged(bounds: set[Decimal], thresholds: set[Decimal]) -> Bounds:
    merged = bounds | thresholds
    # Without a bound above it, a quantile just over the last finite bound looks like one far beyond it.
    if thresholds and max(thresholds) == max(merged):
        merged.add(max(thresholds) * 2)
    return tuple(sorted(bound.normalize() for bound in merged))
