"""Faults of the stack itself, on real servers: what was promised still holds, and the stack says what is wrong."""

from __future__ import annotations

import re
import shutil
import time
from itertools import pairwise

import pytest

from tests.integration.chaos.chaos_stack import LEFT, SCRAPE, ChaosStack
from tests.integration.chaos.process_clock import shift, usable
from watchkeeper.local_http import get_json

pytestmark = pytest.mark.integration
# Known seconds after the start, unlike the budget of 30 days: a second without answers would be 0.3% of it.
_SPENT = 'max(slo:error_ratio:5m{slo_id="helloagents-api-availability"})'
_JUMP = 15


@pytest.fixture(autouse=True)
def _well(stack: ChaosStack) -> None:
    """Begin when nothing of the case before fires any more."""
    stack.heal()
    stack.until(lambda: stack.firing() <= LEFT)
    stack.await_fresh_samples()


def test_prometheus_killed_while_it_writes_loses_only_its_restart_and_pages_nobody(
    stack: ChaosStack, turn: int
) -> None:
    spent = stack.until(lambda: stack.ask(_SPENT)) and stack.number(_SPENT)
    began = time.time()
    before = stack.samples(began - 3, began)
    stack.kill("prometheus")
    stack.await_fresh_samples()
    now = time.time()
    # What was written a moment before is still there: the log was read again.
    assert len(before) >= 2
    assert stack.samples(began - 3, began)[: len(before)] == before
    assert _gap(stack, began - 3, now) < now - began
    assert stack.number(_SPENT) == pytest.approx(spent, abs=1e-4)
    assert stack.pages(began) == []
    # What StackPartRestarts counts.
    assert stack.number('changes(process_start_time_seconds{job="prometheus"}[30s])') >= 1


def _gap(stack: ChaosStack, since: float, until: float) -> float:
    """Return the longest time between two scrapes."""
    found = stack.samples(since, until)
    return max(later - earlier for (earlier, _), (later, _) in pairwise(found))


def test_a_full_disk_pages_within_its_time_and_a_start_after_it_loses_no_more_than_the_fault(
    stack: ChaosStack, turn: int
) -> None:
    if stack.disk is None:
        pytest.skip("this user may not mount a small disk")
    began = time.time()
    before = stack.samples(began - 3, began)
    # Never that of the machine.
    assert stack.disk.is_mount()
    ballast = stack.disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(b"\0" * 4096)
        stack.await_page("PrometheusStoresNothing", began)
        assert "no space left on device" in stack.problems()
    finally:
        ballast.unlink()
    stack.await_fresh_samples()
    # All looks well, but the log is damaged: this says so.
    stack.await_page("PrometheusWalWritesFailed", began)
    stack.restart("prometheus")
    stack.await_fresh_samples()
    assert stack.samples(began - 3, began)[: len(before)] == before
    for alert in ("PrometheusStoresNothing", "PrometheusWalWritesFailed"):
        stack.await_resolved(alert, began)
    stack.until(lambda: stack.firing() <= LEFT)
    # None where the disk was full at the very end of a page of the log: then the write left nothing behind.
    assert stack.number("prometheus_tsdb_wal_corruptions_total") <= 1
    assert set(stack.pages(began)) == {"PrometheusStoresNothing", "PrometheusWalWritesFailed"}


def test_alertmanager_killed_in_mid_group_and_then_away_still_pages_once_for_each_alert(
    stack: ChaosStack, turn: int
) -> None:
    if turn:
        # It forgets the group, which would be sent without its wait, and writes the log of what the turn before sent.
        stack.restart("alertmanager")
    began = time.time()
    stack.set_fault(pool_empty=True)
    alerts = f"{stack.urls['Alertmanager']}/api/v2/alerts"
    stack.until(lambda: any("SandboxPoolDepleted" in str(one["labels"]) for one in get_json(alerts)))
    stack.kill("alertmanager")
    assert stack.pages(began) == []
    stack.await_page("SandboxPoolDepleted", began)
    stack.supervisor.stop("alertmanager")
    stack.until(lambda: "PoolStillDepleted" in stack.firing())
    assert "alertmanager" in stack.problems()
    failed = "sum(prometheus_notifications_errors_total) + sum(prometheus_notifications_dropped_total)"
    stack.until(lambda: stack.number(failed) > 0)
    stack.supervisor.start("alertmanager")
    stack.await_page("PoolStillDepleted", began)
    stack.heal()
    # Both: the next fault of one whose end nobody was told would be the same incident.
    for alert in ("SandboxPoolDepleted", "PoolStillDepleted"):
        stack.await_resolved(alert, began)
    assert sorted(stack.pages(began)) == ["PoolStillDepleted", "SandboxPoolDepleted"]


def test_a_clock_that_jumps_ahead_pages_nobody_and_one_that_jumps_back_is_named(
    stack: ChaosStack, turn: int
) -> None:
    if not usable():
        pytest.skip("the clock of one process is only changed on x86-64")
    began = time.time()
    servers = [stack.pid(name) for name in ("prometheus", "alertmanager")]
    try:
        for pid in servers:
            shift(pid, _JUMP)
        stack.await_fresh_samples()
        assert (stack.firing() - LEFT, stack.pages(began)) == (set(), [])
    finally:
        for pid in servers:
            shift(pid, 0)
    # Samples are refused until the clock has passed those of the future.
    assert re.search("out of order sample|duplicate sample for timestamp", stack.problems())
    stack.until(lambda: "PrometheusStoresNothing" in stack.firing())
    stack.await_fresh_samples()
    stack.until(lambda: "PrometheusStoresNothing" not in stack.firing())
    # The jump may be over before the group of the page of the case before is sent again.
    assert set(stack.pages(began)) <= {"PrometheusStoresNothing"}


def test_jaegers_store_that_is_gone_is_named_and_alerts_and_metrics_go_on(
    stack: ChaosStack, turn: int
) -> None:
    began = time.time()
    shutil.rmtree(stack.site.state.folder / "data/jaeger")
    lost = stack.problems()
    assert "jaeger: its data are gone" in lost and "watchkeeper up --mode native" in lost
    stack.await_fresh_samples()
    assert _gap(stack, began - 2, time.time()) < 3 * SCRAPE
    stack.kill("jaeger")
    traces = f"{stack.urls['Jaeger']}/api/traces?service=helloagents&limit=1"
    stack.until(lambda: get_json(traces)["data"])
    assert stack.problems() == ""
    assert stack.pages(began) == []
