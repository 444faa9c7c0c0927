"""The input series of a proof: each selected by what it represents, and by nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.plan.planning import service_of
from watchkeeper import naming, promql_tree
from watchkeeper.model.service import Service
from watchkeeper.plan.plan import PlannedSlo
from watchkeeper.plan.proofs.series.chosen_labels import Unprovable
from watchkeeper.plan.proofs.series.decoys import DECOY_SERVICE, decoys, read_again
from watchkeeper.plan.proofs.series.input_series import fed_series
from watchkeeper.plan.proofs.series.samples import FIRST, SECOND, Series

JOBS = (
    "metrics: [{name: jobs_total, type: counter, labels: [kind, outcome]}, {name: lost_total, type: counter}]"
)


def _labels(text: str) -> tuple[str, dict[str, str]]:
    tree = promql_tree.parse(text)
    (node,) = promql_tree.selectors(tree)
    return promql_tree.metric_name(node), {name: value for name, _, value in promql_tree.matchers(node)}


def selects(query: str, series: str) -> bool:
    """Return whether one of the query's selectors picks a series out; written apart from the code under test."""
    name, labels = _labels(series)
    for node in promql_tree.selectors(promql_tree.parse(query)):
        if promql_tree.metric_name(node) != name:
            continue
        wanted = [one for one in promql_tree.matchers(node) if one[0] != "__name__"]
        if all(_holds(op, value, labels.get(label, "")) for label, op, value in wanted):
            return True
    return False


def _holds(op: str, value: str, has: str) -> bool:
    match op:
        case "=":
            return has == value
        case "!=":
            return has != value
        case "=~":
            return re.fullmatch(value, has) is not None
    return re.fullmatch(value, has) is None


def planned(folder: Path, sli: str, service: str = JOBS) -> tuple[PlannedSlo, tuple[Series, ...]]:
    slo, _, fed = with_its_service(folder, sli, service)
    return slo, fed


def with_its_service(
    folder: Path, sli: str, service: str = JOBS
) -> tuple[PlannedSlo, Service, tuple[Series, ...]]:
    shop = service_of(folder, sli=sli, slo="objective: 99%", service=service)
    return shop.slos[0], shop.spec, fed_series(shop.slos[0], shop.spec)[0]


PAIRS = [
    ("bad", 'jobs_total{outcome="failed"}', "jobs_total"),
    ("bad", 'jobs_total{outcome=~"failed|lost"}', "jobs_total"),
    ("bad", 'jobs_total{outcome!="done"}', "jobs_total"),
    ("bad", 'jobs_total{outcome!~"done|skipped"}', 'jobs_total{outcome!="skipped"}'),
    ("bad", 'jobs_total{kind="mail",outcome=~"5.."}', 'jobs_total{kind="mail"}'),
    ("bad", "lost_total", "jobs_total"),
    ("bad", 'sum(jobs_total{outcome="failed"})', "sum(jobs_total)"),
    ("bad", 'jobs_total{outcome="failed"} + lost_total', "jobs_total"),
    ("bad", 'sandbox_executions_total{status!="success"}', "sandbox_executions_total"),
    ("good", 'jobs_total{outcome="done"}', "jobs_total"),
    ("good", 'jobs_total{outcome!~"f.*"}', 'jobs_total{kind=~".+"}'),
    ("good", 'sandbox_executions_total{status="success"}', "sandbox_executions_total"),
    ("good", 'http_requests_total{status_code!~"5.."}', "http_requests_total"),
]


@pytest.mark.parametrize(("part", "some", "total"), PAIRS)
def test_of_events_one_series_is_the_part_and_the_other_the_rest(
    part: str, some: str, total: str, tmp_path: Path
) -> None:
    _, fed = planned(tmp_path, f"{{events: {{{part}: '{some}', total: '{total}'}}}}")
    up, *counters = fed
    assert up.kind == "up"
    assert {one.kind for one in counters} == {"counter"}
    is_part = [selects(some, one.text) for one in counters]
    assert sorted(is_part) == [False, False, True, True]
    separate = not any(
        selects(total, one.text) for one, inside in zip(counters, is_part, strict=True) if inside
    )
    for one, inside in zip(counters, is_part, strict=True):
        assert inside or selects(total, one.text)
        wanted = (1, 0) if inside == (part == "good") else (0, 1)
        assert (one.good, one.bad) == ((1, 1) if separate and not inside else wanted)
        assert _labels(one.text)[1]["service"] == "shop"


@pytest.mark.parametrize(
    ("some", "total", "reason"),
    [
        ("jobs_total * 2", "jobs_total", "change together"),
        ("jobs_total - lost_total", "jobs_total", "change together"),
        ("jobs_total", "jobs_total", "does not"),
        ('jobs_total{kind="a"}', 'jobs_total{kind="a"}', "does not"),
        ('jobs_total{kind=~"[[:alpha:]]+"}', "jobs_total", "only Prometheus knows"),
        ('jobs_total{kind=~"\\\\pL+"}', "jobs_total", "only Prometheus knows"),
    ],
)
def test_what_cannot_be_derived_has_a_reason(some: str, total: str, reason: str, tmp_path: Path) -> None:
    shop = service_of(
        tmp_path,
        sli=f"{{events: {{bad: '{some}', total: '{total}'}}}}",
        slo="objective: 99%",
        service=JOBS,
    )
    with pytest.raises(Unprovable, match=reason):
        fed_series(shop.slos[0], shop.spec)[0]
    assert reason in (shop.slos[0].proof.unproven or "")


def test_availability_has_answers_and_failures_on_two_targets(tmp_path: Path) -> None:
    _, (_, *fed) = planned(tmp_path, "{availability: http}")
    failed = 'http_requests_total{service="shop",status_code=~"5.."}'
    assert [(selects(failed, one.text), one.good, one.bad) for one in fed] == [
        (False, 1, 0),
        (False, 1, 0),
        (True, 0, 1),
        (True, 0, 1),
    ]
    assert [FIRST in one.text for one in fed] == [True, False, True, False]


def test_a_latency_has_failed_requests_that_are_fast_and_must_not_count(tmp_path: Path) -> None:
    _, (_, *fed) = planned(tmp_path, "{latency: http, threshold: 200ms}")
    within = 'http_request_duration_seconds_bucket{status_code!~"5..",le="0.2"}'
    count = 'http_request_duration_seconds_count{status_code!~"5.."}'
    first = [one for one in fed if FIRST in one.text]
    assert [(one.good, one.bad) for one in first if selects(within, one.text)] == [(1, 0)]
    assert [(one.good, one.bad) for one in first if selects(count, one.text)] == [(1, 1)]
    failed = [one for one in first if 'status_code="503"' in one.text]
    assert [(one.good, one.bad) for one in failed] == [(1, 1)] * 3
    assert {one.share for one in failed} == {2 * one.share for one in first if one not in failed}


@pytest.mark.parametrize(("kind", "parts"), [("boolean", (1, 0)), ("ratio", (0, 1))])
@pytest.mark.parametrize("query", ["backup", 'backup{disk="a"}', "min(backup)"])
def test_gauges_show_what_is_healthy_or_what_is_bad(
    kind: str, parts: tuple[int, int], query: str, tmp_path: Path
) -> None:
    gauge = "metrics: [{name: backup, type: gauge, labels: [disk]}]"
    _, (_, one) = planned(tmp_path, f"{{{kind}: '{query}'}}", gauge)
    assert (one.kind, one.good, one.bad) == ("gauge", *parts)
    assert selects(query, one.text)


@pytest.mark.parametrize("query", ["max(abs(backup))", "avg(backup) / 2", "1 - min(backup)"])
def test_a_gauge_in_arithmetic_is_unprovable(query: str, tmp_path: Path) -> None:
    gauge = "metrics: [{name: backup, type: gauge}]"
    with pytest.raises(Unprovable, match="computes from its series"):
        planned(tmp_path, f"{{ratio: '{query}'}}", gauge)


def test_external_series_have_no_service_label(tmp_path: Path) -> None:
    slo, service, (up, *fed) = with_its_service(tmp_path, "{availability: http, external: true}")
    assert "service=" in up.text
    assert not any("service=" in one.text for one in fed)
    assert not any("http_requests_total" in one.text for one in decoys(slo, service, (up, *fed)))


@pytest.mark.parametrize("sli", ["{availability: http}", "{latency: http, threshold: 200ms}"])
def test_decoys_are_similar_and_belong_to_another_service(sli: str, tmp_path: Path) -> None:
    slo, service, fed = with_its_service(tmp_path, sli)
    broken, theirs, *others = decoys(slo, service, fed)
    assert (broken.kind, broken.value, theirs.kind) == ("constant", "0", "decoy_up")
    assert _labels(broken.text)[1] | {"instance": FIRST} == _labels(fed[0].text)[1]
    assert SECOND in broken.text
    assert {_labels(one.text)[1]["service"] for one in (theirs, *others)} == {DECOY_SERVICE}
    assert slo.slo_id not in [_labels(one.text)[1].get("slo_id") for one in others]
    # One for each of our own raw series, and one for each recorded one.
    names = [_labels(one.text)[0] for one in others]
    first = [_labels(one.text)[0] for one in fed[1:] if FIRST in one.text]
    recorded = [*read_again(slo.parameters), naming.TOTAL_TILE, naming.BAD_TILE]
    assert names == [*first, *recorded]


def test_all_that_the_rules_read_again_is_known(tmp_path: Path) -> None:
    slo, _ = planned(tmp_path, "{availability: http}")
    read: set[str] = set()
    exprs = [
        *(rule.expr for rule in (*slo.live_rules, *slo.rollup_rules)),
        *(alert.expr for alert in slo.alerts),
    ]
    for expr in exprs:
        names = promql_tree.metric_names(promql_tree.parse(expr))
        read |= {name for name in names if name.startswith("slo:")}
    assert naming.error_ratio(str(slo.parameters.window)) in read
    assert read <= {*read_again(slo.parameters), naming.TOTAL_TILE, naming.BAD_TILE}
