"""Slack: Alertmanager's settings of an incoming webhook, and its message: an attachment with a colored bar.

Slack formats the text of no field that `mrkdwn_in` leaves out, so backticks and asterisks stay what they are. Links and
commands such as `<!channel>` are read everywhere, and Slack names the three characters to escape.
"""

from __future__ import annotations

from typing import Final

from watchkeeper.backends.alertmanager import message_parts as parts
from watchkeeper.emit import promql
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Slack
from watchkeeper.plan.plan import Plan

_SLACK: Final = parts.Dialect((("&", '"&amp;"'), ("<", '"&lt;"'), (">", '"&gt;"')))

_COLOR: Final = (
    '{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger'
    "{{ else }}warning{{ end }}"
)


def settings(slack: Slack, plan: Plan) -> dict[str, Value]:
    """Return one entry of `slack_configs`."""
    del plan
    return {
        "api_url_file": slack.webhook_file,
        "channel": promql.alert_template_escape(slack.channel),
        "send_resolved": True,
        "username": "watchkeeper",
        "color": '{{ template "watchkeeper.slack.color" . }}',
        "title": '{{ template "watchkeeper.slack.title" . }}',
        "title_link": "{{ .CommonAnnotations.dashboard_url }}",
        "text": '{{ template "watchkeeper.slack" . }}',
        "fallback": '{{ template "watchkeeper.slack.title" . }}',
        "mrkdwn_in": ["pretext"],
    }


def _text() -> str:
    headline = f"{{{{ with .CommonAnnotations.summary }}}}{_SLACK.shown('.', parts.SENTENCE)}\n{{{{ end }}}}"
    return f"{headline}{parts.plain_text(_SLACK, link='<{1}|{0}>  '.format)}"


TEMPLATE: Final = "\n".join(
    (
        parts.define("slack.color", _COLOR),
        parts.define("slack.title", parts.title(_SLACK)),
        parts.define("slack", _text()),
    )
)
