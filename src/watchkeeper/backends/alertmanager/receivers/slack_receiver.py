"""Slack: Alertmanager's settings of an incoming webhook."""

from __future__ import annotations

from watchkeeper.emit import promql
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Slack
from watchkeeper.plan.plan import Plan


def settings(slack: Slack, plan: Plan) -> dict[str, Value]:
    """Return one entry of `slack_configs`."""
    del plan
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
