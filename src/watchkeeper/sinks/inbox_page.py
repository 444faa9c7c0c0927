"""The page that shows deliveries as they arrive: plain HTML, no script, everything escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from html import escape

from watchkeeper.sinks.delivery import CHANNELS, Channel, Delivery

SHOWN = 50
REFRESH_SECONDS = 3
# A dead man's switch sends every minute; on the first page it would hide the notifications to people.
PEOPLE: tuple[Channel, ...] = ("slack", "pagerduty", "email", "msteamsv2", "opsgenie", "telegram")

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#222}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #ddd;vertical-align:top}"
    ".firing{color:#b00020;font-weight:600}.resolved{color:#1b6e3c;font-weight:600}nav a{margin-right:1rem}"
)
_COLUMNS = ("Received (UTC)", "Channel", "Status", "Alerts", "Severity", "Service", "Summary")


def render_page(lines: Sequence[str], *, counts: Mapping[Channel, int], chosen: Channel | None) -> str:
    """Return the page for the delivery lines given oldest first, showing the last of them newest first."""
    newest = [Delivery.from_mapping(json.loads(line)) for line in reversed(lines[-SHOWN:])]
    body = _table(newest) if newest else "<p>Nothing yet. Notifications appear here as they arrive.</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}"><title>Notifications received</title>'
        f"<style>{_STYLE}</style></head><body><h1>Notifications received</h1>"
        f"<p>The notifications that the stack would have sent to people. The last {SHOWN}, newest first.</p>"
        f"{_navigation(counts, chosen=chosen)}{body}</body></html>"
    )


def _navigation(counts: Mapping[Channel, int], *, chosen: Channel | None) -> str:
    links = [_link("/", f"people ({sum(counts[channel] for channel in PEOPLE)})", here=chosen is None)]
    for channel in CHANNELS:
        label = f"{channel} ({counts[channel]})"
        links.append(_link(f"/?channel={channel}", label, here=chosen == channel))
    return f'<nav>{"".join(links)}<a href="/deliveries">JSON</a></nav>'


def _link(href: str, label: str, *, here: bool) -> str:
    return f'<a href="{href}"{" aria-current=page" if here else ""}>{escape(label)}</a>'


def _table(deliveries: Sequence[Delivery]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in _COLUMNS)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, deliveries))}</tbody></table>"


def _row(delivery: Delivery) -> str:
    received = datetime.fromtimestamp(delivery.received, tz=timezone.utc)
    names = ", ".join(delivery.alerts)
    rest = (names, delivery.severity, delivery.service, delivery.summary)
    return (
        f"<tr><td>{received:%Y-%m-%d %H:%M:%S}</td><td>{delivery.channel}</td>"
        f'<td class="{delivery.status}">{delivery.status}</td>'
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in rest)}</tr>"
    )
