"""A rendered Grafana of a spec's text, and its queries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.loading import load_plan
from watchkeeper.backends import grafana
from watchkeeper.plan.plan import Plan

BUNDLED = Path(__file__).parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"
HTTP_ONLY = "version: watchkeeper/v1\nservice: checkout\n"


def plan(folder: Path, text: str = HTTP_ONLY) -> Plan:
    """Return the plan of a spec with that text."""
    path = folder / "spec.yml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path)


def overview(plan: Plan) -> dict[str, Any]:
    """Return the Overview as Grafana loads it."""
    loaded: dict[str, Any] = json.loads(grafana.render(plan)["monitoring/grafana/dashboards/overview.json"])
    return loaded


def panels(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels that show something: all but the headings."""
    return [each for each in page["panels"] if each["type"] != "row"]


def panel(page: dict[str, Any], identifier: int) -> dict[str, Any]:
    """Return the panel with that id."""
    return next(each for each in page["panels"] if each["id"] == identifier)


def queries(page: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the place of each query and its PromQL, with Grafana's macros replaced as Grafana does."""
    for each in panels(page):
        for target in each["targets"]:
            yield f"panel {each['id']} {target['refId']}", filled(target["expr"])
    for mark in page["annotations"]["list"]:
        yield f"annotation {mark['name']}", filled(mark["target"]["expr"])


def filled(expr: str, *, service: str = ".*") -> str:
    """Return the query as it reaches Prometheus."""
    return expr.replace("$__rate_interval", "1m").replace("$__range", "6h").replace("$service", service)
