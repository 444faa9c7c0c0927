"""A rendered Grafana of a spec's text, and its queries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.loading import load_plan
from watchkeeper.backends import grafana
from watchkeeper.contract import PACKS
from watchkeeper.plan.plan import Plan

BUNDLED = Path(__file__).parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"
FOLDER = "monitoring/grafana/dashboards/"
HTTP_ONLY = "version: watchkeeper/v1\nservice: checkout\n"
EVERY_PACK = f"{HTTP_ONLY}signals: [{', '.join(PACKS)}]\n"
MACROS = {
    "$__rate_interval": "1m",
    "$__range_s": "21600",
    "$__range": "6h",
    "$service": ".*",
    "$instance": ".*",
    "$team": ".*",
    "$slo": ".*",
}
Page = dict[str, Any]


def plan(folder: Path, text: str = HTTP_ONLY) -> Plan:
    """Return the plan of a spec with that text."""
    path = folder / "spec.yml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path)


def pages(plan: Plan) -> dict[str, Page]:
    """Return every dashboard as Grafana loads it, by its path below the folder of dashboards."""
    files = grafana.render(plan)
    return {
        path.removeprefix(FOLDER): json.loads(text) for path, text in files.items() if path.startswith(FOLDER)
    }


def overview(plan: Plan) -> Page:
    """Return the Overview of the first service."""
    return pages(plan)[f"{plan.services[0].name}/overview.json"]


def panels(page: Page) -> list[Page]:
    """Return the panels that show something: all but the headings."""
    return [each for each in page["panels"] if each["type"] != "row"]


def panel(page: Page, identifier: int) -> Page:
    """Return the panel with that id."""
    found: Page = next(each for each in page["panels"] if each["id"] == identifier)
    return found


def queries(page: Page) -> Iterator[tuple[str, str]]:
    """Yield the place of each query and its PromQL, with Grafana's macros replaced as Grafana does."""
    for each in panels(page):
        for target in each["targets"]:
            yield f"panel {each['id']} {target['refId']}", filled(target["expr"])
    for mark in page["annotations"]["list"]:
        yield f"annotation {mark['name']}", filled(mark["target"]["expr"])


def filled(expr: str) -> str:
    """Return the query as it reaches Prometheus."""
    for macro, value in MACROS.items():
        expr = expr.replace(macro, value)
    return expr
