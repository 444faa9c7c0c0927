"""The panes below the objectives: alerts, targets, notifications. The first line of each is its heading."""

from __future__ import annotations

from collections.abc import Sequence

from watchkeeper.cli.screen.styled_lines import Line, Look, Span, clipped, printable
from watchkeeper.cli.screen.summary_lines import clock
from watchkeeper.overview.alert_rows import Alert
from watchkeeper.overview.notification_rows import Notification
from watchkeeper.overview.numbers_text import lasts
from watchkeeper.overview.snapshot import Snapshot

_SEVERITIES = {"critical": "red", "warning": "yellow"}


def alert_lines(alerts: Sequence[Alert], look: Look, *, now: float, width: int) -> list[Line]:
    """Return the heading, and a line for each alert."""
    firing = sum(alert.is_firing for alert in alerts)
    pending = f", {len(alerts) - firing} pending" if len(alerts) > firing else ""
    head: Line = (("ALERTS", "bold"), (f"  {firing} firing{pending}" if alerts else "  none", ""))
    return [head, *(_alert(alert, look, now=now, width=width) for alert in alerts)]


def _alert(alert: Alert, look: Look, *, now: float, width: int) -> Line:
    colour = _SEVERITIES.get(alert.severity, "cyan") if alert.is_firing else ""
    shape = look.shapes["firing" if alert.is_firing else "idle"]
    since = f" {lasts(max(0.0, now - alert.since))}" if alert.since else ""
    muted = f" ({alert.muted})" if alert.muted else ""
    to = f" {look.arrow} {', '.join(alert.receivers)}" if alert.receivers and not alert.muted else ""
    left = f"  {shape} {alert.severity or '-':<8} "
    # Alerts of objectives have the service in their names, and summaries begin with it.
    whose = f" of {printable(alert.service)}" if to and alert.service and not alert.slo_id else ""
    tail = f"{whose} {alert.state}{since}{muted}"
    name = clipped(printable(alert.name), max(12, width - len(left) - len(tail)), look)
    spans: list[Span] = [(left, colour), (name, "bold" if alert.is_firing else ""), (tail, ""), (to, "dim")]
    if not to:
        spans.append((f"  {printable(alert.summary)}", "dim"))
    return tuple(spans)


def target_lines(seen: Snapshot, look: Look, *, with_jobs: bool) -> list[Line]:
    """Return the heading, a line for each target that is down, and for each job if wanted."""
    head: Line = (
        ("TARGETS", "bold"),
        (f"  {seen.up} of {seen.total} up" if seen.total else "  none", ""),
    )
    missing = seen.total - seen.up - len(seen.down)
    lines = [head]
    for target in seen.down:
        where = f"  {look.shapes['spent']} down     {printable(target.job)} {printable(target.address)}"
        # Services that others scrape may share a job.
        whose = f" of {printable(target.service)}" if target.service not in ("", target.job) else ""
        lines.append(((f"{where}{whose}", "red"), (f"  {printable(target.error)}", "dim")))
    if missing > 0:
        lines.append(((f"  {look.shapes['spent']} and {missing} more are down", "red"),))
    for job in seen.jobs if with_jobs else ():
        good = job.up == job.total
        shape, word = (look.shapes["ok"], "up") if good else (look.shapes["spent"], "down")
        of_service = f"  service {printable(job.service)}" if job.service else ""
        style = "green" if good else "red"
        lines.append(
            (
                (f"  {shape} {word:<8} ", style),
                (f"{job.up}/{job.total} {printable(job.name)}", ""),
                (of_service, "dim"),
            )
        )
    return lines


def notification_lines(seen: Snapshot, look: Look) -> list[Line]:
    """Return the heading with Alertmanager's counts, and a line for each notification that the sinks received."""
    counts = [f"{row.integration} {row.count}" + _failed(row.failed) for row in seen.sent]
    of_hour = f"  last hour: {', '.join(counts)}" if counts else ""
    failing = any(row.failed for row in seen.sent)
    nothing = "" if counts or seen.notifications else "  none"
    head: Line = (("NOTIFICATIONS", "bold"), (of_hour or nothing, "red" if failing else ""))
    return [head, *(_notification(row, look) for row in seen.notifications)]


def _failed(number: int) -> str:
    return f" ({number} failed)" if number else ""


def _notification(row: Notification, look: Look) -> Line:
    colour = "red" if row.status == "firing" else "green" if row.status == "resolved" else ""
    shape = look.shapes["firing" if row.status == "firing" else "ok"]
    names = printable(", ".join(row.alerts) or row.summary)
    return (
        (f"  {clock(row.received)} ", ""),
        (f"{shape} {row.status:<8} ", colour),
        (f"{row.channel:<9} ", "dim"),
        (names, ""),
    )
