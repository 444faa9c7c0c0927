"""`where` restricts every selector of an indicator, and its proof shows that nothing else counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.planning import plan_of, service_of, slo_of
from watchkeeper import promql_tree
from watchkeeper.backends.grafana import threshold_steps
from watchkeeper.backends.grafana.scope import scope_of
from watchkeeper.plan.plan import PlannedSlo
from watchkeeper.plan.proofs.series.decoys import DECOY_SERVICE
from watchkeeper.plan.proofs.series.samples import SECOND

EDGE = "metrics: [{name: edge_seconds, type: histogram, labels: [path], buckets: [1], external: true}]"


def _raw(slo: PlannedSlo, label: str) -> list[tuple[str, str] | None]:
    """Return the matcher of a label in each selector of what is not recorded, in rules and in queries."""
    texts = [slo.indicator.total, slo.indicator.bad, slo.indicator.counted]
    texts += [alert.next_query for alert in slo.alerts]
    nodes = (node for text in texts for node in promql_tree.selectors(promql_tree.parse(text)))
    raw = [node for node in nodes if not promql_tree.metric_name(node).startswith("slo:")]
    return [next((m[1:] for m in promql_tree.matchers(node) if m[0] == label), None) for node in raw]


@pytest.mark.parametrize(
    ("where", "label", "wanted"),
    [
        ("{handler: /checkout}", "handler", ("=", "/checkout")),
        ('{handler: "/items/{id}"}', "handler", ("=", "/items/{id}")),
        ("{handler: [/a, /v1.0/b]}", "handler", ("=~", r"/a|/v1\.0/b")),
        ('{handler: [/a, "/items/{id}"]}', "handler", ("=~", r"/a|/items/\{id\}")),
        ("{handler: {not: /events}}", "handler", ("!=", "/events")),
        ("{handler: {not: [/events, /stream]}}", "handler", ("!~", "/events|/stream")),
        ("{method: {not: OPTIONS}, handler: /a}", "method", ("!=", "OPTIONS")),
    ],
)
@pytest.mark.parametrize("kind", ["availability: http", "latency: http, threshold: 200ms"])
def test_a_filter_is_a_matcher_of_every_selector(
    kind: str, where: str, label: str, wanted: tuple[str, str], tmp_path: Path
) -> None:
    slo = slo_of(tmp_path, sli=f"{{{kind}, where: {where}}}")
    found = _raw(slo, label)
    # Total, bad, what is counted, and the first queries of FastBurn, SlowBurn and MetricMissing.
    assert found == [wanted] * 6


def test_the_series_of_an_external_histogram_are_filtered_without_a_service(tmp_path: Path) -> None:
    slo = slo_of(
        tmp_path, service=EDGE, sli="{latency: edge_seconds, threshold: 1s, where: {path: /a}}", slo="objective: 99%"
    )  # fmt: skip
    assert 'sum(increase(edge_seconds_count{path="/a"}[75s]))' in slo.indicator.total
    assert r'edge_seconds_bucket{path="/a",le=~"1|1\\.0"}' in slo.indicator.bad


@pytest.mark.parametrize(
    ("handler", "is_known"),
    [("/a", True), ("[/a, __unmatched__]", True), ("__unmatched__", False), ("[__overflow__, __unmatched__]", False),
     ("{not: __unmatched__}", True)],
)  # fmt: skip
def test_only_routes_have_series_before_their_first_request(
    handler: str, is_known: bool, tmp_path: Path
) -> None:
    for kind in ("availability: http", "latency: http, threshold: 200ms"):
        found = slo_of(tmp_path, sli=f"{{{kind}, where: {{handler: {handler}}}}}").indicator
        assert found.is_preinitialized is is_known


def _values(texts: list[str], label: str) -> set[str]:
    nodes = (promql_tree.parse(text) for text in texts)
    return {value for node in nodes for name, _, value in promql_tree.matchers(node) if name == label}


@pytest.mark.parametrize(
    ("where", "label", "fed", "left_out"),
    [
        ("{handler: /a}", "handler", {"/a"}, {"/a/decoy"}),
        ("{handler: [/a, /v1.0/b]}", "handler", {"/a", "/v1.0/b"}, {"/a/decoy", "/v1x0/b"}),
        ("{handler: {not: [/events, /stream]}}", "handler", {"/proof"}, {"/events", "/stream"}),
        ("{handler: {not: /proof}}", "handler", {"/proof-proof"}, {"/proof"}),
        ("{method: POST}", "method", {"POST"}, {"GET"}),
        ("{method: {not: [GET, HEAD]}}", "method", {"POST"}, {"GET", "HEAD"}),
    ],
)
def test_a_proof_feeds_every_value_that_counts_and_decoys_that_do_not(
    where: str, label: str, fed: set[str], left_out: set[str], tmp_path: Path
) -> None:
    slo = slo_of(tmp_path, sli=f"{{availability: http, where: {where}}}")
    counters = [one for one in slo.proof.series if one.kind == "counter"]
    assert _values([one.text for one in counters], label) == fed
    # However many values there are, all of them together are the traffic of the scenario.
    assert sum(one.share for one in counters if one.good) == 1
    assert sum(one.share for one in counters if one.good and SECOND in one.text) == 1 / 4
    decoys = [one.text for one in slo.proof.decoys if "http_requests_total" in one.text]
    own = [text for text in decoys if DECOY_SERVICE not in text]
    assert _values(own, label) == left_out
    assert _values(own, "status_code") == {"200", "503"}


@pytest.mark.parametrize(
    ("sli", "assumed"),
    [
        ("{availability: http, where: {handler: [/a, /b], method: GET}}", ('http_requests_total with handler=~"/a|/b"',)),
        ("{latency: http, threshold: 200ms, where: {handler: /a}}", ('http_request_duration_seconds_count with handler="/a"',)),
        ("{availability: http, where: {handler: {not: /events}}}", ()),
        ("{latency: edge_seconds, threshold: 1s, where: {path: /a}}", ('edge_seconds_count with path="/a"',)),
        ("{latency: jobs_seconds, threshold: 1s, where: {kind: [mail, report]}}", ()),
    ],
)  # fmt: skip
def test_a_value_that_nobody_declares_is_assumed(sli: str, assumed: tuple[str, ...], tmp_path: Path) -> None:
    jobs = "{name: jobs_seconds, type: histogram, labels: [kind], values: {kind: [mail, report, sync]}}"
    slo = slo_of(tmp_path, service=f"{EDGE[:-1]}, {jobs}]", sli=sli, slo="objective: 99%")
    assert slo.proof.assumed == assumed


def test_three_values_share_the_traffic_without_a_rest(tmp_path: Path) -> None:
    slo = slo_of(tmp_path, sli="{latency: http, threshold: 200ms, where: {handler: [/a, /b, /c]}}")
    counts = [one for one in slo.proof.series if "_count{" in one.text and 'status_code="200"' in one.text]
    assert len(counts) == 6
    assert sum(one.share for one in counts) == 1


def test_without_a_filter_nothing_changes(tmp_path: Path) -> None:
    slo = slo_of(tmp_path)
    assert _raw(slo, "handler") == [None] * 6
    assert all(DECOY_SERVICE in one.text or one.kind != "counter" for one in slo.proof.decoys)


def test_an_objective_of_some_requests_is_no_limit_of_all_requests(tmp_path: Path) -> None:
    filtered = plan_of(
        tmp_path,
        "service: shop\nslos:\n  - {name: a, objective: 99%, sli: {availability: http, where: {handler: /a}}}\n"
        "  - {name: b, objective: 95%, sli: {latency: http, threshold: 2s, where: {handler: {not: /b}}}}\n",
    )
    scope = scope_of(filtered.services[0])
    assert threshold_steps.availability(scope) == threshold_steps.NEUTRAL
    assert threshold_steps.latency(scope, "http_request_duration_seconds") == threshold_steps.NEUTRAL


def test_an_objective_per_route_keeps_its_own_budget(tmp_path: Path) -> None:
    shop = service_of(tmp_path, sli="{availability: http, where: {handler: /checkout}}")
    assert {alert.slo_kind for alert in shop.slos[0].alerts} >= {"FastBurn", "SlowBurn", "MetricMissing"}
    assert shop.slos[0].proof.unproven is None
