"""Recorded series become objectives: their numbers, their state, and the order in which people must look at them."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from tests.unit.overview.answers import WELL, alert, rows, samples
from watchkeeper.overview.expected import ExpectedObjective
from watchkeeper.overview.objective_rows import State, objectives, windows_of
from watchkeeper.prometheus_api import Sample


def test_an_objective_has_the_numbers_of_its_series() -> None:
    (row,) = rows(samples("latency", exhaustion=3600.0))
    assert (row.name, row.service, row.window, row.state) == ("checkout-latency", "checkout", "30d", "ok")
    assert (row.target, row.remaining, row.burn_1h, row.burn_6h) == (0.995, 0.9, 0.2, 0.1)
    assert (row.exhaustion, row.events, row.bad) == (3600.0, 8.0, 0.0)
    assert row.labels["team"] == "payments"


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "ok"),
        ({"burn_1h": 1.0}, "ok"),
        ({"burn_1h": 1.01}, "burning"),
        ({"remaining": 0.0}, "spent"),
        ({"remaining": -0.4, "burn_1h": 20.0}, "spent"),
        ({"events": 0.0}, "idle"),
        ({"events": 0.0, "burn_1h": 3.0}, "burning"),
        ({"remaining": math.nan}, "no data"),
    ],
)
def test_the_state_is_the_worst_that_the_numbers_say(values: Any, state: State) -> None:
    assert rows(samples("a", **values))[0].state == state


def test_a_missing_base_rate_is_no_data_although_the_budget_keeps_its_last_value() -> None:
    assert rows([one for one in samples("a") if "bad" not in one.labels["__name__"]])[0].state == "no data"


@pytest.mark.parametrize(
    ("kind", "alert_state", "state"),
    [
        ("fast_burn", "firing", "firing"),
        ("slow_burn", "firing", "firing"),
        ("fast_burn", "pending", "ok"),
        ("idle", "firing", "ok"),
        ("metric_missing", "firing", "ok"),
    ],
)
def test_only_a_burn_alert_that_fires_makes_an_objective_firing(
    kind: str, alert_state: str, state: State
) -> None:
    (row,) = rows(samples("a"), alerts=(alert("a", kind, alert_state),))
    assert (row.state, len(row.alerts)) == (state, 1)


def test_an_alert_belongs_to_its_own_objective_and_environment() -> None:
    found = rows(
        samples("a", labels={"environment": "production"}),
        samples("a", labels={"environment": "staging"}),
        samples("b"),
        alerts=(alert("a", environment="staging"),),
    )
    assert {row.name: row.state for row in found} == {
        "checkout-a environment=staging": "firing",
        "checkout-a environment=production": "ok",
        "checkout-b": "ok",
    }


def test_replicas_of_one_server_are_one_row() -> None:
    found = rows(
        samples("a", labels={"prometheus_replica": "0"}), samples("a", labels={"prometheus_replica": "1"})
    )
    assert [row.name for row in found] == ["checkout-a"]


def test_the_worst_come_first() -> None:
    found = rows(
        samples("ok"),
        samples("less-left", remaining=0.1),
        samples("idle", events=0.0),
        samples("spent", remaining=-1.0),
        samples("burns-a-little", burn_1h=2.0),
        samples("burns-much", burn_1h=9.0),
        samples("pages"),
        alerts=(alert("pages"),),
    )
    assert [row.slo_id.removeprefix("checkout-") for row in found] == [
        "pages", "spent", "burns-much", "burns-a-little", "idle", "less-left", "ok",
    ]  # fmt: skip


def test_the_longest_recorded_window_is_the_objectives_own() -> None:
    answer = [
        Sample({"__name__": f"slo:error_ratio:{window}", "slo_id": slo}, 1.0)
        for slo, windows in (("a", ("5m", "30d", "3d", "6h")), ("b", ("1h", "7d")))
        for window in windows
    ]
    assert windows_of([*answer, Sample({"slo_id": "c"}, 1.0)]) == {"a": "30d", "b": "7d"}


def test_a_spec_adds_what_no_rule_records_and_describes_the_rest() -> None:
    spec = (
        ExpectedObjective("checkout-a", "checkout", "a", "Orders that succeed.", 0.995, "30d"),
        ExpectedObjective("checkout-b", "checkout", "b", "", 0.9, "7d"),
    )
    found = objectives(samples("a"), {"checkout-a": "30m"}, (), spec)
    assert [(row.name, row.state, row.window) for row in found] == [
        ("checkout-b", "no data", "7d"),
        # A young stack has not recorded the longest window yet.
        ("checkout-a", "ok", "30d"),
    ]
    assert found[1].description == "Orders that succeed."


def test_a_thousand_objectives_take_less_than_half_a_second() -> None:
    answer = [one for number in range(1000) for one in samples(f"slo-{number}")]
    assert len(answer) == 1000 * len(WELL)
    start = time.process_time()
    assert len(rows(answer)) == 1000
    assert time.process_time() - start < 0.5
