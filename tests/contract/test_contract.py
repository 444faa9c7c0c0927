"""The contract keeps Prometheus' conventions, and imports nothing but the standard library."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

import backend_instrumentation
from backend_instrumentation import contract
from backend_instrumentation.contract import (
    FAMILIES,
    PACKS,
    Family,
    families,
    family,
    initial_rows,
    le,
    series_names,
)

each_family = pytest.mark.parametrize("each", FAMILIES, ids=lambda each: each.name)


def python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, check=False)


def test_the_contract_loads_neither_starlette_nor_prometheus_client() -> None:
    code = (
        "import sys, backend_instrumentation.contract; from backend_instrumentation.contract import FAMILIES; "
        "print(sorted({name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names))"
    )
    found = python(code)
    assert found.stderr == ""
    loaded = set(re.findall(r"'(\w+)'", found.stdout))
    assert "backend_instrumentation" in loaded
    assert loaded.isdisjoint({"starlette", "prometheus_client", "anyio", "fastapi", "yaml"})


def test_importing_the_package_is_silent() -> None:
    found = python("import backend_instrumentation", "-W", "error")
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_every_public_name_of_the_package_loads_without_a_warning() -> None:
    code = (
        "import backend_instrumentation as b; print(sorted(name for name in b.__all__ if hasattr(b, name)))"
    )
    found = python(code, "-W", "error")
    assert found.stderr == ""
    assert found.stdout.strip() == str(sorted(backend_instrumentation.__all__))
    assert {"Instruments", "TracingManager", "instrument", "record_operation"} <= set(
        backend_instrumentation.__all__
    )
    missing = python("import backend_instrumentation as b; b.nothing")
    assert "module 'backend_instrumentation' has no attribute 'nothing'" in missing.stderr


@each_family
def test_names_follow_the_conventions(each: Family) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", each.name)
    assert (each.type == "counter") == each.name.endswith("_total")
    if each.unit:
        assert each.name.removesuffix("_total").endswith(f"_{each.unit}")
    assert not re.search(r"_(ms|milliseconds|kb|mb|percent|minutes|count|sum|bucket|info)\b", each.name)
    assert each.help.endswith(".")
    assert each.help[0].isupper() or each.help[0].isdigit()


@each_family
def test_labels_are_legal_and_leave_prometheus_its_own(each: Family) -> None:
    assert len(set(each.labels)) == len(each.labels)
    for label in each.labels:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", label)
        assert label not in {"le", "quantile", "job", "instance", "service", "severity", "team"}
    assert {label for label, _ in each.allowed} <= set(each.labels)


@each_family
def test_buckets_are_finite_rising_and_only_on_histograms(each: Family) -> None:
    assert bool(each.buckets) == (each.type == "histogram")
    assert list(each.buckets) == sorted(set(each.buckets))
    assert all(0 < bound < float("inf") for bound in each.buckets)


@each_family
def test_initial_rows_have_only_allowed_values(each: Family) -> None:
    closed = dict(each.allowed)
    for row in initial_rows(each):
        assert len(row) == len(each.labels)
        assert all(value in closed[label] for label, value in zip(each.labels, row, strict=True))


def test_latency_bounds_hold_the_thresholds_that_alerts_need() -> None:
    latency = family("http_request_duration_seconds")
    assert latency is not None
    assert {0.2, 0.5, 2.0} <= set(latency.buckets)
    assert max(latency.buckets) > 2.0
    sandbox = family("sandbox_execution_duration_seconds")
    assert sandbox is not None
    assert 10.0 in sandbox.buckets
    assert max(sandbox.buckets) > 10.0


def test_names_are_unique_and_packs_are_known() -> None:
    names = [name for each in FAMILIES for name in series_names(each)]
    assert len(set(names)) == len(names)
    assert {each.pack for each in FAMILIES} == set(PACKS)
    assert [each.name for each in families(("web", "http"))] == [
        "http_requests_total",
        "http_request_duration_seconds",
        "http_requests_in_progress",
        "websocket_errors_total",
        "instrumentation_errors_total",
        "instrumentation_unmerged_workers",
        "instrumentation_metric_conflicts",
        "page_load_seconds",
        "web_vital_seconds",
        "web_beacons_total",
        "web_error_reports_total",
    ]
    assert family("nothing") is None


def test_families_are_values() -> None:
    assert len({hash(each) for each in FAMILIES}) == len(FAMILIES)
    with pytest.raises(AttributeError):
        FAMILIES[0].name = "other"  # type: ignore[misc]


def test_series_names_are_what_is_exposed() -> None:
    histogram = Family("x_seconds", "histogram", "seconds", (), "X.", "web", buckets=(1.0,))
    assert series_names(histogram) == ("x_seconds_bucket", "x_seconds_sum", "x_seconds_count")
    assert series_names(Family("x_total", "counter", "", (), "X.", "web")) == ("x_total",)


@given(
    st.floats(min_value=1e-9, max_value=9.99e9, allow_nan=False)  # beyond, old versions of it write 1e+010
    | st.integers(1, 10**10 - 1).map(float)
    | st.decimals(min_value="0.001", max_value=10**8, places=3).map(float)
)
def test_a_bound_is_written_as_prometheus_client_exposes_it(bound: float) -> None:
    registry = CollectorRegistry()
    Histogram("x", "X.", registry=registry, buckets=(bound,))
    exposed = [s.labels["le"] for m in registry.collect() for s in m.samples if "le" in s.labels]
    assert [le(bound), le(float("inf"))] == exposed


def test_common_bounds_read_as_people_expect() -> None:
    bounds = (0.5, 1, 10, 0.005, 999999.0, 1048576.0, 1e11, 1e22, float("inf"))
    assert [le(bound) for bound in bounds] == [
        "0.5",
        "1.0",
        "10.0",
        "0.005",
        "999999.0",
        "1.048576e+06",
        "1e+11",
        "1e+22",
        "+Inf",
    ]
    assert contract.INITIAL_STATUS_CODES == ("200", "500", "502", "503", "504")
