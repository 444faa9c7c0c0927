"""Writes the history of a dashboard to files: all of it as JSON, one service as CSV."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, Final

from .monitoring_dashboard import MonitoringDashboard

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS: Final = {
    "status": "status",
    "uptime": "uptime_seconds",
    "last_check": "last_check",
    "consecutive_failures": "consecutive_failures",
    "total_requests": "total_requests",
    "failed_requests": "failed_requests",
    "error_rate": "error_rate",
    "mean_response_time": "mean_response_time_seconds",
    "p95_response_time": "p95_response_time_seconds",
    "last_error": "last_error",
    "tools_count": "tools_count",
    "active_connections": "active_connections",
    "last_activity": "last_activity",
}
_TIMES: Final = frozenset({"last_check", "last_activity"})


class MonitoringExporter:
    """Exports what a dashboard has kept. A file appears whole or not at all; OSError says why it cannot be written."""

    def __init__(self, dashboard: MonitoringDashboard) -> None:
        self._dashboard = dashboard

    def export(self, filename: str | os.PathLike[str] | None = None) -> str:
        """Write what the configuration's `export_format` says: all as JSON, or the rows of all services as CSV."""
        if self._dashboard.config.collection.export_format == "csv":
            return _written(filename, "csv", "services", self._rows(tuple(self._dashboard.services)))
        return self.export_to_json(filename)

    def export_to_json(self, filename: str | os.PathLike[str] | None = None) -> str:
        """Write the present metrics, the history and the alerts, and return the file's path.

        Without a name, the file is `monitoring-<time>.json` in the working folder.
        """
        dashboard = self._dashboard
        document = {
            "exported": _iso(dashboard.snapshot()["time"]),
            "config": dashboard.config.to_dict(),
            "current": dashboard.snapshot(),
            "history": dashboard.recent(),
            "alerts": [alert.to_dict() for alert in dashboard.alerts.recent()],
        }
        return _written(
            filename, "json", "monitoring", json.dumps(document, indent=2, allow_nan=False, default=str)
        )

    def export_to_csv(self, service: str, filename: str | os.PathLike[str] | None = None) -> str:
        """Write one row for each snapshot of a service, oldest first, and return the file's path.

        Times are ISO 8601 in UTC. Without a name, the file is `<service>-<time>.csv` in the working folder. Raises
        KeyError for a service that has no monitor.
        """
        if service not in self._dashboard.services:
            known = ", ".join(self._dashboard.services) or "none"
            raise KeyError(f"there is no service {service!r}; there are: {known}")
        return _written(filename, "csv", service, self._rows((service,)))

    def _rows(self, services: Sequence[str]) -> str:
        snapshots = [*self._dashboard.recent(), self._dashboard.snapshot()]
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\r\n")
        rows.writerow(["time", "service", *_COLUMNS.values()])
        for snapshot in snapshots:
            kept = snapshot["services"]
            rows.writerows(_row(snapshot["time"], each, kept[each]) for each in services if each in kept)
        return text.getvalue()


def _row(moment: float, service: str, metrics: Mapping[str, Any]) -> list[object]:
    values = (_iso(metrics[key]) if key in _TIMES else metrics[key] for key in _COLUMNS)
    return [_iso(moment), _cell(service), *(_cell(each) for each in values)]


def _cell(value: object) -> object:
    """Return what a spreadsheet shows as it is: a text that would be a formula begins with an apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _written(filename: str | os.PathLike[str] | None, kind: str, stem: str, text: str) -> str:
    path = os.fspath(filename) if filename is not None else _default_name(stem, kind)
    folder = os.path.dirname(path) or "."  # noqa: PTH120 - the path is returned as it was given
    number, draft = tempfile.mkstemp(dir=folder, prefix=".export-", suffix=f".{kind}")
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(draft, path)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)  # noqa: PTH108
        raise
    return path


def _default_name(stem: str, kind: str) -> str:
    safe = "".join(each if each.isalnum() or each in "-_." else "_" for each in stem).lstrip(".") or "service"
    return f"{safe}-{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%fZ}.{kind}"


def _iso(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
