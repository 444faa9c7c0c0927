"""The panels of the current state: firing alerts, and targets that are up or down."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper.backends.grafana.addresses import alertmanager_alerts
from watchkeeper.backends.grafana.panels import Json, Link, Override, Panel, Query, Step, steps_json
from watchkeeper.backends.grafana.queries import FIRING, SERVICE, recorded
from watchkeeper.emit.json import Value
from watchkeeper.plan.plan import Plan

_ONE = Decimal(1)
_RED_FROM_ONE = (Step(None, "green"), Step(_ONE, "red"))
_ORANGE_FROM_ONE = (Step(None, "green"), Step(_ONE, "orange"))
_GREEN_FROM_ONE = (Step(None, "red"), Step(_ONE, "green"))


def firing(plan: Plan) -> Panel:
    """Return the number of firing alerts of the severities critical and warning."""
    return Panel(
        id=1,
        kind="stat",
        title="Firing alerts",
        description="Alerts that fire now, by severity. A click opens Alertmanager.",
        queries=(_count("critical"), _count("warning")),
        width=4,
        height=5,
        steps=_RED_FROM_ONE,
        overrides=(_thresholds("warning", _ORANGE_FROM_ONE),),
        links=(Link("Alertmanager", alertmanager_alerts(plan)),),
    )


def targets() -> Panel:
    """Return how many targets are up and down; no target at all is red too."""
    up = recorded("up")
    return Panel(
        id=2,
        kind="stat",
        title="Targets",
        description="Targets that Prometheus can scrape, and targets that it cannot.",
        queries=(Query(f"sum({up}) or vector(0)", "up"), Query(f"count({up} == 0) or vector(0)", "down")),
        width=4,
        height=5,
        steps=_RED_FROM_ONE,
        overrides=(_thresholds("up", _GREEN_FROM_ONE),),
    )


def firing_table(plan: Plan) -> Panel:
    """Return the table of firing alerts, each with a link to Alertmanager."""
    only_this = "?filter=%7Balertname%3D%22${__value.raw}%22%7D"
    link: Value = {
        "title": "In Alertmanager",
        "url": alertmanager_alerts(plan) + only_this,
        "targetBlank": True,
    }
    return Panel(
        id=3,
        kind="table",
        title="Firing alerts",
        description="Every alert that fires now, of any severity.",
        queries=(Query(f"max by (severity, alertname, {SERVICE}) ({recorded('ALERTS', FIRING)})"),),
        width=12,
        overrides=(Override("alertname", (("links", [link]),)),),
        transformations=(_columns("severity", "alertname", SERVICE),),
        if_empty="nothing",
    )


def _count(severity: str) -> Query:
    return Query(
        f"count({recorded('ALERTS', (*FIRING, ('severity', '=', severity)))}) or vector(0)", severity
    )


def _thresholds(name: str, steps: tuple[Step, ...]) -> Override:
    return Override(name, (("thresholds", steps_json(steps)),))


def _columns(*names: str) -> Json:
    return {
        "id": "organize",
        "options": {
            "excludeByName": {"Time": True, "Value": True},
            "indexByName": {name: index for index, name in enumerate(names)},
            "renameByName": {},
        },
    }
