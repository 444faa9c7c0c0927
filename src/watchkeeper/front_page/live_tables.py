"""The tables of what is known now, as texts; the report's tables have the same form."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Final
from urllib.parse import quote

from watchkeeper.front_page.recent_incidents import Recent
from watchkeeper.overview.alert_rows import Alert
from watchkeeper.overview.notification_rows import Notification
from watchkeeper.overview.numbers_text import MISSING, burn, count, duration, lasts, objective_text, percent
from watchkeeper.overview.objective_rows import Objective, State
from watchkeeper.overview.snapshot import Snapshot
from watchkeeper.overview.value_rows import shown_name
from watchkeeper.report.described import SpecFacts
from watchkeeper.report.incident_tables import INCIDENT_HEADERS, incident_row
from watchkeeper.report.report_tables import Row, Table

RUNBOOKS: Final = "/runbooks/"
# A shape for each state: color is never the only sign.
STATE_SIGNS: Final[dict[State, str]] = {
    "firing": "✘ firing",
    "spent": "✘ spent",
    "burning": "▲ burning",
    "no data": "? no data",
    "idle": "? idle",
    "ok": "✔ ok",
}
# Labels that the table shows in columns of their own, or that repeat them.
_SHOWN_LABELS: Final = ("service", "slo", "slo_id")
_MOST_NOTIFICATIONS, _MOST_SILENCES, _MOST_INCIDENTS = 20, 5, 20
_LONGEST = 300


def runbook_address(service: str, alert: str) -> str:
    """Return the path of an alert's runbook on this server."""
    return f"{RUNBOOKS}{quote(service, safe='')}/{quote(alert, safe='')}.md"


def alerts_table(seen: Snapshot, runbooks: Collection[str], facts: SpecFacts) -> Table:
    """Return the alerts that fire or are pending, the worst first; `runbooks` are the paths of those there are.

    The spec names whom an alert notifies; without it, the name of the published receiver must do.
    """
    links = {
        (index, 1): runbook_address(one.service, one.name)
        for index, one in enumerate(seen.alerts)
        if has_runbook(one, runbooks)
    }
    return Table(
        "Alerts",
        ("State", "Alert", "What", "Severity", "For", "Service", "Notified"),
        tuple(_alert_row(one, seen.time, facts) for one in seen.alerts),
        "No alert fires or is pending.",
        _idle(seen),
        links=links,
    )


def _idle(seen: Snapshot) -> str:
    """Return a sentence about silences that match no alert of the spec and none that fires; empty without one."""
    if not seen.idle:
        return ""
    shown = [
        f"{one.id[:8]} {_cut(' '.join(map(str, one.matchers)))} by {_cut(one.author)}" for one in seen.idle
    ]
    more = f" and {len(shown) - _MOST_SILENCES} more" if len(shown) > _MOST_SILENCES else ""
    return f"Silences that match no alert: {', '.join(shown[:_MOST_SILENCES])}{more}."


def has_runbook(alert: Alert, runbooks: Collection[str]) -> bool:
    """Return whether there is a page or a text about the alert."""
    path = f"{alert.service}/{alert.name}.md"
    return path in runbooks or f"{path}/index.html" in runbooks


def _alert_row(one: Alert, now: float, facts: SpecFacts) -> Row:
    state = ("✘ firing" if one.is_fault else "? firing") if one.is_firing else "▲ pending"
    # Only what Alertmanager knows can have notified anybody.
    names = one.receivers and (facts.notified(one.service, one.name) or one.receivers)
    notified = ", ".join(names) if one.is_firing else ""
    return (
        state,
        _cut(one.name),
        _cut(one.summary),
        one.severity or MISSING,
        duration(now - one.since) if one.since else MISSING,
        _cut(one.service) or MISSING,
        one.muted or _cut(notified) or MISSING,
    )


def objectives_table(seen: Snapshot) -> Table:
    """Return all objectives, the worst first; one with values of a label is in the state of the worst one."""
    return _table_of("All objectives", seen.summed, "No objective is recorded.")


def values_tables(seen: Snapshot) -> tuple[Table, ...]:
    """Return a table for each objective with values of a label, in the order of `objectives_table`."""
    return tuple(_table_of(f"{_cut(one.name)} by {one.by}", one.values) for one in seen.summed if one.values)


def _table_of(caption: str, rows: Sequence[Objective], empty: str = "") -> Table:
    headers = (
        "State",
        "Objective",
        "Budget left",
        "Burn 1h",
        "Lasts",
        "Target",
        "Window",
        "Events",
        "Bad",
        "Service",
        "Labels",
    )
    return Table(caption, headers, tuple(map(_objective_row, rows)), empty, tags=tuple(map(_all_tags, rows)))


def _tags(one: Objective) -> Row:
    """Return the labels of an objective that say whose it is and where it runs."""
    labels = sorted(one.labels.items(), key=lambda label: (label[0] != "team", label))
    return tuple(f"{name}={_cut(value)}" for name, value in labels if name not in _SHOWN_LABELS)


def _all_tags(one: Objective) -> Row:
    """Return the tags of an objective and of its values, so that a filter by a value finds both."""
    return tuple(dict.fromkeys(tag for each in (one, *one.values) for tag in _tags(each)))


def _objective_row(one: Objective) -> Row:
    return (
        STATE_SIGNS[one.state],
        _cut(shown_name(replace(one, name=one.labels.get("slo") or one.name))),
        percent(one.remaining),
        f"{burn(one.burn_1h)}×" if one.burn_1h is not None else MISSING,
        lasts(one.exhaustion),
        objective_text(one.target),
        one.period or one.window or MISSING,
        f"{count(one.events)}/s" if one.events is not None else MISSING,
        percent(one.bad / one.events) if one.events and one.bad is not None else MISSING,
        _cut(one.service) or MISSING,
        ", ".join(_tags(one)) or MISSING,
    )


def recent_table(recent: Recent) -> Table:
    """Return the incidents of the last hour, the newest first."""
    listed = recent.incidents[:_MOST_INCIDENTS]
    more = len(recent.incidents) - len(listed)
    return Table(
        "Incidents of the last hour",
        INCIDENT_HEADERS,
        tuple(incident_row(recent.period, _cut(name), one) for name, one in listed),
        "No objective had too many bad events, and no alert fired.",
        f"{more} further incidents are in the report." if more else "",
    )


def notifications_table(seen: Snapshot) -> Table:
    """Return what the local sinks received last, the newest first."""
    rows = tuple(map(_notification_row, seen.notifications[:_MOST_NOTIFICATIONS]))
    sent = (f"{one.integration}: {one.count}, {one.failed} failed" for one in seen.sent)
    note = ", ".join(sent)
    return Table(
        "Notifications",
        ("State", "Received, UTC", "To", "Alerts", "What"),
        rows,
        "Nothing was sent to the local sinks in the last 24 hours.",
        f"Sent by Alertmanager in the last hour: {note}." if note else "",
    )


def _notification_row(one: Notification) -> Row:
    return (
        "✘ firing" if one.status == "firing" else f"✔ {one.status}",
        f"{datetime.fromtimestamp(one.received, timezone.utc):%m-%d %H:%M:%S}",
        one.channel,
        _cut(", ".join(one.alerts)) or MISSING,
        _cut(one.summary),
    )


def targets_table(seen: Snapshot) -> Table:
    """Return the targets that do not answer; empty if all do."""
    rows = tuple(
        ("✘ down", _cut(one.address), _cut(one.service) or MISSING, _cut(one.error) or MISSING)
        for one in seen.down
    )
    return Table("Targets that do not answer", ("State", "Target", "Service", "Why"), rows)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
