"""Run the drills of every alert on one private stack, round by round; alerts end while the next round runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from watchkeeper.drill.deferred_signals import deferred_signals
from watchkeeper.drill.every.course import Course
from watchkeeper.drill.every.rounds import Round, rounds_of
from watchkeeper.drill.every.scratch_exporter import scratch_exporter
from watchkeeper.drill.every.stack_look import Snapshot, look
from watchkeeper.drill.every.trials import NotDrilled, Trial, lag, trials_of
from watchkeeper.drill.faults import FaultError
from watchkeeper.drill.private import private_stack
from watchkeeper.drill.sequence import Programs, inject, remove
from watchkeeper.pipeline import load_spec, plan_of, root_of
from watchkeeper.plan.plan import Plan
from watchkeeper.plan.slo.recordings import GUARD_STEP
from watchkeeper.stack.native.rpc import Unreachable
from watchkeeper.stack.stack_error import StackError, StackFailed
from watchkeeper.stack.view.endpoints import Endpoints
from watchkeeper.verify.promtool import syntax_errors

_POLL_SECONDS = 0.5
_QUIET_SECONDS = 300.0
_SILENT_SECONDS = 60.0
# A short window holds only what happened in it. With less healthy traffic before the fault, objectives fire too early.
_HISTORY_SECONDS = 70.0
# Objectives count their bad events at multiples of GUARD_STEP. A fault so long before one of them is seen by it.
_BEFORE_COUNT_SECONDS = (7.0, 12.0)


@dataclass(slots=True)
class EveryOutcome:
    """The result of all drills: the course of each, the alerts without one, and how long it took in seconds."""

    courses: list[Course] = field(default_factory=list)
    not_drilled: tuple[NotDrilled, ...] = ()
    seconds: float = 0.0
    broken: str = ""

    @property
    def passed(self) -> bool:
        """Return whether every drill was started and right."""
        return not self.broken and bool(self.courses) and all(course.passed for course in self.courses)


@dataclass(frozen=True, slots=True)
class Shown:
    """The state of the drills for people: how many are done, and the current activity."""

    done: int
    total: int
    words: str


Show = Callable[[Shown], None]


def drill_every(spec_path: Path, *, fast: bool, only: Iterable[str], show: Show) -> EveryOutcome:
    """Drill every alert of the spec, or those named, on a private stack; raise StackError and SpecRejected first."""
    started = time.monotonic()
    spec, _ = load_spec(spec_path, syntax_errors)
    # Refused before anything starts: the private stack has the same alerts, with other times.
    _chosen(plan_of(spec, spec_path), tuple(only))
    show(Shown(0, 0, "starting a private stack"))
    with private_stack(spec, spec_path, fast=fast, demo_home=root_of(spec_path)) as (stack, plan):
        trials, not_drilled = _chosen(plan, tuple(only))
        every = EveryDrill(rounds_of(trials), plan, stack.endpoints, stack, show)
        outcome = EveryOutcome(not_drilled=not_drilled)
        try:
            every.run()
        except (FaultError, StackFailed, OSError) as error:
            outcome.broken = str(error)
        except Unreachable:
            outcome.broken = "the stack was stopped during the drill"
        outcome.courses = every.courses
    outcome.seconds = time.monotonic() - started
    return outcome


def _chosen(plan: Plan, only: tuple[str, ...]) -> tuple[tuple[Trial, ...], tuple[NotDrilled, ...]]:
    trials, not_drilled = trials_of(plan)
    if not only:
        return trials, not_drilled
    known = {one.alert.name for one in trials} | {one.alert.name for one in not_drilled}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise StackError(
            f"the spec has no alert {', '.join(unknown)}: its alerts are {', '.join(sorted(known))}"
        )
    return (
        tuple(one for one in trials if one.alert.name in only),
        tuple(one for one in not_drilled if one.alert.name in only),
    )


class EveryDrill:
    """Runs the rounds, and follows every alert until it is over."""

    def __init__(
        self,
        rounds: tuple[Round, ...],
        plan: Plan,
        at: Endpoints,
        programs: Programs,
        show: Show,
        *,
        silent: float = _SILENT_SECONDS,
    ) -> None:
        """Prepare the rounds; nothing is injected yet. Servers that do not answer for `silent` seconds end the drill."""
        self.courses: list[Course] = []
        self._rounds = rounds
        self._demo = next(service.name for service in plan.services if service.is_demo)
        self._at, self._programs, self._show, self._silent = at, programs, show, silent
        self._total = sum(len(one.trials) for one in rounds)
        self._started_unix = self._healthy_since = time.time()
        self._words = ""

    def run(self) -> None:
        """Run all rounds; raise FaultError, StackFailed, OSError or Unreachable when the stack does not take part."""
        for number, one in enumerate(self._rounds, 1):
            self._words = f"round {number} of {len(self._rounds)}: {one.fault.description}"
            self._await_quiet(one)
            self._run_round(one)
        self._words = "waiting until every alert is over"
        self._until(lambda _: all(course.is_done for course in self.courses))

    def _await_quiet(self, one: Round) -> None:
        """Wait until the demo answers and the round's alerts are over; before the process is stopped, all alerts."""
        before = self._words
        self._words = f"{before} (waiting until its alerts are quiet)"

        def quiet(now: Snapshot) -> bool:
            if one.stops_the_process and not all(course.is_done for course in self.courses):
                return False
            if one.has_objectives and not self._is_moment(now.unix):
                return False
            return self._demo in now.up and all(now.is_over(trial.alert) for trial in one.trials)

        if not self._until(quiet, seconds=_QUIET_SECONDS + _HISTORY_SECONDS):
            raise StackFailed(
                f"the demo is not healthy before {one.fault.description}: its alerts fire, or it is down"
            )
        self._words = before

    def _is_moment(self, unix: float) -> bool:
        """Return whether an objective's fault injected now is counted when predicted."""
        earliest, latest = _BEFORE_COUNT_SECONDS
        has_history = unix - self._healthy_since >= _HISTORY_SECONDS
        return has_history and earliest <= _until_count(unix) <= latest

    def _run_round(self, one: Round) -> None:
        with ExitStack() as healing:
            healing.callback(self._heal, one)
            inject(one.fault, self._programs, self._at.demo)
            if one.fault.exposition:
                healing.enter_context(scratch_exporter(self._at.demo, one.fault.exposition))
            started = time.time()
            mine = [Course(counted(trial, started), started) for trial in one.trials]
            self.courses += mine
            self._until(lambda _: all(course.is_told or course.is_done for course in mine))

    def _heal(self, one: Round) -> None:
        with deferred_signals():
            remove(one.fault, self._programs, self._at.demo)
        healed = time.time()
        # What is slow already still ends late.
        self._healthy_since = healed + lag(one.fault)
        for course in self.courses:
            if course.healed is None:
                course.healed = healed - course.started_unix

    def _until(self, is_true: Callable[[Snapshot], bool], *, seconds: float | None = None) -> bool:
        """Look at the stack until it is true, and return whether it is; every course ends by itself."""
        answered = time.monotonic()
        deadline = None if seconds is None else answered + seconds
        while deadline is None or time.monotonic() <= deadline:
            now = look(self._at, self._started_unix, time.time())
            if now is None and time.monotonic() - answered > self._silent:
                raise StackFailed(
                    f"Prometheus, Alertmanager or the sinks do not answer for {self._silent:.0f} s"
                )
            if now is not None:
                answered = time.monotonic()
                for course in self.courses:
                    course.see(now)
                self._show(Shown(sum(one.is_done for one in self.courses), self._total, self._words))
                if is_true(now):
                    return True
            time.sleep(_POLL_SECONDS)
        return False


def _until_count(unix: float) -> float:
    """Return the seconds until objectives count their bad events again."""
    return -unix % float(GUARD_STEP.seconds)


def counted(trial: Trial, unix: float) -> Trial:
    """Return the trial of an objective due no sooner than its bad events are counted."""
    if not trial.counts_events:
        return trial
    return replace(trial, due=max(trial.due, _until_count(unix)))
