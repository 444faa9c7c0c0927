"""Panels of a classic Grafana dashboard as values: stat, time series, table and row.

The data source, units, descriptions and identifiers are set for every panel.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from watchkeeper.emit.json import Value

Json = dict[str, Value]
Kind = Literal["stat", "timeseries", "table", "row"]

PLUGIN_VERSION = "12.4.2"
"""The Grafana whose panel schema is written here."""
PROMETHEUS: Json = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL query; exemplars are drawn as points that link to their traces."""

    expr: str
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The color from `value` on; a step with the value None is the color below all others."""

    value: Decimal | None
    color: str


@dataclass(frozen=True, slots=True)
class Override:
    """Settings of one series, named by its legend or column, that differ from its panel."""

    name: str
    properties: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Link:
    """The target of a click on a value."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; `id` is part of addresses that people keep, so it never changes.

    Width is in 24ths of the page, height in Grafana's rows of 30 pixels. Steps above the first are drawn
    as dashed lines in a time series and set the color of a stat.
    """

    id: int
    kind: Kind
    title: str
    description: str = ""
    unit: str = "none"
    queries: tuple[Query, ...] = ()
    width: int = 24
    height: int = 8
    steps: tuple[Step, ...] = (Step(None, "text"),)
    overrides: tuple[Override, ...] = ()
    links: tuple[Link, ...] = ()
    transformations: tuple[Json, ...] = ()
    decimals: int | None = None
    ceiling: Decimal | None = None
    if_empty: str = ""
    stacked: bool = False


def row(identifier: int, title: str) -> Panel:
    """Return a heading over the panels that follow it."""
    return Panel(id=identifier, kind="row", title=title, height=1)


def panel_json(panel: Panel, *, x: int, y: int) -> Json:
    """Return the panel as Grafana reads it, at that place of the grid."""
    place: Json = {"x": x, "y": y, "w": panel.width, "h": panel.height}
    common: Json = {"id": panel.id, "type": panel.kind, "title": panel.title, "gridPos": place}
    if panel.kind == "row":
        return {**common, "collapsed": False, "panels": []}
    return {
        **common,
        "datasource": PROMETHEUS,
        "description": panel.description,
        "fieldConfig": {
            "defaults": _defaults(panel),
            "overrides": [_override(each) for each in panel.overrides],
        },
        "options": _options(panel),
        "pluginVersion": PLUGIN_VERSION,
        "targets": [_target(panel, query, index) for index, query in enumerate(panel.queries)],
        "transformations": panel.transformations,
    }


def steps_json(steps: tuple[Step, ...]) -> Json:
    """Return the thresholds of a panel or of one series as Grafana reads them."""
    listed: list[Value] = [{"value": step.value, "color": step.color} for step in steps]
    return {"mode": "absolute", "steps": listed}


def _target(panel: Panel, query: Query, index: int) -> Json:
    # A range query would show the last value of a series that ended hours ago as if it were current.
    instant = panel.kind != "timeseries"
    return {
        "datasource": PROMETHEUS,
        "editorMode": "code",
        "exemplar": query.exemplars,
        "expr": query.expr,
        "format": "table" if panel.kind == "table" else "time_series",
        "instant": instant,
        "legendFormat": query.legend,
        "range": not instant,
        "refId": chr(ord("A") + index),
    }


def _defaults(panel: Panel) -> Json:
    defaults: Json = {
        "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
        "custom": _custom(panel),
        "links": [_data_link(link) for link in panel.links],
        "mappings": [],
        "thresholds": steps_json(panel.steps),
        "unit": panel.unit,
    }
    if panel.kind == "timeseries":
        defaults["min"] = 0
    optional: Json = {"decimals": panel.decimals, "max": panel.ceiling, "noValue": panel.if_empty or None}
    return defaults | {key: value for key, value in optional.items() if value is not None}


def _data_link(link: Link) -> Json:
    return {"title": link.title, "url": link.url, "targetBlank": True}


def _override(override: Override) -> Json:
    properties: list[Value] = [{"id": key, "value": value} for key, value in override.properties]
    return {"matcher": {"id": "byName", "options": override.name}, "properties": properties}


def _options(panel: Panel) -> Json:
    if panel.kind == "stat":
        return _stat_options(panel)
    if panel.kind == "table":
        return {"cellHeight": "sm", "frameIndex": 0, "showHeader": True}
    calcs = ["lastNotNull", "max"]
    return {
        "legend": {"calcs": calcs, "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _stat_options(panel: Panel) -> Json:
    return {
        "colorMode": "background" if len(panel.steps) > 1 else "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showPercentChange": False,
        "textMode": "value_and_name" if len(panel.queries) > 1 else "value",
        "wideLayout": True,
    }


def _custom(panel: Panel) -> Json:
    if panel.kind != "timeseries":
        return {}
    return {
        "drawStyle": "line",
        "fillOpacity": 30 if panel.stacked else 10,
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if panel.stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if len(panel.steps) > 1 else "off"},
    }
