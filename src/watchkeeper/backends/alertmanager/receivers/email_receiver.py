"""E-mail: Alertmanager's settings of a mailbox and the server that takes its mail, and the message.

The HTML is tables with inline styles, which is what mail programs show; Alertmanager escapes every value for its place.
"""

from __future__ import annotations

from typing import Final

from watchkeeper.backends.alertmanager import message_parts as parts
from watchkeeper.emit import promql
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Email
from watchkeeper.plan.plan import Plan

# Sorted by subject, a mailbox shows the severities, then the services, then the messages about one alert together.
_SUBJECT: Final = (
    f"{parts.DRILL_MARK}"
    "[{{ with .CommonLabels.severity }}{{ . | toUpper }}{{ else }}ALERT{{ end }}]"
    f"{{{{ with .CommonLabels.service }}}} {parts.PLAIN.shown('.', 60)}{{{{ end }}}} {parts.names(parts.PLAIN)}: "
    '{{ .Status | toUpper }}{{ if eq .Status "firing" }} ({{ len .Alerts.Firing }}){{ end }}'
)
_TEXT: Final = f"{parts.headline(parts.PLAIN)}\n{parts.TEXT}"

_FONT: Final = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_WRAP: Final = "overflow-wrap:anywhere;word-break:break-word"
_COLOR: Final = (
    '{{ if eq .Status "resolved" }}#1a7f37{{ else if eq .CommonLabels.severity "critical" }}#b42318'
    '{{ else if eq .CommonLabels.severity "info" }}#175cd3{{ else }}#b54708{{ end }}'
)
_STATE: Final = (
    "{{ .Status | toUpper }}{{ with .CommonLabels.severity }} · {{ . | toUpper }}{{ end }}"
    "{{ if gt (len .Alerts.Firing) 1 }} · {{ len .Alerts.Firing }} alerts{{ end }}"
)


def settings(email: Email, plan: Plan) -> dict[str, Value]:
    """Return one entry of `email_configs`."""
    del plan
    entry: dict[str, Value] = {
        "to": promql.alert_template_escape(email.to),
        "from": promql.alert_template_escape(email.sender),
        "smarthost": email.smarthost,
        "require_tls": email.require_tls,
        "send_resolved": True,
        # Mail programs do not answer such mail by themselves, for example while their owner is away.
        "headers": {
            "Subject": '{{ template "watchkeeper.email.subject" . }}',
            "Auto-Submitted": "auto-generated",
        },
        "text": '{{ template "watchkeeper.email.text" . }}',
        "html": '{{ template "watchkeeper.email.html" . }}',
    }
    if email.auth_username is not None:
        entry["auth_username"] = email.auth_username
    if email.auth_password_file is not None:
        entry["auth_password_file"] = email.auth_password_file
    return entry


def _row(name: str, value: str) -> str:
    return (
        f'<tr><td style="{_FONT};font-size:13px;color:#57606a;padding:3px 16px 3px 0;vertical-align:top;'
        f'white-space:nowrap">{name}</td>'
        f'<td style="{_FONT};font-size:14px;color:#1f2328;padding:3px 0;{_WRAP}">{value}</td></tr>\n'
    )


def _heading(text: str) -> str:
    return f'<p style="{_FONT};font-size:14px;font-weight:600;color:#1f2328;margin:16px 0 4px">{text}</p>\n'


def _item(text: str) -> str:
    return (
        f'<div style="{_FONT};font-size:13px;line-height:1.45;color:#1f2328;padding:4px 0 4px 10px;margin:0 0 4px;'
        f'border-left:2px solid #d0d7de;{_WRAP}">{text}</div>\n'
    )


def _first(name: str, value: str) -> str:
    code = f"font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;line-height:1.4;{_WRAP}"
    box = "background:#f6f8fa;padding:10px 12px;margin:4px 0 0;border-radius:6px"
    return f'{_heading(name)}<div style="{code};{box}">{value}</div>\n'


def _link(name: str, address: str) -> str:
    return (
        f'<a href="{address}" style="{_FONT};font-size:14px;font-weight:600;color:#0969da;text-decoration:none;'
        'display:inline-block;padding:8px 14px;margin:0 8px 8px 0;border:1px solid #d0d7de;border-radius:6px">'
        f"{name}</a>\n"
    )


def _html() -> str:
    title = parts.headline(parts.PLAIN)
    description = f'<p style="{_FONT};font-size:15px;line-height:1.5;color:#1f2328;margin:0 0 12px;{_WRAP}">'
    table = '<table role="presentation" cellpadding="0" cellspacing="0" border="0"'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title></head>\n"
        '<body style="margin:0;padding:0;background:#eef1f4">\n'
        f'{table} width="100%" style="background:#eef1f4"><tr><td align="center" style="padding:16px 8px">\n'
        f'{table} width="100%" style="max-width:640px;background:#ffffff;border-radius:8px">\n'
        f'<tr><td style="background:{_COLOR};{_FONT};font-size:13px;font-weight:600;letter-spacing:.04em;'
        f'color:#ffffff;padding:10px 20px;border-radius:8px 8px 0 0">{_STATE}</td></tr>\n'
        '<tr><td align="left" style="padding:18px 20px 12px">\n'
        f'<h1 style="{_FONT};font-size:20px;line-height:1.3;color:#1f2328;margin:0 0 10px;{_WRAP}">{title}</h1>\n'
        f"{parts.description(parts.PLAIN, description, '</p>')}\n"
        f"{table}>\n{parts.facts(parts.PLAIN, _row)}</table>\n"
        f"{parts.listed(parts.PLAIN, 'Firing', _heading, _item)}{parts.listed(parts.PLAIN, 'Resolved', _heading, _item)}"
        f"{parts.run_first(parts.PLAIN, _first)}"
        f'<div style="padding:18px 0 0">\n{parts.links(_link, encodes=True)}</div>\n'
        "</td></tr></table>\n</td></tr></table>\n</body></html>"
    )


TEMPLATE: Final = "\n".join(
    (
        parts.define("email.subject", _SUBJECT),
        parts.define("email.text", _TEXT),
        parts.define("email.html", _html()),
    )
)
