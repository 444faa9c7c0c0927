"""The running demo exposes what the contract promises: every family, type, label name, bound and initial series."""

from __future__ import annotations

import json

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from backend_instrumentation.contract import (
    INITIAL_STATUS_CODES,
    INSTRUMENTATION_ERRORS,
    METRIC_CONFLICTS,
    WEBSOCKET_ERRORS,
    Family,
    families,
    initial_rows,
    le,
    series_names,
)
from backend_instrumentation.logmetrics import query_logs
from examples.helloagents.storage import CHECKPOINT_EVERY

from .running import Demo, wait_until

FAMILIES = families(
    ("http", "system", "sandbox", "ai", "database", "operations", "checkpoint", "health", "web")
)


@pytest.fixture(scope="module")
def untouched(demo: Demo) -> str:
    """The first scrape, before any request."""
    return demo.ask("/metrics")[1]


@pytest.fixture(scope="module")
def used(demo: Demo, untouched: str) -> str:
    """A scrape after each of the demo's abilities was used."""
    assert 'http_requests_total{handler="/api/v1/agents",method="GET",status_code="200"} 0.0' in untouched
    demo.ask("/api/v1/agents")
    for _ in range(CHECKPOINT_EVERY):
        demo.ask("/api/v1/agents/ada/messages", "POST", {"text": "hello there"})
    demo.ask("/api/v1/agents/ada/messages")
    demo.ask("/api/v1/page-loads", "POST", {"route": "/", "load": 900, "vitals": {"LCP": 700}})
    execution = json.loads(demo.ask("/api/v1/sandbox/executions", "POST", {"code": "1"})[1])["execution"]
    path = f"/api/v1/sandbox/executions/{execution}"
    wait_until(lambda: json.loads(demo.ask(path)[1])["status"] != "running", "the execution ends")
    return demo.ask("/metrics")[1]


@pytest.mark.parametrize("each", FAMILIES, ids=lambda each: each.name)
def test_every_family_is_exposed_from_the_start_with_the_contracts_type(untouched: str, each: Family) -> None:
    assert f"# TYPE {each.name} {each.type}\n" in untouched
    exposed = {family.name: family for family in parse_text(untouched)}
    if each.origin == "package":
        assert exposed[each.name.removesuffix("_total")].documentation == each.help


@pytest.mark.parametrize("each", FAMILIES, ids=lambda each: each.name)
def test_every_series_has_exactly_the_contracts_labels(used: str, each: Family) -> None:
    found = [
        sample
        for family in parse_text(used)
        for sample in family.samples
        if sample.name in series_names(each)
    ]
    # The demo takes no name of the contract, so the gauge of taken names has no series; and it has no WebSockets.
    wanted = set() if each.name in (METRIC_CONFLICTS, WEBSOCKET_ERRORS) else set(series_names(each))
    assert {sample.name for sample in found} == wanted
    for sample in found:
        extra = {"le"} if sample.name.endswith("_bucket") and each.type == "histogram" else set()
        if each.name == INSTRUMENTATION_ERRORS and sample.labels:
            extra = {"part"}  # what the log monitors lost
        assert set(sample.labels) == set(each.labels) | extra
    bounds = {sample.labels["le"] for sample in found if "le" in sample.labels}
    assert bounds == ({le(bound) for bound in each.buckets} | {"+Inf"} if each.buckets else set())


@pytest.mark.parametrize(
    "each", [each for each in FAMILIES if each.pack != "system"], ids=lambda each: each.name
)
def test_closed_label_sets_are_initialized(untouched: str, each: Family) -> None:
    exposed = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse_text(untouched)
        for sample in family.samples
    }
    name = f"{each.name}_count" if each.type == "histogram" else each.name
    for row in initial_rows(each):
        assert exposed[(name, frozenset(zip(each.labels, row, strict=True)))] == 0


def test_every_route_is_initialized_with_every_status_that_alerts_read(untouched: str) -> None:
    routes = {
        ("GET", "/api/v1/agents"),
        ("GET", "/api/v1/agents/{agent}/messages"),
        ("POST", "/api/v1/agents/{agent}/messages"),
        ("POST", "/api/v1/sandbox/executions"),
        ("GET", "/api/v1/sandbox/executions/{execution}"),
    }
    for method, handler in routes:
        for code in INITIAL_STATUS_CODES:
            labels = f'handler="{handler}",method="{method}",status_code="{code}"'
            assert f"http_requests_total{{{labels}}} 0.0\n" in untouched


def test_nothing_is_exposed_that_neither_the_contract_nor_prometheus_client_names(used: str) -> None:
    known = {name for each in FAMILIES for name in series_names(each)}
    exposed = {sample.name for family in parse_text(used) for sample in family.samples}
    assert {name for name in exposed - known if not name.startswith("python_")} == set()


def test_openmetrics_says_the_same(demo: Demo, used: str) -> None:
    text = demo.ask("/metrics", accept="application/openmetrics-text;version=1.0.0")[1]
    types = {family.name: family.type for family in parse_openmetrics(text)}  # type: ignore[no-untyped-call]
    for each in FAMILIES:
        assert types[each.name.removesuffix("_total")] == each.type


def test_each_answer_and_each_checkpoint_is_a_line_of_the_log(demo: Demo) -> None:
    before = demo.log.read_text().count("llm_call") if demo.log.exists() else 0
    for _ in range(25):
        demo.ask("/api/v1/agents/grace/messages", "POST", {"text": "hello there"})
    result = query_logs(demo.log, field="completion_tokens")
    calls, checkpoints = result.groups
    assert (calls.key, calls.count) == (("llm_call", "llm"), before + 25)
    assert (calls.sum, calls.success_ratio) == (7 * calls.count, 1.0)
    assert checkpoints.key == ("checkpoint_save", "checkpoint")
    models = ("hello-small", "hello-large")
    counted = sum(demo.samples().get(_requests(model), 0) for model in models)
    assert counted == calls.count


def _requests(model: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return "ai_requests_total", frozenset({("model", model), ("status", "success")})
