"""Compare the series that dashboards read with the contract and with what the published rules record."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from watchkeeper import promql_tree
from watchkeeper.contract import series_names
from watchkeeper.model.http_dialect import ALL_FAMILIES
from watchkeeper.plan.plan import Plan, PlannedSlo
from watchkeeper.verify.dashboards.shown_panels import Content, Page

_RECORD = re.compile(r"^ *- record: (\S+)$", re.MULTILINE)
_EXPOSED: Final = frozenset(name for family in ALL_FAMILIES for name in series_names(family))
_OF_PROMETHEUS: Final = frozenset({"up", "ALERTS"})
_RECORDED = "slo:"
# Stands for the name of a page's own service, so that the queries of equal pages are read once.
_OWN = ("service", "=", "")

Matchers = tuple[tuple[str, str, str], ...]
# A series with its matchers, and the panels that read it.
Readings = dict[tuple[str, Matchers], list[str]]


def unknown_series(pages: Iterable[Page], plan: Plan, root: Path) -> Iterator[str]:
    """Yield each series that a dashboard reads and nothing makes, with the panels that read it."""
    rules = _Rules(plan, root)
    known: dict[int, Readings] = {}
    readers: defaultdict[str, list[str]] = defaultdict(list)
    for page in pages:
        if id(page.content) not in known:
            known[id(page.content)] = _readings(page.content)
        faults: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for (name, matchers), places in known[id(page.content)].items():
            for fault in rules.faults(name, page.service, matchers):
                faults[fault].update(dict.fromkeys(places))
        for fault, places_of_fault in faults.items():
            readers[fault].append(f"{', '.join(places_of_fault)} of {page.path}")
    for fault, found in readers.items():
        yield f"{fault}, but it is read by {'; '.join(found)}"


def _readings(page: Content) -> Readings:
    """Return what the queries of a page read; one that is no PromQL reads nothing, and a rule reports it."""
    own = ("service", "=", page.service)
    found: defaultdict[tuple[str, Matchers], list[str]] = defaultdict(list)
    for query in page.queries:
        for node in promql_tree.selectors(query.tree):
            matchers = tuple(_OWN if one == own else one for one in promql_tree.matchers(node))
            found[promql_tree.metric_name(node), matchers].append(query.place)
    return dict(found)


class _Rules:
    """What the published rule file of each SLO records."""

    def __init__(self, plan: Plan, root: Path) -> None:
        self._root = root
        self._slos = {service.name: service.slos for service in plan.services}
        self._of_services = {
            service.name: {rule.record for rule in (*service.window_rules, *service.calendar_rules)}
            for service in plan.services
        }
        self._every = [slo for slos in self._slos.values() for slo in slos]
        self._recorded: dict[str, frozenset[str]] = {}

    def faults(self, name: str, service: str, matchers: Matchers) -> list[str]:
        """Return why a series is not there for the service of a page; nothing where it is."""
        if name in _EXPOSED or name in _OF_PROMETHEUS:
            return []
        if name in self._of_services.get(service, ()):
            return []
        if not name.startswith(_RECORDED):
            return [f"nothing exposes or records {name or 'a series without a name'}"]
        wanted = self._of(service, matchers)
        return [
            f"{slo.rules_path} does not record {name}" for slo in wanted if name not in self._records(slo)
        ]

    def _of(self, service: str, matchers: Matchers) -> Iterable[PlannedSlo]:
        slos = self._slos.get(service, ()) if _OWN in matchers else self._every
        chosen = [value for label, op, value in matchers if label == "slo" and op in ("=", "=~")]
        return [slo for slo in slos if all(re.fullmatch(value, slo.name) for value in chosen)]

    def _records(self, slo: PlannedSlo) -> frozenset[str]:
        if slo.rules_path not in self._recorded:
            try:
                text = (self._root / slo.rules_path).read_text(encoding="utf-8", errors="surrogateescape")
            except OSError:
                text = ""
            self._recorded[slo.rules_path] = frozenset(_RECORD.findall(text))
        return self._recorded[slo.rules_path]
