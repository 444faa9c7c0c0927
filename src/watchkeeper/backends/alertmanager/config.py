"""Alertmanager's configuration: a route for each severity, receivers with their integrations, inhibitions."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.backends.alertmanager import watchdog
from watchkeeper.backends.alertmanager.mutes import interval
from watchkeeper.backends.alertmanager.texts import TEMPLATE
from watchkeeper.emit import promql, yaml
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Email, Integration, PagerDuty, Slack, Webhook
from watchkeeper.plan.plan import InhibitRule, Matcher, Plan, PlannedRoute, Routing

_CONFIG = f"{naming.ALERTMANAGER}/alertmanager.yml"
_TEXTS = f"{naming.ALERTMANAGER}/templates/watchkeeper.tmpl"


def render(plan: Plan) -> dict[str, str]:
    """Return alertmanager.yml and the notification texts; they contain the paths of secrets only."""
    routing = plan.routing
    document: dict[str, Value] = {
        "templates": ["templates/*.tmpl"],
        "route": _root(routing),
        "receivers": _receivers(routing, plan),
    }
    if routing.inhibitions:
        document["inhibit_rules"] = [_inhibition(rule) for rule in routing.inhibitions]
    if routing.mutes:
        document["time_intervals"] = [interval(mute) for mute in routing.mutes]
    header = generated_from(plan.source)
    comment = "".join(f"{{{{/* {line} */}}}}\n" for line in header.splitlines())
    return {_CONFIG: yaml.dump(document, header=header), _TEXTS: comment + TEMPLATE}


def _times(route: PlannedRoute) -> dict[str, Value]:
    return {
        "group_by": list(route.group_by),
        "group_wait": str(route.group_wait),
        "group_interval": str(route.group_interval),
        "repeat_interval": str(route.repeat_interval),
    }


def _root(routing: Routing) -> dict[str, Value]:
    root: dict[str, Value] = {"receiver": routing.fallback.receiver, **_times(routing.fallback)}
    first = [] if routing.watchdog is None else [watchdog.route(routing.watchdog)]
    root["routes"] = [*first, *(_child(route) for route in routing.routes)]
    return root


def _child(route: PlannedRoute) -> dict[str, Value]:
    child: dict[str, Value] = {
        "receiver": route.receiver,
        "matchers": [f'severity = "{route.severity}"'],
        **_times(route),
    }
    if route.mutes:
        child["mute_time_intervals"] = list(route.mutes)
    return child


def _receivers(routing: Routing, plan: Plan) -> list[Value]:
    last = [] if routing.watchdog is None else [watchdog.receiver(routing.watchdog)]
    return [*(_receiver(route, plan) for route in (routing.fallback, *routing.routes)), *last]


def _receiver(route: PlannedRoute, plan: Plan) -> dict[str, Value]:
    receiver: dict[str, Value] = {"name": route.receiver}
    for each in route.integrations:
        # Alertmanager lists a receiver's integrations by kind, such as slack_configs.
        configs = receiver.setdefault(f"{each.integration.kind}_configs", [])
        assert isinstance(configs, list)
        configs.append(_settings(each.integration, plan))
    return receiver


def _settings(integration: Integration, plan: Plan) -> dict[str, Value]:
    match integration:
        case Slack():
            return _slack(integration)
        case PagerDuty():
            return _pagerduty(integration, plan)
        case Email():
            return _email(integration)
        case Webhook():
            return {"url_file": integration.url_file, "send_resolved": True}


def _slack(slack: Slack) -> dict[str, Value]:
    return {
        "api_url_file": slack.webhook_file,
        "channel": promql.alert_template_escape(slack.channel),
        "send_resolved": True,
        "username": "watchkeeper",
        "color": '{{ template "watchkeeper.color" . }}',
        "title": '{{ template "watchkeeper.title" . }}',
        "title_link": "{{ (index .Alerts 0).GeneratorURL }}",
        "text": '{{ template "watchkeeper.slack" . }}',
        "fallback": '{{ template "watchkeeper.title" . }}',
    }


def _pagerduty(pagerduty: PagerDuty, plan: Plan) -> dict[str, Value]:
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
        "links": links,
    }


def _email(email: Email) -> dict[str, Value]:
    settings: dict[str, Value] = {
        "to": email.to,
        "from": email.sender,
        "smarthost": email.smarthost,
        "require_tls": email.require_tls,
        "send_resolved": True,
        "headers": {"Subject": '{{ template "watchkeeper.title" . }}'},
        "text": '{{ template "watchkeeper.mail" . }}',
        "html": "",
    }
    if email.auth_username is not None:
        settings["auth_username"] = email.auth_username
    if email.auth_password_file is not None:
        settings["auth_password_file"] = email.auth_password_file
    return settings


def _inhibition(rule: InhibitRule) -> dict[str, Value]:
    return {
        "name": rule.name,
        "source_matchers": _matchers(rule.source_matchers),
        "target_matchers": _matchers(rule.target_matchers),
        "equal": list(rule.equal),
    }


def _matchers(matchers: tuple[Matcher, ...]) -> list[Value]:
    # Names of alerts and severities have nothing to escape.
    return [f'{name} {operator} "{value}"' for name, operator, value in matchers]
