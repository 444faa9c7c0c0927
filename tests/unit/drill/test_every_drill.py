"""The rounds on a fake stack: the fault is removed in any case, and objectives are due when their events are counted."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.drill.every_alert import short_plan, trial
from tests.unit.drill.fake_stack import FakeStack, fake_stack, pagerduty, slack
from watchkeeper.drill.every.rounds import rounds_of
from watchkeeper.drill.every.run_every import EveryDrill, Shown, counted
from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.view.endpoints import Endpoints


def _drill(at: FakeStack, show: list[Shown]) -> EveryDrill:
    down = replace(trial("ServiceDown"), due=1.0, allowed=2.0)
    endpoints = Endpoints(at.url, at.url, "", "", "", at.url, "", at.sinks)
    return EveryDrill(rounds_of([down]), short_plan(), endpoints, at, show.append, silent=1.0)


def test_a_round_injects_its_fault_follows_its_alerts_and_removes_it(tmp_path: Path) -> None:
    def everybody(at: FakeStack, status: str) -> None:
        # As in a real stack, only after the fault is there.
        for notify in (pagerduty, slack):
            threading.Timer(0.3, notify, (at, status)).start()

    shown: list[Shown] = []
    with fake_stack(tmp_path, everybody) as at:
        every = _drill(at, shown)
        every.run()
        assert at.calls == ["stop demo", "start demo"]
    (course,) = every.courses
    assert (course.passed, course.wrong) == (True, [])
    assert shown[-1].done == shown[-1].total == 1


def test_a_drill_that_is_ended_within_a_round_removes_its_fault(tmp_path: Path) -> None:
    def end(at: FakeStack, status: str) -> None:
        if status == "firing":
            raise SystemExit(143)

    with fake_stack(tmp_path, end) as at:
        with pytest.raises(SystemExit):
            _drill(at, []).run()
        assert at.calls == ["stop demo", "start demo"]


def test_servers_that_answer_no_more_end_the_drill_and_the_fault_is_removed(tmp_path: Path) -> None:
    def nobody(at: FakeStack, status: str) -> None:
        at.is_silent = status == "firing"

    with fake_stack(tmp_path, nobody) as at:
        every = _drill(at, [])
        with pytest.raises(StackFailed, match="do not answer"):
            every.run()
        assert at.calls == ["stop demo", "start demo"]


def test_an_objective_is_due_when_its_bad_events_are_counted_and_other_alerts_when_they_were() -> None:
    burn, other = trial("HelloagentsApiAvailabilitySlowBurn"), trial("HighErrorRate")
    assert burn.due < 12
    assert counted(burn, 18.0).due == 12
    assert counted(burn, 29.0).due == burn.due
    assert counted(other, 1.0) is other
