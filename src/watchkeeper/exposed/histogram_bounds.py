"""The bucket bounds of a service's histograms: the contract's or the declared ones, with every threshold among them."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper import contract
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo

Bounds = tuple[Decimal, ...]


def histogram_of(slo: Slo) -> str:
    """Return the histogram that a latency objective reads."""
    return contract.HTTP_DURATION if slo.sli.family == "http" else slo.sli.family or ""


def middleware_bounds(service: Service) -> tuple[tuple[str, Bounds], ...]:
    """Return the bounds of each histogram that the middleware makes, thresholds merged in, one finite above each."""
    thresholds = _thresholds(service)
    defaults = {
        family.name: family.buckets for family in contract.families(service.signals) if family.buckets
    }
    bounds = {name: {Decimal(repr(bound)) for bound in buckets} for name, buckets in defaults.items()}
    bounds |= {metric.name: set(metric.buckets) for metric in service.metrics
               if metric.type == "histogram" and not metric.external}  # fmt: skip
    return tuple((name, _merged(bounds[name], thresholds.get(name, set()))) for name in sorted(bounds))


def bounds_of(name: str, service: Service) -> Bounds | None:
    """Return the finite bounds of a histogram in its own unit; None where they are unknown."""
    metric = next((one for one in service.metrics if one.name == name), None)
    if metric is not None and metric.external:
        return metric.buckets or None
    family = contract.family(name)
    given = (
        set(metric.buckets)
        if metric is not None
        else {Decimal(repr(bound)) for bound in (family.buckets if family is not None else ())}
    )
    merged = _merged(given, _thresholds(service).get(name, set()))
    # The middleware takes its default buckets for a metric that declares none.
    default = contract.LATENCY_BUCKETS if metric is not None and metric.type == "histogram" else ()
    return merged or tuple(Decimal(repr(bound)) for bound in default) or None


def _thresholds(service: Service) -> dict[str, set[Decimal]]:
    found: dict[str, set[Decimal]] = {}
    for slo in service.slos:
        if slo.sli.kind == "latency" and slo.sli.threshold is not None:
            found.setdefault(histogram_of(slo), set()).add(slo.sli.threshold.seconds)
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
