"""Which bucket of a histogram a bound selects: our own, and those of exporters that write the bound in other ways."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.plan.planning import service_of
from watchkeeper import promql_tree
from watchkeeper.plan.bucket_matcher import bucket_matcher


@pytest.mark.parametrize(
    ("bound", "external", "wanted"),
    [
        ("0.2", False, ("=", "0.2")),
        ("1", False, ("=", "1.0")),
        ("10", False, ("=", "10.0")),
        # Every exporter writes a fraction in one way.
        ("0.2", True, ("=", "0.2")),
        ("2.5", True, ("=", "2.5")),
        # A whole number is 1 in Go and 1.0 in Python, in OpenMetrics and in Prometheus 3.
        ("1", True, ("=~", r"1|1\.0")),
        ("10", True, ("=~", r"10|10\.0")),
        ("1000000", True, ("=", "1e+06")),
    ],
)
def test_a_bound_selects_its_bucket(bound: str, external: bool, wanted: tuple[str, str]) -> None:
    assert bucket_matcher(Decimal(bound), external=external) == ("le", *wanted)


@pytest.mark.parametrize(("bound", "stored"), [("0.5", ["0.5"]), ("1", ["1", "1.0"]), ("10", ["10", "10.0"])])
def test_every_way_of_storing_a_bound_is_matched_and_no_other_bound(bound: str, stored: list[str]) -> None:
    _, op, value = bucket_matcher(Decimal(bound), external=True)
    for other in ("0.5", "1", "1.0", "10", "10.0", "100", "1.05", "+Inf"):
        is_matched = re.fullmatch(value, other) is not None if op == "=~" else other == value
        assert is_matched is (other in stored)


@pytest.mark.parametrize("threshold", ["500ms", "1s"])
def test_an_alert_and_an_objective_select_the_same_external_bucket(threshold: str, tmp_path: Path) -> None:
    service = service_of(
        tmp_path,
        sli=f"{{latency: edge_seconds, threshold: {threshold}}}",
        service="metrics: [{name: edge_seconds, type: histogram, buckets: [0.5, 1, 2], external: true}]\n"
        f"alerts: [{{preset: latency_quantile, metric: edge_seconds, above: {threshold}}}]",
    )
    found = [
        matcher
        for expr in (service.alerts[0].expr, service.slos[0].indicator.bad)
        for node in promql_tree.selectors(promql_tree.parse(expr))
        for matcher in promql_tree.matchers(node)
        if matcher[0] == "le"
    ]
    assert len(found) == 3
    assert len(set(found)) == 1
