"""A classic Grafana dashboard (schema version 41) as a value, and its JSON.

Panels are placed from left to right and wrapped, so that a missing panel leaves no gap.
"""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.backends.grafana.panel_json import PROMETHEUS, panel_json
from watchkeeper.backends.grafana.panels import Json, Link, Panel
from watchkeeper.backends.grafana.variables import (
    Choice,
    LabelValues,
    choice_json,
    data_source_json,
    labels_json,
)
from watchkeeper.emit import json

SCHEMA_VERSION = 41
"""The last classic schema: Grafana refuses to provision files of the next one."""
COLUMNS = 24
_LINE_WIDTH = 120
_QUICK_RANGES = (
    ("1h", "Last 1 hour"),
    ("6h", "Last 6 hours"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
)


@dataclass(frozen=True, slots=True)
class Annotation:
    """Vertical lines over every time series, at the times of the series that `expr` returns.

    With `at_value` the value of the series is the time, in milliseconds.
    """

    name: str
    expr: str
    title: str
    tags: tuple[str, ...]
    color: str = "red"
    at_value: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page; `uid` is its address and never changes. Links within Grafana keep the time range."""

    uid: str
    title: str
    description: str
    tags: tuple[str, ...]
    variables: tuple[Choice | LabelValues, ...]
    annotations: tuple[Annotation, ...]
    links: tuple[Link, ...]
    panels: tuple[Panel, ...]
    shown: str = "6h"


def dump(dashboard: Dashboard) -> str:
    """Return the dashboard as Grafana provisions it from a file: equal values give equal bytes."""
    chosen = [
        choice_json(each) if isinstance(each, Choice) else labels_json(each) for each in dashboard.variables
    ]
    return json.dump(
        {
            "annotations": {"list": [_annotation(each) for each in dashboard.annotations]},
            "description": dashboard.description,
            "editable": False,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "links": [_link(each) for each in dashboard.links],
            "panels": _placed(dashboard.panels),
            "refresh": "30s",
            "schemaVersion": SCHEMA_VERSION,
            "tags": dashboard.tags,
            "templating": {"list": [data_source_json(), *chosen]},
            "time": {"from": f"now-{dashboard.shown}", "to": "now"},
            "timepicker": {"quick_ranges": [_quick_range(*each) for each in _QUICK_RANGES]},
            "timezone": "browser",
            "title": dashboard.title,
            "uid": dashboard.uid,
        },
        width=_LINE_WIDTH,
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


def _annotation(annotation: Annotation) -> Json:
    return {
        "datasource": PROMETHEUS,
        "enable": True,
        "hide": False,
        "iconColor": annotation.color,
        "name": annotation.name,
        "tagKeys": ",".join(annotation.tags),
        "target": {"expr": annotation.expr, "refId": "Anno"},
        "titleFormat": annotation.title,
        **({"useValueForTime": True} if annotation.at_value else {}),
    }


def _link(link: Link) -> Json:
    within = link.url.startswith("/")
    return {
        "asDropdown": False,
        "icon": "dashboard" if within else "external link",
        "includeVars": False,
        "keepTime": within,
        "tags": [],
        "targetBlank": not within,
        "title": link.title,
        "tooltip": "",
        "type": "link",
        "url": link.url,
    }


def _quick_range(span: str, display: str) -> Json:
    return {"display": display, "from": f"now-{span}", "to": "now"}
