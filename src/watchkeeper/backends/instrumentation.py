"""The file that the middleware package loads: packs, buckets that include every threshold, the service's own metrics."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper import naming
from watchkeeper.emit import json
from watchkeeper.model.http_dialect import OF_MIDDLEWARE
from watchkeeper.model.service import Metric
from watchkeeper.plan.plan import Plan, PlannedService

_VERSION = 1


def render(plan: Plan) -> dict[str, str]:
    """Return one JSON file for each service that has something for the package to measure."""
    measured = (one for one in plan.services if one.spec.http.is_ours or _packs(one) or _own(one))
    return {naming.instrumentation_path(service.name): _settings(service) for service in measured}


def _packs(service: PlannedService) -> list[str]:
    """Return the packs of the middleware; it need not measure requests that OpenTelemetry measures."""
    return [pack for pack in service.packs if service.spec.http.is_ours or pack not in OF_MIDDLEWARE]


def _own(service: PlannedService) -> list[Metric]:
    return [metric for metric in service.metrics if not metric.external]


def _settings(service: PlannedService) -> str:
    own = _own(service)
    document: dict[str, json.Value] = {
        "version": _VERSION,
        "service": service.name,
        "packs": _packs(service),
        "buckets": {
            name: list(bounds) for name, bounds in service.buckets if name not in {m.name for m in own}
        },
        # The service serves its metrics where Prometheus asks for them.
        **({"metrics_path": service.metrics_path} if service.metrics_path != "/metrics" else {}),
        "metrics": [_metric(metric, dict(service.buckets).get(metric.name, ())) for metric in own],
    }
    if service.spec.exclude and service.spec.http.is_ours:
        document["exclude"] = list(service.spec.exclude)
    return json.dump(document)


def _metric(metric: Metric, buckets: tuple[Decimal, ...]) -> dict[str, json.Value]:
    entry: dict[str, json.Value] = {
        "name": metric.name,
        "type": metric.type,
        "labels": list(metric.labels),
        "help": metric.help,
    }
    if buckets:
        entry["buckets"] = list(buckets)
    if metric.values:
        entry["allowed"] = {label: list(values) for label, values in metric.values}
    return entry
