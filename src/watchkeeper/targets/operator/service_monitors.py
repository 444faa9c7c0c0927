"""A ServiceMonitor for each service that nobody scrapes yet, with the labels that the rules select by.

The operator takes certificates and credentials from Secrets only: what the spec names as a file is a key of one.
"""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.model.scrape import Scrape
from watchkeeper.plan.plan import Plan, PlannedService
from watchkeeper.targets.operator.kubernetes_object import MONITORING, head, key_of, name_of, text_of

SCRAPES = name_of("scrapes")


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
        **_reached_by(service.spec.scrape, service.name),
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


def _reached_by(scrape: Scrape, service: str) -> dict[str, Value]:
    entry: dict[str, Value] = {} if scrape.scheme == "http" else {"scheme": scrape.scheme}
    if scrape.tls is not None:
        tls: dict[str, Value] = {}
        for name, path in (("ca", scrape.tls.ca_file), ("cert", scrape.tls.cert_file)):
            if path is not None:
                tls[name] = {"secret": _key(path)}
        if scrape.tls.key_file is not None:
            tls["keySecret"] = _key(scrape.tls.key_file)
        if scrape.tls.server_name is not None:
            tls["serverName"] = scrape.tls.server_name
        entry["tlsConfig"] = tls
    if scrape.password_file is not None:
        username: Value = {"name": SCRAPES, "key": f"{service}.username"}
        entry["basicAuth"] = {"username": username, "password": _key(scrape.password_file)}
    if scrape.bearer_token_file is not None:
        entry["authorization"] = {"credentials": _key(scrape.bearer_token_file)}
    return entry


def _key(path: str) -> Value:
    return {"name": SCRAPES, "key": key_of(path)}
