"""A classic Grafana dashboard (schema version 41) as a value, and its JSON.

Panels are placed from left to right and wrapped, so that a missing panel leaves no gap.
"""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.backends.grafana.panels import PROMETHEUS, Json, Link, Panel, panel_json
from watchkeeper.emit import json

SCHEMA_VERSION = 41
"""The last classic schema: Grafana refuses to provision files of the next one."""
COLUMNS = 24
_QUICK_RANGES = (
    ("1h", "Last 1 hour"),
    ("6h", "Last 6 hours"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that restricts every query: one of `values`, or all."""

    name: str
    label: str
    description: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Annotation:
    """Vertical lines over every time series, at the times of the series that `expr` returns."""

    name: str
    expr: str
    title: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page; `uid` is its address and never changes."""

    uid: str
    title: str
    description: str
    tags: tuple[str, ...]
    variable: Variable
    annotation: Annotation
    links: tuple[Link, ...]
    panels: tuple[Panel, ...]


def dump(dashboard: Dashboard) -> str:
    """Return the dashboard as Grafana provisions it from a file: equal values give equal bytes."""
    return json.dump(
        {
            "annotations": {"list": [_annotation(dashboard.annotation)]},
            "description": dashboard.description,
            "editable": False,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "links": [_link(each) for each in dashboard.links],
            "panels": _placed(dashboard.panels),
            "refresh": "30s",
            "schemaVersion": SCHEMA_VERSION,
            "tags": dashboard.tags,
            "templating": {"list": [_variable(dashboard.variable)]},
            "time": {"from": "now-6h", "to": "now"},
            "timepicker": {"quick_ranges": [_quick_range(*each) for each in _QUICK_RANGES]},
            "timezone": "browser",
            "title": dashboard.title,
            "uid": dashboard.uid,
        }
    )


def _placed(panels: tuple[Panel, ...]) -> list[Json]:
    placed: list[Json] = []
    x = y = line = 0
    for panel in panels:
        if x + panel.width > COLUMNS:
            x, y, line = 0, y + line, 0
        placed.append(panel_json(panel, x=x, y=y))
        x, line = x + panel.width, max(line, panel.height)
    return placed


def _variable(variable: Variable) -> Json:
    everything: Json = {"selected": True, "text": "All", "value": "$__all"}
    options: list[Json] = [{"selected": False, "text": value, "value": value} for value in variable.values]
    return {
        # This also matches series without the label: those of the stack itself belong to no service.
        "allValue": ".*",
        "current": everything,
        "description": variable.description,
        "hide": 0,
        "includeAll": True,
        "label": variable.label,
        "multi": False,
        "name": variable.name,
        "options": [everything, *options],
        "query": ",".join(variable.values),
        "skipUrlSync": False,
        "type": "custom",
    }


def _annotation(annotation: Annotation) -> Json:
    return {
        "datasource": PROMETHEUS,
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "name": annotation.name,
        "tagKeys": ",".join(annotation.tags),
        "target": {"expr": annotation.expr, "refId": "Anno"},
        "titleFormat": annotation.title,
    }


def _link(link: Link) -> Json:
    return {
        "asDropdown": False,
        "icon": "external link",
        "includeVars": False,
        "keepTime": False,
        "tags": [],
        "targetBlank": True,
        "title": link.title,
        "tooltip": "",
        "type": "link",
        "url": link.url,
    }


def _quick_range(span: str, display: str) -> Json:
    return {"display": display, "from": f"now-{span}", "to": "now"}
