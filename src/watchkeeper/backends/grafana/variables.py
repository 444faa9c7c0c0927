"""The variables of a dashboard: its data source, and what restricts its queries."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.backends.grafana.panel_json import PROMETHEUS
from watchkeeper.backends.grafana.panels import Json


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable with fixed values: exactly one of them, or any of them where `several`."""

    name: str
    label: str
    description: str
    values: tuple[str, ...]
    several: bool = False
    all_at_first: bool = False


@dataclass(frozen=True, slots=True)
class LabelValues:
    """A variable with the values that a label has in Prometheus, of a series with matchers; all of them at first."""

    name: str
    label: str
    description: str
    series: str


def data_source_json() -> Json:
    """Return the variable that every query names as its data source: the provisioned Prometheus at first."""
    return {
        "current": {"selected": True, "text": "Prometheus", "value": "prometheus"},
        "description": "The Prometheus that every panel asks.",
        "hide": 0,
        "includeAll": False,
        "label": "Data source",
        "multi": False,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
        "type": "datasource",
    }


def choice_json(choice: Choice) -> Json:
    """Return a variable with fixed values as Grafana reads it."""
    first = choice.values[0] if choice.values else ""
    one: Json = {"selected": True, "text": first, "value": first}
    every: Json = {"selected": True, "text": ["All"], "value": ["$__all"]}
    return {
        "current": every if choice.all_at_first else one,
        "description": choice.description,
        "hide": 0,
        "includeAll": choice.several,
        "label": choice.label,
        "multi": choice.several,
        "name": choice.name,
        "options": [],
        "query": ",".join(choice.values),
        "skipUrlSync": False,
        "type": "custom",
    }


def labels_json(variable: LabelValues) -> Json:
    """Return a variable with the values of a label as Grafana reads it."""
    query = f"label_values({variable.series}, {variable.name})"
    return {
        # Grafana's own "all" would list every value; this one is short and matches values that come later.
        "allValue": ".+",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "datasource": PROMETHEUS,
        "description": variable.description,
        "hide": 0,
        "includeAll": True,
        "label": variable.label,
        "multi": True,
        "name": variable.name,
        "options": [],
        "query": {"query": query, "refId": f"variable-{variable.name}"},
        # With every change of the time range, so that instances that are gone since can be chosen.
        "refresh": 2,
        "regex": "",
        "skipUrlSync": False,
        "sort": 1,
        "type": "query",
    }
