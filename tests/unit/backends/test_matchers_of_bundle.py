"""Every matcher of a rendered panel, runbook or rule is one that a series can meet: the same check as for a spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper import promql_tree
from watchkeeper.backends import runbooks
from watchkeeper.exposed.useless_matchers import useless_matchers
from watchkeeper.plan.plan import Plan

from .grafana_support import BUNDLED, pages, queries

ROOT = Path(__file__).parents[3]
SPECS = [
    BUNDLED,
    *sorted((ROOT / "examples" / "specs").glob("*.yml")),
    *sorted((ROOT / "tests" / "golden").glob("*/spec.yml")),
]
_FENCE = re.compile(r"```promql\n(.*?)```", re.DOTALL)


def all_queries(plan: Plan) -> Iterator[tuple[str, str]]:
    for page in pages(plan).values():
        yield from queries(page)
    # The stack's own alerts read servers, which tests/integration/test_self_monitoring.py asks.
    for path, text in runbooks.render(replace(plan, own=None)).items():
        yield from ((path, expr) for expr in _FENCE.findall(text))
    for service in plan.services:
        yield from ((alert.name, alert.expr) for alert in service.all_alerts)
        for slo in service.slos:
            yield from ((rule.record, rule.expr) for rule in (*slo.live_rules, *slo.rollup_rules))


def useless(plan: Plan, where: str, expr: str) -> Iterator[str]:
    services = tuple(service.spec for service in plan.services)
    for node in promql_tree.selectors(promql_tree.parse(expr)):
        # A variable selects everything until the reader chooses.
        name, matchers = (
            promql_tree.metric_name(node),
            [one for one in promql_tree.matchers(node) if one[2] != ".*"],
        )
        owner = next((one for one in services if ("service", "=", one.name) in matchers), services[0])
        for one in useless_matchers(name, matchers, owner, services, external=False):
            yield f"{where}: {''.join(one.matcher)} of {name} {one.fault}"


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_matcher_is_useless(spec: Path) -> None:
    plan = load_plan(spec)
    found = list(all_queries(plan))
    assert len(found) > 10
    assert [text for where, expr in found for text in useless(plan, where, expr)] == []


def test_a_useless_matcher_would_be_found() -> None:
    plan = load_plan(BUNDLED)
    changed = [(where, expr.replace("5..", "5xx")) for where, expr in all_queries(plan)]
    assert len([text for where, expr in changed for text in useless(plan, where, expr)]) > 10
