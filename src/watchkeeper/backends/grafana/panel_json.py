"""The JSON of a panel: its data source, identifiers and options are the same in every dashboard.

What Grafana assumes anyway is left out, so that people can review a dashboard.
"""

from __future__ import annotations

from decimal import Decimal

from watchkeeper.backends.grafana.panels import (
    Json,
    Override,
    Panel,
    Query,
    link_json,
    mappings_json,
    steps_json,
)
from watchkeeper.emit.json import Value

PLUGIN_VERSION = "12.4.2"
"""The Grafana whose panel schema is written here."""
PROMETHEUS: Json = {"type": "prometheus", "uid": "${datasource}"}
_FORMATS = {"table": "table", "heatmap": "heatmap"}
_OVER_TIME = ("timeseries", "heatmap")
# A graph of these begins at zero: a small dip must not look like an outage.
_FROM_ZERO = ("Bps", "bytes", "cps", "ops", "reqps", "s", "short")


def panel_json(panel: Panel, *, x: int, y: int) -> Json:
    """Return the panel as Grafana reads it, at that place of the grid."""
    place: Json = {"x": x, "y": y, "w": panel.width, "h": panel.height}
    common: Json = {"id": panel.id, "type": panel.kind, "title": panel.title, "gridPos": place}
    if panel.kind == "row":
        repeat: Json = {"repeat": panel.repeat} if panel.repeat else {}
        return {**common, **repeat, "collapsed": False, "panels": []}
    settings: Json = {
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
    }
    optional: Json = {
        "maxDataPoints": panel.most_points,
        "timeFrom": panel.time_from,
        "transformations": panel.transformations,
    }
    return settings | {key: value for key, value in optional.items() if value}


def _target(panel: Panel, query: Query, index: int) -> Json:
    # A range query would show the last value of a series that ended hours ago as if it were current.
    instant = panel.kind not in _OVER_TIME
    return {
        "datasource": PROMETHEUS,
        **({"exemplar": True} if query.exemplars else {}),
        "expr": query.expr,
        "format": _FORMATS.get(panel.kind, "time_series"),
        "instant": instant,
        "legendFormat": query.legend,
        "range": not instant,
        "refId": chr(ord("A") + index),
    }


def _defaults(panel: Panel) -> Json:
    defaults: Json = {
        "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
        "custom": _custom(panel),
        "thresholds": steps_json(panel.steps),
        "unit": panel.unit,
    }
    optional: Json = {
        "decimals": panel.decimals,
        "links": [link_json(each) for each in panel.links] or None,
        "mappings": mappings_json(panel.states) or None,
        "max": panel.ceiling,
        "min": 0 if panel.kind == "timeseries" and panel.unit in _FROM_ZERO else None,
        "noValue": panel.if_empty or None,
    }
    return defaults | {key: value for key, value in optional.items() if value is not None}


def _override(override: Override) -> Json:
    properties: list[Value] = [{"id": key, "value": value} for key, value in override.properties]
    return {"matcher": {"id": "byName", "options": override.name}, "properties": properties}


def _options(panel: Panel) -> Json:
    if panel.kind == "stat":
        return _stat_options(panel)
    if panel.kind == "table":
        return _table_options(panel)
    if panel.kind == "heatmap":
        return _heatmap_options(panel)
    return {
        "legend": {
            "calcs": ["lastNotNull"],
            "displayMode": "list",
            "placement": "bottom",
            "showLegend": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _stat_options(panel: Panel) -> Json:
    judged = len(panel.steps) > 1 or panel.states
    return {
        "colorMode": "background" if judged else "value",
        "graphMode": "none",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "value_and_name" if len(panel.queries) > 1 else "value",
    }


def _table_options(panel: Panel) -> Json:
    if not panel.sort:
        return {}
    return {"sortBy": [{"displayName": name, "desc": falling} for name, falling in panel.sort]}


def _heatmap_options(panel: Panel) -> Json:
    return {
        "calculate": False,
        "cellGap": 1,
        "color": {
            "exponent": Decimal("0.5"),
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": False,
            "scale": "exponential",
            "scheme": "Oranges",
            "steps": 64,
        },
        "exemplars": {"color": "rgba(31, 96, 196, 0.9)"},
        "filterValues": {"le": Decimal("1E-9")},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": True},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": panel.unit},
    }


def _custom(panel: Panel) -> Json:
    if panel.kind != "timeseries":
        return {}
    custom: Json = {"fillOpacity": 30 if panel.stacked else 10, "showPoints": "never"}
    if panel.stacked:
        custom["stacking"] = {"group": "A", "mode": "normal"}
    if len(panel.steps) > 1:
        custom["thresholdsStyle"] = {"mode": "dashed"}
    return custom
