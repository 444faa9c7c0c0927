"""Writes a snapshot as a plain page of text: worst first, no colors, no cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Final

_WORST: Final = ("error", "degraded", "unknown", "starting", "stopped", "running")
_MEBIBYTE: Final = 1024.0**2


def dashboard_text(snapshot: Mapping[str, Any], firing: Sequence[str]) -> str:
    """Return the text of a dashboard's snapshot with the names of the alerts that fire."""
    at = datetime.fromtimestamp(snapshot["time"], timezone.utc).isoformat(timespec="seconds")
    lines = [f"Monitoring at {at}: {', '.join(firing) + ' firing' if firing else 'no alert fires'}", ""]
    lines += [*_system(snapshot["system"]), ""]
    lines += _table(
        ("SERVICE", "STATUS", "UPTIME", "REQUESTS", "ERRORS", "MEAN", "P95", "LAST ERROR"),
        [_service(each) for each in sorted(snapshot["services"].values(), key=_badness)],
    )
    lines += _table(
        ("TOOL", "CALLS", "ERRORS", "SLOW", "MEAN", "P95"),
        [_tool(each) for each in sorted(snapshot["tools"].values(), key=lambda each: -each["error_rate"])],
    )
    lines += _table(("CHECK", "STATE"), [(name, state) for name, state in snapshot["health"].items()])
    return "\n".join(lines).rstrip()


def _badness(service: Mapping[str, Any]) -> tuple[int, str]:
    return _WORST.index(service["status"]), service["name"]


def _system(system: Mapping[str, Any]) -> list[str]:
    memory, limit = system["memory_bytes"], system["memory_limit_bytes"]
    of = f" ({memory / _MEBIBYTE:.0f} of {limit / _MEBIBYTE:.0f} MiB)" if memory and limit else ""
    usage = f"CPU {_percent(system['cpu_percent'])}   memory {_percent(system['memory_percent'])}{of}"
    return [
        f"{usage}   disk {_percent(system['disk_percent'])}   open files {_or_dash(system['open_files'])}"
    ]


def _service(each: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        each["name"],
        each["status"],
        f"{each['uptime']:.0f}s",
        str(each["total_requests"]),
        f"{100 * each['error_rate']:.1f}%",
        _seconds(each["mean_response_time"]),
        _seconds(each["p95_response_time"]),
        (each["last_error"] or "-")[:60],
    )


def _tool(each: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        each["name"],
        str(each["calls"]),
        f"{100 * each['error_rate']:.1f}%",
        str(each["slow_calls"]),
        _seconds(each["mean_duration"]),
        _seconds(each["p95_duration"]),
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
          for row in (head, *rows)),
        "",
    ]  # fmt: skip


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}%"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}s"


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)
