"""Dashboards read nothing but what the contract, the rules, Prometheus itself and the scrape promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import promql_parser
import pytest

from backend_instrumentation import contract
from tests.loading import load_plan
from watchkeeper.backends.grafana.queries import contract_series
from watchkeeper.model.http_dialect import WATCHKEEPER

from .grafana_support import BUNDLED, EVERY_PACK, HTTP_ONLY, overview, pages, panels, plan, queries

SCRAPED = {"service", "instance", "job"}
OF_PROMETHEUS = {"up": set[str](), "ALERTS": {"alertname", "alertstate", "severity", "team", "slo"}}
RECORDED = {
    rule.record
    for slo in load_plan(BUNDLED).services[0].slos
    for rule in (*slo.live_rules, *slo.rollup_rules)
}
FAMILIES = {series: family for family in contract.FAMILIES for series in contract.series_names(family)}


def labels_of(series: str) -> set[str]:
    if series in OF_PROMETHEUS:
        return OF_PROMETHEUS[series] | SCRAPED
    if series in RECORDED:
        return {"service", "slo", "slo_id", "team"}
    return {*FAMILIES[series].labels, *(["le"] if series.endswith("_bucket") else []), *SCRAPED}


def selectors(expr: str) -> list[Any]:
    found: list[Any] = []
    promql_parser.walk(
        promql_parser.parse(expr),
        pre_visit=lambda node: found.append(node) if isinstance(node, promql_parser.VectorSelector) else None,
    )
    return found


def groupings(expr: str) -> list[Any]:
    found: list[Any] = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            found.append(node)

    promql_parser.walk(promql_parser.parse(expr), pre_visit=visit)
    return found


@pytest.fixture(scope="module")
def exprs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    plans = load_plan(BUNDLED), plan(tmp_path_factory.mktemp("packs"), EVERY_PACK)
    return {
        f"{path} {where}": expr
        for one in plans
        for path, page in pages(one).items()
        for where, expr in queries(page)
    }


def test_every_metric_is_of_the_contract_recorded_or_prometheus_own(exprs: dict[str, str]) -> None:
    read = {selector.name for expr in exprs.values() for selector in selectors(expr)}
    assert read - FAMILIES.keys() - OF_PROMETHEUS.keys() - RECORDED == set()


def test_every_family_of_every_pack_is_on_a_page(exprs: dict[str, str]) -> None:
    read = {
        FAMILIES[one.name].name for expr in exprs.values() for one in selectors(expr) if one.name in FAMILIES
    }
    missing = {
        "instrumentation_unmerged_workers": "a number for the service's own alerts",
        "process_virtual_memory_bytes": "says little of what a process needs",
    }
    assert {family.name for family in contract.FAMILIES} - read == missing.keys()


def test_every_label_in_a_matcher_is_one_that_its_metric_has(exprs: dict[str, str]) -> None:
    unknown = {
        (where, selector.name, matcher.name)
        for where, expr in exprs.items()
        for selector in selectors(expr)
        for matcher in selector.matchers.matchers
        if matcher.name not in labels_of(selector.name)
    }
    assert unknown == set()


def test_every_label_that_is_grouped_by_is_one_that_the_metrics_have(exprs: dict[str, str]) -> None:
    unknown = {
        (where, label)
        for where, expr in exprs.items()
        for group in groupings(expr)
        for selector in selectors(group.expr.prettify())
        for label in group.modifier.labels
        if label not in labels_of(selector.name)
    }
    assert unknown == set()


def test_every_value_of_a_closed_label_is_one_that_the_contract_lists(exprs: dict[str, str]) -> None:
    unknown = {
        (where, matcher.name, matcher.value)
        for where, expr in exprs.items()
        for selector in selectors(expr)
        if selector.name in FAMILIES
        for matcher in selector.matchers.matchers
        for name, values in FAMILIES[selector.name].allowed
        if name == matcher.name and matcher.value not in values
    }
    assert unknown == set()


def test_every_selector_is_restricted_to_the_chosen_service(tmp_path: Path) -> None:
    page = overview(plan(tmp_path, EVERY_PACK))
    free = {
        selector.prettify()
        for _, expr in queries(page)
        for selector in selectors(expr)
        if 'service="checkout"' not in selector.prettify()
    }
    assert free == set()


def test_http_only_services_are_asked_for_http_alone(tmp_path: Path) -> None:
    exprs = dict(queries(overview(plan(tmp_path, HTTP_ONLY))))
    read = {selector.name for expr in exprs.values() for selector in selectors(expr)}
    http = {series for family in contract.families(["http"]) for series in contract.series_names(family)}
    assert read <= http | OF_PROMETHEUS.keys()


def test_rates_of_counters_adapt_to_the_scrape_interval() -> None:
    shown = [each for page in pages(load_plan(BUNDLED)).values() for each in panels(page)]
    exprs = [target["expr"] for each in shown for target in each["targets"]]
    rates = [expr for expr in exprs if "(rate(" in expr]
    assert rates
    assert [expr for expr in rates if expr.count("(rate(") != expr.count("[$__rate_interval]")] == []


@pytest.mark.parametrize(
    "name", ["http_requests", "http_request_duration_seconds", "http_requests_total_bucket", ""]
)
def test_a_series_that_the_contract_lacks_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a series of the contract"):
        contract_series(name, WATCHKEEPER)


def test_the_page_of_all_objectives_reads_recorded_series_only_whatever_their_number(tmp_path: Path) -> None:
    def fleet(count: int) -> Any:
        slos = ", ".join(f"{{name: s{n}, objective: 99%, sli: {{availability: http}}}}" for n in range(count))
        return pages(plan(tmp_path, f"{HTTP_ONLY}slos: [{slos}]\n"))["watchkeeper/all-objectives.json"]

    read = {one.name for _, expr in queries(fleet(1)) for one in selectors(expr)}
    assert {name for name in read if not name.startswith("slo:")} == {"ALERTS"}
    assert fleet(1) == fleet(40)
