"""Dashboards read nothing but what the contract, Prometheus itself and the scrape promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import promql_parser
import pytest

from backend_instrumentation import contract
from tests.loading import load_plan
from watchkeeper.backends.grafana.queries import contract_series

from .grafana_support import BUNDLED, HTTP_ONLY, overview, plan, queries

SCRAPED = {"service", "instance", "job"}
OF_PROMETHEUS = {"up": set[str](), "ALERTS": {"alertname", "alertstate", "severity", "team"}}
FAMILIES = {series: family for family in contract.FAMILIES for series in contract.series_names(family)}


def labels_of(series: str) -> set[str]:
    if series in OF_PROMETHEUS:
        return OF_PROMETHEUS[series] | SCRAPED
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
def exprs() -> dict[str, str]:
    return dict(queries(overview(load_plan(BUNDLED))))


def test_every_metric_is_of_the_contract_or_prometheus_own(exprs: dict[str, str]) -> None:
    read = {selector.name for expr in exprs.values() for selector in selectors(expr)}
    assert read - FAMILIES.keys() - OF_PROMETHEUS.keys() == set()


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
    page = overview(plan(tmp_path, HTTP_ONLY))
    raw = [target["expr"] for each in page["panels"] for target in each.get("targets", [])]
    raw += [mark["target"]["expr"] for mark in page["annotations"]["list"]]
    free = {
        selector.prettify()
        for expr in raw
        for selector in selectors(expr.replace("$__rate_interval", "1m").replace("$__range", "6h"))
        if 'service=~"$service"' not in selector.prettify()
    }
    assert free == set()


def test_http_only_services_are_asked_for_http_alone(tmp_path: Path) -> None:
    exprs = dict(queries(overview(plan(tmp_path, HTTP_ONLY))))
    read = {selector.name for expr in exprs.values() for selector in selectors(expr)}
    http = {series for family in contract.families(["http"]) for series in contract.series_names(family)}
    assert read <= http | OF_PROMETHEUS.keys()


def test_rates_of_counters_adapt_to_the_scrape_interval() -> None:
    page = overview(load_plan(BUNDLED))
    exprs = [target["expr"] for each in page["panels"] for target in each.get("targets", [])]
    rates = [expr for expr in exprs if "rate(" in expr]
    assert rates
    assert [expr for expr in rates if expr.count("rate(") != expr.count("[$__rate_interval]")] == []


@pytest.mark.parametrize(
    "name", ["http_requests", "http_request_duration_seconds", "http_requests_total_bucket", ""]
)
def test_a_series_that_the_contract_lacks_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a series of the contract"):
        contract_series(name)
