"""PagerDuty: Alertmanager's settings of a service integration (Events API v2), and its event.

Alertmanager makes the `dedup_key` from the group of alerts, so the resolve closes the incident that the page opened.
"""

from __future__ import annotations

from typing import Final

from watchkeeper.backends.alertmanager import message_parts as parts
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import PagerDuty
from watchkeeper.plan.plan import Plan

# Alertmanager reads each detail as YAML, and runs what it finds as a template once more: a label's value could break
# the page. No YAML begins with a tab, so it is left as it is.
_AS_TEXT: Final = '{{ "\\t" }}'

_SEVERITY: Final = (
    '{{ if match "^(critical|warning|info)$" .CommonLabels.severity }}{{ .CommonLabels.severity }}'
    "{{ else }}error{{ end }}"
)
_SUMMARY: Final = (
    parts.headline(parts.PLAIN)
    + f"{{{{ with .CommonAnnotations.description }}}}: {parts.PLAIN.shown('.', parts.SENTENCE)}{{{{ end }}}}"
    + "{{ if gt (len .Alerts.Firing) 1 }} ({{ len .Alerts.Firing }} alerts){{ end }}"
)
_FACTS: Final = parts.facts(parts.PLAIN, "{}: {}\n".format)
_FIRING, _RESOLVED = (
    parts.listed(parts.PLAIN, state, "\n{}\n".format, "- {}\n".format) for state in ("Firing", "Resolved")
)
# Alertmanager adds its own texts as `firing` and `resolved` where these are missing.
_DETAILS: Final = {
    "description": parts.description(parts.PLAIN, after=""),
    "firing": f"{{{{ if .Alerts.Firing }}}}{_FACTS}{_FIRING}{{{{ else }}}}none{{{{ end }}}}",
    "resolved": f"{{{{ if .Alerts.Firing }}}}{_RESOLVED}{{{{ else }}}}{_FACTS}{_RESOLVED}{{{{ end }}}}",
    "run_first": parts.run_first(parts.PLAIN, "{}: {}\n".format),
}
_LINKS: Final = ("Runbook", "Dashboard", "Traces", "Silence")


def settings(pagerduty: PagerDuty, plan: Plan) -> dict[str, Value]:
    """Return one entry of `pagerduty_configs`."""
    del plan
    links: list[Value] = [
        {"href": f'{{{{ template "watchkeeper.pagerduty.{name.lower()}" . }}}}', "text": name}
        for name in _LINKS
    ]
    details: dict[str, Value] = {
        name: f'{_AS_TEXT}{{{{ template "watchkeeper.pagerduty.{name}" . }}}}' for name in _DETAILS
    }
    return {
        "routing_key_file": pagerduty.routing_key_file,
        "url": pagerduty.url,
        "send_resolved": True,
        "severity": '{{ template "watchkeeper.pagerduty.severity" . }}',
        "description": '{{ template "watchkeeper.pagerduty.summary" . }}',
        "source": "{{ with .CommonLabels.service }}{{ . }}{{ else }}watchkeeper{{ end }}",
        "class": '{{ template "watchkeeper.pagerduty.class" . }}',
        "component": "{{ .CommonLabels.service }}",
        "group": "{{ .CommonLabels.team }}",
        "client": "watchkeeper",
        "client_url": "{{ .ExternalURL }}",
        "details": details,
        "links": links,
    }


def _address(name: str) -> str:
    """Return one link's address; Alertmanager leaves out a link whose address is empty."""
    return parts.links(lambda text, address: address if text == name else "")


TEMPLATE: Final = "\n".join(
    (
        parts.define("pagerduty.severity", _SEVERITY),
        parts.define("pagerduty.summary", _SUMMARY),
        parts.define("pagerduty.class", parts.names(parts.PLAIN)),
        *(parts.define(f"pagerduty.{name}", body) for name, body in _DETAILS.items()),
        *(parts.define(f"pagerduty.{name.lower()}", _address(name)) for name in _LINKS),
    )
)
