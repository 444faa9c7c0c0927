"""Queries over a window become the counters under them, or say exactly why not."""

from __future__ import annotations

from typing import Any

import pytest

from watchkeeper.importing.changes import Refused
from watchkeeper.importing.foreign_queries import (
    ForeignQuery,
    events_sli,
    raw_sli,
    threshold_sli,
)
from watchkeeper.spec.document.nodes import Node

W = "[{{.window}}]"


def _query(text: str, field: str = "query") -> ForeignQuery:
    return ForeignQuery(Node("slo.yml", 3, 5, text), field)


def _events(bad: str, total: str) -> dict[str, Any]:
    return dict(events_sli(_query(total), bad=_query(bad)).sli)


@pytest.mark.parametrize(
    ("bad", "total", "events"),
    [
        (f'sum(rate(r{{code="500"}}{W}))', f"sum(rate(r{W}))", {"bad": 'r{code="500"}', "total": "r"}),
        (f'sum(increase(r{{code=~"5.."}}{W})) or vector(0)', f"sum(increase(r{W}))",
         {"bad": 'r{code=~"5.."}', "total": "r"}),
        (f"sum(rate(r{W})) OR on() vector(0)", f"(sum by () (rate(t{W})))", {"bad": "r", "total": "t"}),
        (f"sum(rate(a{W})) + sum(rate(b{W} offset 5m))", f"sum(rate(t{W}))",
         {"bad": "a + (b offset 5m)", "total": "t"}),
        (f"2 * (sum(rate(a{W})) - sum(rate(b{W})))", f"sum(rate(t{W})) / 2",
         {"bad": "2 * (a - b)", "total": "t / 2"}),
        (f"sum(rate(t{W})) - (sum(rate(a{W})) + sum(rate(b{W})))", f"sum(rate(t{W}))",
         {"good": "a + b", "total": "t"}),
        ('sum(rate(a[{{ .window }}]))', 'sum(rate(t[{{- .window -}}]))', {"bad": "a", "total": "t"}),
    ],
)  # fmt: skip
def test_rates_become_counters(bad: str, total: str, events: dict[str, str]) -> None:
    assert _events(bad, total) == {"events": events, "external": True}


def test_a_bucket_of_a_histogram_is_an_objective_on_latency() -> None:
    total = f'sum(rate(api_seconds_count{{verb!="WATCH",zone=~"(a|b)"}}{W}))'
    good = f'sum(rate(api_seconds_bucket{{le="0.4",zone=~"(a|b)",verb!="WATCH"}}{W}))'
    found = events_sli(_query(total), bad=_query(f"({total} - {good})"))
    where = {"zone": ["a", "b"], "verb": {"not": "WATCH"}}
    assert found.sli == {"latency": "api_seconds", "threshold": "400ms", "where": where}
    assert [str(bound) for bound in found.metrics[0]["buckets"]] == ["0.4"]  # type: ignore[union-attr]


def test_a_histogram_in_milliseconds_keeps_its_unit() -> None:
    found = events_sli(_query("api_ms_count"), good=_query('api_ms_bucket{le="250.0"}'))
    assert (found.sli["threshold"], found.metrics[0]["unit"]) == ("250ms", "ms")


@pytest.mark.parametrize(
    ("good", "total"),
    [
        ('api_bucket{le="5"}', "api_count"),  # of no known unit
        ('api_seconds_bucket{le="5",code!~"5.."}', 'api_seconds_count{code!~"5.."}'),  # a pattern
        ('api_seconds_bucket{le="5",scope=~"a|"}', 'api_seconds_count{scope=~"a|"}'),  # an empty value
        ('api_seconds_bucket{le="5",code="200"}', "api_seconds_count"),  # other matchers
        ('api_seconds_bucket{le="5",a!="1",a!="2"}', 'api_seconds_count{a!="1",a!="2"}'),
    ],
)
def test_a_bucket_that_where_cannot_say_stays_a_counter_with_both_spellings(good: str, total: str) -> None:
    found = events_sli(_query(total), good=_query(good))
    events = found.sli["events"]
    assert isinstance(events, dict)
    assert r'le=~"5|5\\.0"' in events["good"]
    assert "both spellings" in found.notes[0]


def test_a_bound_of_less_than_a_millisecond_stays_a_counter() -> None:
    found = events_sli(_query("api_seconds_count"), good=_query('api_seconds_bucket{le="0.0005"}'))
    assert found.sli["events"] == {"good": 'api_seconds_bucket{le="0.0005"}', "total": "api_seconds_count"}


@pytest.mark.parametrize(
    ("query", "ratio"),
    [
        ("1 - (sum(sum_over_time(u[{{.window}}])) / sum(count_over_time(u[{{.window}}])))",
         "1 - (sum(u) / sum((u * 0 + 1)))"),
        ("avg(avg_over_time(errors:ratio{job=\"a\"}[{{.window}}]))", 'avg(errors:ratio{job="a"})'),
        ("max(errors:ratio)", "max(errors:ratio)"),
    ],
)  # fmt: skip
def test_means_of_samples_become_the_value_of_each_moment(query: str, ratio: str) -> None:
    assert raw_sli(_query(query), is_bad=True).sli == {"ratio": ratio, "external": True}


def test_a_ratio_of_successes_is_complemented() -> None:
    assert raw_sli(_query("avg(up) + 0"), is_bad=False).sli["ratio"] == "1 - (avg(up) + 0)"


def test_a_raw_ratio_of_counters_counts_events() -> None:
    share = f"sum(rate(good{W})) / sum(rate(all{W}))"
    bad, good = raw_sli(_query(share), is_bad=True), raw_sli(_query(f"1 - ({share})"), is_bad=True)
    assert bad.sli["events"] == {"bad": "good", "total": "all"}
    assert good.sli["events"] == {"good": "good", "total": "all"}


def test_queries_that_are_grouped_by_one_label_have_a_budget_for_each_value() -> None:
    share = f"sum by (zone) (rate(bad{W})) / sum(rate(all{W})) by (zone)"
    for found in (
        raw_sli(_query(share), is_bad=True),
        events_sli(_query(f"sum by (zone) (rate(all{W}))"), bad=_query(f"sum by (zone) (rate(bad{W}))")),
    ):
        assert found.sli["events"] == {"bad": "bad", "total": "all"}
        assert found.by == "zone"
    assert raw_sli(_query(f"sum by () (rate(bad{W})) / sum(rate(all{W}))"), is_bad=True).by == ""


def test_counts_of_samples_become_a_ratio_of_each_moment() -> None:
    bad = "sum_over_time((count(u < 0.75))[{{.window}}:]) OR on() vector(0)"
    found = events_sli(_query("sum_over_time((count(u))[{{.window}}:])"), bad=_query(bad))
    assert found.sli["ratio"] == "(count(u < 0.75) or on () vector(0)) / count(u)"
    assert "each moment weighs the same" in found.notes[0]


def test_an_idle_service_is_not_outside_of_a_threshold() -> None:
    found = threshold_sli(_query("histogram_quantile(0.9, sum by (le) (rate(x[5m])))"), "<", "0.5")
    # Any comparison with NaN under `bool` is 0; the first one drops it.
    assert str(found.sli["boolean"]).endswith(") >= -Inf) < bool 0.5")


@pytest.mark.parametrize(
    ("bad", "total", "reason"),
    [
        (f"sum by (zone) (rate(a{W}))", f"sum(rate(t{W}))", "is grouped by (zone)"),
        (f"sum by (zone) (rate(a{W}))", f"sum by (rack) (rate(t{W}))", "is grouped by (rack) and by (zone)"),
        (f"sum by (a, b) (rate(a{W}))", f"sum by (a, b) (rate(t{W}))", "is grouped by (a, b)"),
        (f"sum without (a) (rate(a{W}))", f"sum(rate(t{W}))", "is grouped without (a)"),
        (
            f"sum by (zone) (rate(a{W})) + sum(rate(b{W}))",
            f"sum by (zone) (rate(t{W}))",
            "by (zone) and by nothing",
        ),
        (f"max(rate(a{W}))", f"sum(rate(t{W}))", "combines series with max()"),
        (f"sum(rate(a{W})) * sum(rate(b{W}))", f"sum(rate(t{W}))", "the operator `*`"),
        (f"sum(rate(a{W})) unless x", f"sum(rate(t{W}))", "the operator `unless`"),
        (f"sum(delta(a{W}))", f"sum(rate(t{W}))", "calls delta()"),
        (f"sum(rate(a{W})) + 1", f"sum(rate(t{W}))", "contains `1`"),
        ("sum(rate(a[5m]))", f"sum(rate(t{W}))", "read different windows"),
        (f"sum(rate(a{W}))", "sum(rate(t[{{.period}}]))", "the template {{.period}}"),
        (f"histogram_share(0.2, a{W})", f"sum(rate(t{W}))", "is not PromQL: unknown function"),
        ("", "t", "is empty"),
    ],
)
def test_what_cannot_be_imported_says_why(bad: str, total: str, reason: str) -> None:
    with pytest.raises(Refused) as why:
        _events(bad, total)
    assert reason in why.value.reason


def test_a_value_without_a_rate_is_a_counter_only_where_the_format_says_so() -> None:
    with pytest.raises(Refused, match="without rate"):
        events_sli(_query("sum(t)"), bad=_query("sum(a)"), counters=False)
    assert events_sli(_query("sum(t)"), bad=_query("sum(a)")).sli["events"] == {"bad": "a", "total": "t"}


def test_a_window_of_its_own_is_replaced_and_named() -> None:
    found = events_sli(_query("sum(rate(t[5m]))"), bad=_query("sum(rate(a[5m]))"))
    assert found.sli["events"] == {"bad": "a", "total": "t"}
    assert found.notes == ("reads the last 300s, and the rules put their own windows there",)
