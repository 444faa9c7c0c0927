"""Summarizes the metrics of the process, as a dict that is ready for JSON."""

from __future__ import annotations

from typing import Any

from .executor import ExecutorMetrics
from .instances import instances


def get_metrics_summary() -> dict[str, Any]:
    """Return a JSON-ready dict about all instances.

    `enabled`; `port` and `url` of the first server, None without one; `instances`, `families`: sorted names;
    `series`, `records`, `errors`, `dropped_labels`: numbers; `since`: start of the oldest instance, ISO 8601,
    None without one; `by_instance`: the same by name.
    """
    found = {name: _one(metrics) for name, metrics in sorted(instances().items())}
    served = [each for each in found.values() if each["port"] is not None]
    return {
        "enabled": any(each["enabled"] for each in found.values()),
        "port": served[0]["port"] if served else None,
        "url": served[0]["url"] if served else None,
        "instances": list(found),
        "families": sorted({name for each in found.values() for name in each["families"]}),
        **{
            key: sum(each[key] for each in found.values())
            for key in ("series", "records", "errors", "dropped_labels")
        },
        "since": min((each["since"] for each in found.values()), default=None),
        "by_instance": found,
    }


def _one(metrics: ExecutorMetrics) -> dict[str, Any]:
    server = metrics.server
    return {
        "enabled": metrics.enabled,
        "port": None if server is None else server.port,
        "url": None if server is None else server.url,
        "families": list(metrics.family_names),
        "series": sum(len(metric.samples) for metric in metrics.registry.collect()),
        "records": metrics.records,
        "errors": metrics.errors,
        "dropped_labels": metrics.dropped_labels,
        "since": metrics.since.isoformat(),
    }
