"""Few rounds, and no fault in one that hides another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.loading import load_spec
from tests.unit.drill.every_alert import BUNDLED, short_plan, short_trials, trial
from watchkeeper.drill.every.rounds import rounds_of
from watchkeeper.drill.every.trials import lag, trials_of
from watchkeeper.pipeline import plan_of
from watchkeeper.stack.stack_error import StackError


def test_the_bundled_alerts_need_five_rounds_and_the_process_is_stopped_in_the_last_two() -> None:
    rounds = rounds_of(short_trials()[0])
    assert [sorted(dict(one.fault.switches)) for one in rounds] == [
        ["cpu_ratio", "error_ratio", "memory_ratio", "pool_empty"],
        ["latency_seconds", "sandbox_delay_seconds"],
        ["sandbox_error_ratio"],
        [],
        [],
    ]
    assert [one.stops_the_process for one in rounds] == [False, False, False, True, True]
    assert [one.alert.name for one in rounds[3].trials] == ["ServiceDown"]
    assert "instrumentation_metric_conflicts" in rounds[4].fault.exposition
    assert [one.alert.name for one in rounds[4].trials] == [
        "MetricConflict",
        "HelloagentsApiAvailabilityMetricMissing",
        "HelloagentsApiLatencyMetricMissing",
        "HelloagentsSandboxSuccessMetricMissing",
    ]


def test_every_drill_is_in_exactly_one_round() -> None:
    trials = short_trials()[0]
    packed = [one.alert.name for each in rounds_of(trials) for one in each.trials]
    assert sorted(packed) == sorted(one.alert.name for one in trials)


def test_alerts_on_the_same_switch_share_its_strongest_value_and_are_due_when_that_shows() -> None:
    high, very_high = trial("HighLatency"), trial("VeryHighLatency")
    (one,) = rounds_of((high, very_high))
    assert dict(one.fault.switches) == {"latency_seconds": 3.0}
    assert one.fault.description == "every request takes 3 s longer"
    assert [each.due for each in one.trials] == [high.due + 2.25, very_high.due]


def test_failing_requests_hide_slow_ones_so_they_are_separate_rounds() -> None:
    assert len(rounds_of((trial("HighErrorRate"), trial("HighLatency")))) == 2
    assert len(rounds_of((trial("HighErrorRate"), trial("HighMemoryUsage")))) == 1


def test_every_alert_of_the_bundled_spec_is_drilled() -> None:
    trials, rest = short_trials()
    assert rest == ()
    every = {alert.name for service in short_plan().services for alert in service.all_alerts}
    assert {one.alert.name for one in trials} == every


def test_an_alert_without_a_fault_is_listed_with_the_reason() -> None:
    plan = short_plan()
    (demo,) = plan.services
    own = replace(demo.alerts[0], name="Queue", preset=None)
    trials, rest = trials_of(replace(plan, services=(replace(demo, alerts=(own,), slos=()),)))
    assert trials == ()
    assert [(one.alert.name, one.reason) for one in rest] == [
        ("Queue", "the demo has no fault that triggers it")
    ]


def test_with_real_windows_what_takes_hours_is_not_drilled() -> None:
    trials, rest = trials_of(plan_of(load_spec(BUNDLED)[0], BUNDLED))
    reasons = {one.alert.name: one.reason for one in rest}
    assert "--fast" in reasons["HelloagentsApiAvailabilityBudgetExhausted"]
    assert "HighErrorRate" in {one.alert.name for one in trials}


def test_other_services_than_the_demo_are_not_drilled_and_no_demo_is_refused() -> None:
    plan = short_plan()
    elsewhere = replace(plan.services[0], name="elsewhere", is_demo=False)
    rest = trials_of(replace(plan, services=(*plan.services, elsewhere)))[1]
    assert sum("elsewhere is not the demo" in one.reason for one in rest) == len(elsewhere.all_alerts)
    with pytest.raises(StackError, match=r"stack\.demo"):
        trials_of(replace(plan, services=(elsewhere,)))


def test_thin_traffic_widens_what_is_allowed_for_a_burn_and_a_slow_request_shows_late() -> None:
    thin, dense = trial("HelloagentsSandboxSuccessFastBurn"), trial("HelloagentsApiLatencyFastBurn")
    assert 14 < thin.allowed < 20
    assert dense.allowed < 8
    assert lag(trial("SlowSandboxExecution").fault) == 15.0
