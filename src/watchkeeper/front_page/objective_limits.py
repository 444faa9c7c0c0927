"""What the objectives of a spec allow in the charts of golden signals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from watchkeeper.front_page.golden_signals import DURATION, ERRORS
from watchkeeper.model.service import Service

P95 = Decimal("0.95")
"""The quantile of the chart; an objective on another one says nothing about its line."""
Limits = Mapping[str, Mapping[str, float]]


def objective_limits(services: Iterable[Service]) -> Limits:
    """Return the largest value that keeps every objective, by service and title of the chart; shares and seconds."""
    return {service.name: found for service in services if (found := dict(_limits(service)))}


def _limits(service: Service) -> Iterator[tuple[str, float]]:
    # The charts show all requests: an objective for some of them says nothing about their sum.
    whole = [slo for slo in service.slos if not slo.sli.filters]
    allowed = [1 - slo.objective for slo in whole if slo.sli.kind == "availability"]
    thresholds = [
        slo.sli.threshold.seconds
        for slo in whole
        if slo.sli.threshold is not None and slo.objective == P95 and slo.sli.family == "http"
    ]
    for title, values in ((ERRORS, allowed), (DURATION, thresholds)):
        if values:
            yield title, float(min(values))
