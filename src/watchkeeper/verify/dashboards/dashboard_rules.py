"""The rules that every dashboard keeps; docs/reference/dashboard-checks.md explains each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.contract import series_names
from watchkeeper.model.http_dialect import ALL_FAMILIES
from watchkeeper.verify.dashboards.shown_panels import (
    RATE_INTERVAL,
    TIME_RANGE,
    Content,
    Page,
    filled,
    name_of,
    tree_of,
)

_COLUMNS = 24
_LONGEST_UID = 40
_LAST_CLASSIC_SCHEMA = 41
_VARIABLE = "${datasource}"
_LABEL_VALUES = re.compile(r"label_values\((.+), ([A-Za-z_]\w*)\)")
_COUNTS: Final = frozenset(
    name
    for family in ALL_FAMILIES
    if family.type != "gauge"
    for name in series_names(family)
)  # fmt: skip
_EXPOSED: Final = frozenset(name for family in ALL_FAMILIES for name in series_names(family))
_OVER_TIME = ("rate", "irate", "increase")


def _grid(page: Content) -> Iterator[str]:
    taken: dict[tuple[int, int], str] = {}
    for panel in page.panels:
        place, name = panel.get("gridPos", {}), name_of(panel)
        x, y, width, height = (place.get(key, 0) for key in "xywh")
        if x < 0 or width < 1 or height < 1 or x + width > _COLUMNS:
            yield f"{name} leaves the grid of {_COLUMNS} columns"
            continue
        cells = [(column, line) for column in range(x, x + width) for line in range(y, y + height)]
        if others := {taken[cell] for cell in cells if cell in taken}:
            yield f"{name} lies over {', '.join(sorted(others))}"
        taken.update(dict.fromkeys(cells, name))


def _panel_ids(page: Content) -> Iterator[str]:
    ids = Counter(panel.get("id") for panel in page.panels)
    yield from (
        f"{name_of(panel)} has an id that is there twice" for panel in page.panels if ids[panel.get("id")] > 1
    )


def _query_names(page: Content) -> Iterator[str]:
    for panel in page.graphs:
        names = [target.get("refId") for target in panel.get("targets", ())]
        if not all(names) or len(set(names)) < len(names):
            yield f"{name_of(panel)} has a query without a name of its own"


def _title_and_description(page: Content) -> Iterator[str]:
    yield from (
        f"{name_of(panel)} has no title or no description"
        for panel in page.graphs
        if not panel.get("title") or not panel.get("description")
    )


def _unit(page: Content) -> Iterator[str]:
    yield from (
        f"{name_of(panel)} has no unit"
        for panel in page.graphs
        if not panel.get("fieldConfig", {}).get("defaults", {}).get("unit")
    )


def _has_queries(page: Content) -> Iterator[str]:
    yield from (f"{name_of(panel)} has no query" for panel in page.graphs if not panel.get("targets"))


def _data_source(page: Content) -> Iterator[str]:
    for panel in page.graphs:
        sources = [panel.get("datasource"), *(one.get("datasource") for one in panel.get("targets", ()))]
        if any((one or {}).get("uid") != _VARIABLE for one in sources):
            yield f"{name_of(panel)} names a data source instead of {_VARIABLE}"
    for mark in page.marks:
        if mark.get("datasource", {}).get("uid") != _VARIABLE:
            yield f"annotation {mark.get('name')} names a data source instead of {_VARIABLE}"


def _data_source_variable(page: Content) -> Iterator[str]:
    found = page.variables.get("datasource", {})
    wanted = {"type": "datasource", "query": "prometheus", "label": "Data source"}
    if {key: found.get(key) for key in wanted} != wanted:
        yield "the variable `datasource` is missing, or is no choice of Prometheus data sources"


def _instance_variable(page: Content) -> Iterator[str]:
    found = page.variables.get("instance")
    wanted = {"type": "query", "label": "instance", "multi": True, "includeAll": True, "allValue": ".+"}
    if found is not None and {key: found.get(key) for key in wanted} != wanted:
        yield "the variable `instance` does not let the reader choose several instances, or all"


def _reload(page: Content) -> Iterator[str]:
    yield from (
        f"the variable `{name}` does not follow the time range"
        for name, each in page.variables.items()
        if each.get("type") == "query" and each.get("refresh") != 2
    )


def _variable_query(page: Content) -> Iterator[str]:
    for name, each in page.variables.items():
        if each.get("type") != "query":
            continue
        match = _LABEL_VALUES.fullmatch(each.get("query", {}).get("query", ""))
        if match is None or tree_of(filled(match[1], tuple(page.variables)))[1]:
            yield f"the variable `{name}` does not ask for the values of a label of a series"


def _promql(page: Content) -> Iterator[str]:
    yield from (
        f"{one.place} has a query that is no PromQL: {one.error}" for one in page.queries if one.error
    )


def _rate_interval(page: Content) -> Iterator[str]:
    for place, tree in _trees(page):
        ranges = [getattr(one, "range", None) for call in _calls(tree) for one in call.args]
        yield from (
            f"{place} has a rate over {one.total_seconds():g} s instead of $__rate_interval"
            for one in ranges
            if one not in (None, RATE_INTERVAL, TIME_RANGE)
        )


def _counters(page: Content) -> Iterator[str]:
    for place, tree in _trees(page):
        # A selector is a value, so equal ones are told apart by their number.
        bare = Counter(_counts(tree)) - Counter(name for call in _calls(tree) for name in _counts(call))
        yield from (f"{place} shows the counter {name} without a rate" for name in bare)


def _calls(tree: Any) -> list[Any]:
    calls = (node for node in promql_tree.nodes(tree) if isinstance(node, promql_parser.Call))
    return [call for call in calls if call.func.name in _OVER_TIME]


def _counts(tree: Any) -> list[str]:
    names = map(promql_tree.metric_name, promql_tree.selectors(tree))
    return [name for name in names if name in _COUNTS]


def _instance(page: Content) -> Iterator[str]:
    for place, tree in _trees(page):
        for selector in promql_tree.selectors(tree):
            name = promql_tree.metric_name(selector)
            labels = [label for label, _, _ in promql_tree.matchers(selector)]
            if name in _EXPOSED and "instance" not in labels:
                yield f"{place} reads {name} of every instance, whichever are chosen"


def _trees(page: Content) -> Iterator[tuple[str, Any]]:
    return ((query.place, query.tree) for query in page.queries if query.tree is not None)


def _provisioned(page: Content) -> Iterator[str]:
    if page.json.get("schemaVersion", 0) > _LAST_CLASSIC_SCHEMA:
        yield f"it has a schema after {_LAST_CLASSIC_SCHEMA}, which Grafana does not provision"
    if page.json.get("editable") is not False:
        yield "it can be edited, but Grafana does not keep edits of a provisioned dashboard"
    if not 0 < len(page.json.get("uid", "")) <= _LONGEST_UID:
        yield f"its uid is missing, or longer than {_LONGEST_UID} characters"


Rule = Callable[[Content], Iterator[str]]

RULES: Final[Mapping[str, Rule]] = {
    "template-datasource": _data_source_variable,
    "template-instance": _instance_variable,
    "template-label-promql": _variable_query,
    "template-on-time-change-reload": _reload,
    "panel-datasource": _data_source,
    "panel-title-description": _title_and_description,
    "panel-units": _unit,
    "panel-no-targets": _has_queries,
    "target-promql": _promql,
    "target-rate-interval": _rate_interval,
    "target-instance": _instance,
    "target-counter-agg": _counters,
    "uneditable-dashboard": _provisioned,
    "panel-grid": _grid,
    "panel-id": _panel_ids,
    "target-name": _query_names,
}
"""The rules by name; those of Grafana's dashboard-linter have its names."""


def problems(page: Page) -> Iterator[str]:
    """Yield what is wrong with a dashboard by itself, each with the name of its rule."""
    for name, rule in RULES.items():
        yield from (f"{page.path}: {text} [{name}]" for text in rule(page.content))
