"""The overview as text and as a document for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from watchkeeper.cli.screen.objective_lines import budget
from watchkeeper.cli.screen.pane_lines import alert_lines, notification_lines, target_lines
from watchkeeper.cli.screen.styled_lines import STATE_STYLES, Line, Look, plain, printable
from watchkeeper.cli.screen.summary_lines import (
    idle_lines,
    maintenance_lines,
    service_line,
    source_lines,
    summary,
)
from watchkeeper.cli.text.silence_text import silence_document
from watchkeeper.cli.text.table import Painter, columns
from watchkeeper.overview.numbers_text import burn, lasts, objective_text
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.overview.snapshot import Snapshot, services
from watchkeeper.overview.value_rows import shown_name

_WIDE = 10_000
_RECENT = 10


def overview_text(
    seen: Snapshot, paint: Painter, look: Look, *, with_targets: bool, with_values: bool = False
) -> str:
    """Return the summary, the objectives and the notifications; ends with a line end.

    Alerts and targets are there if wanted, and so is a line for each value of a label instead of one for the worst.
    """
    stale, idle = source_lines(seen, now=seen.time), idle_lines(seen, _WIDE)
    planned = maintenance_lines(seen, _WIDE)
    blocks = [[summary(seen, look), *stale, *planned, *idle, service_line(seen, look, _WIDE)]]
    notified = notification_lines(seen, look)[: 1 + _RECENT]
    if with_targets:
        alerts = alert_lines(seen.alerts, look, now=seen.time, width=_WIDE)
        blocks += [alerts, target_lines(seen, look, with_jobs=False)]
    if len(notified) > 1 or seen.sent:
        blocks.append(notified)
    texts = ["\n".join(_painted(line, paint) for line in block) for block in blocks]
    texts.insert(1, "\n".join(_table(seen.objectives if with_values else seen.summed, paint, look)))
    return "\n\n".join(texts) + "\n"


def _painted(line: Line, paint: Painter) -> str:
    return "".join(
        paint(text, style.split()[-1]) if style and text.strip() else text for text, style in line
    ).rstrip()


def _table(rows: Sequence[Objective], paint: Painter, look: Look) -> list[str]:
    if not rows:
        return ["Objectives: none are recorded (series slo:*)"]
    header = ("OBJECTIVE", "STATE", "TARGET", "BUDGET LEFT", "BURN 1h", "6h", "LASTS")
    cells = [
        (
            printable(shown_name(row)),
            f"{look.shapes[row.state]} {row.state}",
            f"{objective_text(row.target)} {row.window}".strip(),
            plain(budget(row, look)),
            burn(row.burn_1h),
            burn(row.burn_6h),
            lasts(row.exhaustion),
        )
        for row in rows
    ]
    return columns(header, cells, paint, [STATE_STYLES[row.state].split()[-1] for row in rows])


def overview_document(seen: Snapshot) -> dict[str, Any]:
    """Return what programs get beside the status; times are Unix seconds, budgets and objectives are ratios."""
    return {
        "summary": {
            "verdict": ("well", "burning or firing", "unreachable")[seen.verdict],
            "objectives": seen.states,
            "alerts_firing": sum(alert.is_firing for alert in seen.alerts),
            "targets_up": seen.up,
            "targets": seen.total,
        },
        "sources": [asdict(source) for source in seen.sources],
        "services": [asdict(service) for service in services(seen)],
        "objectives": [_objective(row) for row in seen.objectives],
        "maintenance": [asdict(each) for each in seen.maintenance],
        "notifications": [asdict(each) for each in seen.notifications],
        "sent_last_hour": [asdict(each) for each in seen.sent],
        "idle_silences": None if seen.idle is None else [silence_document(one, ()) for one in seen.idle],
    }


def _objective(row: Objective) -> dict[str, Any]:
    found = {**asdict(row), "labels": dict(row.labels), "alerts": [alert.name for alert in row.alerts]}
    # A document has a row for each value.
    del found["values"]
    # The fields' names say no unit.
    names = {
        "target": "objective_ratio",
        "remaining": "error_budget_remaining_ratio",
        "burn_1h": "burn_rate_1h",
        "burn_6h": "burn_rate_6h",
        "exhaustion": "exhaustion_seconds",
        "events": "events_per_second",
        "bad": "bad_events_per_second",
    }
    return {names.get(name, name): value for name, value in found.items()}


def remote_document(seen: Snapshot) -> dict[str, Any]:
    """Return the whole document of a Prometheus that is not of a stack here, with the keys of a stack's status.

    `targets` has only those that are down.
    """
    problems = list(remote_problems(seen))
    return {
        "mode": "remote",
        "healthy": not problems,
        "problems": problems,
        "urls": {source.name: source.address for source in seen.sources},
        "parts": [],
        "targets": [
            {
                "job": each.job,
                "address": each.address,
                "service": each.service,
                "health": "failing",
                "error": each.error,
            }
            for each in seen.down
        ],
        "rules": [],
        "alerts": [asdict(alert) for alert in seen.alerts],
        "receivers_on_local_sinks": [],
        **overview_document(seen),
    }


def remote_problems(seen: Snapshot) -> Iterator[str]:
    """Yield a line for each source that does not answer and each target that is down."""
    for source in seen.sources:
        if source.problem:
            yield f"{source.name} at {source.address}: {source.problem}"
    for target in seen.down:
        yield f"target {target.job} {target.address}: {target.error or 'down'}"
    more = seen.total - seen.up - len(seen.down)
    if more > 0:
        yield f"{more} more targets are down"


def look_of_output() -> Look:
    """Return the characters that standard output can show."""
    from watchkeeper.cli.screen.styled_lines import look_for

    return look_for(sys.stdout.encoding)
