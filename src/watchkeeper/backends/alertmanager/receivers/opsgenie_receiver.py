"""Opsgenie: Alertmanager's settings of an API integration, and its alert.

Alertmanager makes the `alias` from the group of alerts, and closes the alert under it. The close has no text but its
source, so that names the first alert.
"""

from __future__ import annotations

from typing import Final

from watchkeeper.backends.alertmanager import message_parts as parts
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Opsgenie
from watchkeeper.plan.plan import Plan

_PRIORITY: Final = (
    '{{ if eq .CommonLabels.severity "critical" }}P1{{ else if eq .CommonLabels.severity "info" }}P5'
    "{{ else }}P3{{ end }}"
)

# Opsgenie allows 100 characters.
_SOURCE: Final = (
    f"{parts.DRILL_MARK}[{{{{ .Status | toUpper }}}}] {parts.PLAIN.shown('(index .Alerts 0).Labels.alertname', 50)}"
    f" {parts.PLAIN.shown('.CommonLabels.service', 24)}"
)


def settings(opsgenie: Opsgenie, plan: Plan) -> dict[str, Value]:
    """Return one entry of `opsgenie_configs`."""
    del plan
    return {
        "api_key_file": opsgenie.api_key_file,
        "api_url": opsgenie.api_url,
        "send_resolved": True,
        "message": '{{ template "watchkeeper.opsgenie.title" . }}',
        "description": '{{ template "watchkeeper.opsgenie" . }}',
        "source": '{{ template "watchkeeper.opsgenie.source" . }}',
        "entity": "{{ .CommonLabels.service }}",
        "priority": '{{ template "watchkeeper.opsgenie.priority" . }}',
    }


TEMPLATE: Final = "\n".join(
    (
        parts.define("opsgenie.title", parts.title(parts.PLAIN)),
        parts.define("opsgenie.source", _SOURCE),
        parts.define("opsgenie.priority", _PRIORITY),
        parts.define("opsgenie", f"{parts.headline(parts.PLAIN)}\n{parts.TEXT}"),
    )
)
