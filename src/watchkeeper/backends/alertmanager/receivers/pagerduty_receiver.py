"""PagerDuty: Alertmanager's settings of a service integration (Events API v2)."""

from __future__ import annotations

from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import PagerDuty
from watchkeeper.plan.plan import Plan


def settings(pagerduty: PagerDuty, plan: Plan) -> dict[str, Value]:
    """Return one entry of `pagerduty_configs`."""
    return {
        "routing_key_file": pagerduty.routing_key_file,
        "url": pagerduty.url,
        "send_resolved": True,
        "severity": '{{ template "watchkeeper.pagerduty.severity" . }}',
        "description": '{{ template "watchkeeper.title" . }}',
        "class": "{{ .CommonLabels.alertname }}",
        "component": "{{ .CommonLabels.service }}",
        "group": "{{ .CommonLabels.team }}",
        "client": "watchkeeper",
        "client_url": "{{ .ExternalURL }}",
        "details": {
            "firing": '{{ template "watchkeeper.text" .Alerts.Firing }}',
            "resolved": '{{ template "watchkeeper.text" .Alerts.Resolved }}',
            "runbook": "{{ .CommonAnnotations.runbook_url }}",
        },
        "links": _links(plan),
    }


def _links(plan: Plan) -> list[Value]:
    ports, host = plan.stack.ports, plan.stack.external_host
    links: list[Value] = [
        {"href": "{{ .CommonAnnotations.dashboard_url }}", "text": "Dashboard"},
        {
            "href": f"http://{host}:{ports.jaeger}/search?service={{{{ .CommonLabels.service }}}}",
            "text": "Traces",
        },
    ]
    if any(service.spec.runbook_base_url for service in plan.services):
        links.insert(0, {"href": "{{ .CommonAnnotations.runbook_url }}", "text": "Runbook"})
    return links
