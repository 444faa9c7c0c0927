"""Compare the series that runbooks read with the contract, the spec and what the published rules record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from watchkeeper import naming, promql_tree
from watchkeeper.contract import series_names
from watchkeeper.model.http_dialect import ALL_FAMILIES
from watchkeeper.plan.plan import PlannedAlert, PlannedService, PlannedSlo

_QUERY = re.compile(r"^```promql\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_VALUE = re.compile(r'(=~?|!=|!~)"(?:[^"\\]|\\.)*"')
_RECORD = re.compile(r"^ *- record: (\S+)$", re.MULTILINE)
_RECORDED = "slo:"
_OF_PROMETHEUS = frozenset({"up", "scrape_samples_scraped", "ALERTS", "ALERTS_FOR_STATE"})
_KNOWN: Final = _OF_PROMETHEUS.union(*(series_names(family) for family in ALL_FAMILIES))
# What the stack's own servers expose beyond what its alerts read; an integration test asks the real ones.
_OF_SERVERS: Final = frozenset(
    {
        "alertmanager_config_last_reload_success_timestamp_seconds",
        "prometheus_config_last_reload_success_timestamp_seconds",
        "prometheus_rule_group_interval_seconds",
        "prometheus_rule_group_last_duration_seconds",
        "scrape_duration_seconds",
        # A pattern of names, such as of all failures of the storage.
        "",
    }
)
_PARTS = ("", "_bucket", "_sum", "_count")


class Queries:
    """Parses equal queries once, whatever the names of services and objectives in them; `count` says how many."""

    def __init__(self, root: Path) -> None:
        """Read nothing yet; rule files are below `root`."""
        self._root = root
        self._names: dict[str, frozenset[str] | None] = {}
        self._recorded: dict[str, frozenset[str]] = {}
        self.count = 0

    def faults(self, text: str, alert: PlannedAlert, service: PlannedService) -> Iterator[str]:
        """Yield what is wrong with the queries of an alert's page."""
        for query in _QUERY.findall(text):
            self.count += 1
            names = self._read_by(query)
            if names is None:
                yield f"has a query that is no PromQL: {' '.join(query.split())[:80]}"
            elif further := names - _KNOWN:
                yield from self._unknown(further, alert, service)

    def _unknown(self, names: frozenset[str], alert: PlannedAlert, service: PlannedService) -> Iterator[str]:
        slo = next((slo for slo in service.slos if any(one is alert for one in slo.alerts)), None)
        for name in sorted(names):
            if slo is not None and name.startswith(_RECORDED):
                if name not in self._records(slo.rules_path):
                    yield f"reads {name}, which {slo.rules_path} does not record"
            elif name not in self._of_spec(alert, slo, service):
                yield f"reads {name or 'a series without a name'}, which nothing exposes or records"

    def _of_spec(
        self, alert: PlannedAlert, slo: PlannedSlo | None, service: PlannedService
    ) -> frozenset[str]:
        """Return the metrics that the spec declares, and those that its own queries read."""
        declared = (f"{metric.name}{part}" for metric in service.metrics for part in _PARTS)
        counted = (slo.indicator.total, slo.indicator.bad, slo.indicator.counted) if slo is not None else ()
        read = (self._read_by(text) or () for text in (alert.expr, *counted))
        own = _OF_SERVERS if service.name == naming.OWN_SERVICE else ()
        return frozenset(declared).union(own, *read)

    def _read_by(self, query: str) -> frozenset[str] | None:
        """Return the series that a query reads, None where it is no PromQL."""
        key = query if "__name__" in query else _VALUE.sub(r'\1"x"', query)
        if key not in self._names:
            try:
                self._names[key] = frozenset(promql_tree.metric_names(promql_tree.parse(key)))
            except ValueError:
                self._names[key] = None
        return self._names[key]

    def _records(self, path: str) -> frozenset[str]:
        if path not in self._recorded:
            try:
                text = (self._root / path).read_text(encoding="utf-8", errors="surrogateescape")
            except OSError:
                text = ""
            self._recorded[path] = frozenset(_RECORD.findall(text))
        return self._recorded[path]
