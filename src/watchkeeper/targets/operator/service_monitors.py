"""A ServiceMonitor for each service that nobody scrapes yet, with the labels that the rules select by."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.plan.plan import Plan, PlannedService
from watchkeeper.targets.operator.kubernetes_object import MONITORING, head, name_of, text_of


def service_monitors(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each object; a service with `match` or `scrape: false` has none."""
    for service in plan.services:
        if service.spec.is_scraped:
            yield f"servicemonitors/{service.name}.yaml", text_of(_object(service, plan), plan)


def _object(service: PlannedService, plan: Plan) -> dict[str, Value]:
    operator = plan.stack.operator
    found = head(MONITORING, "ServiceMonitor", name_of(service.name), dict(operator.labels))
    found["spec"] = {
        "selector": {"matchLabels": {operator.service_label: service.name}},
        "endpoints": [_endpoint(service, plan)],
    }
    return found


def _endpoint(service: PlannedService, plan: Plan) -> dict[str, Value]:
    endpoint: dict[str, Value] = {
        "port": plan.stack.operator.port,
        "path": service.metrics_path,
        "interval": str(plan.stack.scrape_interval),
        "scrapeTimeout": str(plan.stack.scrape_timeout),
    }
    labels = (("service", service.name), ("job", service.name), *service.target_labels)
    relabelings: list[Value] = [
        # A single dollar sign would refer to a group of the expression.
        {"targetLabel": label, "replacement": value.replace("$", "$$")}
        for label, value in labels
    ]
    why = (
        "The operator sets service and job to the name of the Kubernetes Service; rules select by the spec's."
    )
    endpoint["relabelings"] = [Commented(relabelings[0], why), *relabelings[1:]]
    return endpoint
