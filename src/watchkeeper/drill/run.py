"""A drill on the stack that runs here, or on a private one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from watchkeeper.drill.choose_alert import (
    alert_named,
    choose_alert,
    choose_slo,
    notifying_route,
    planned,
    running_stack,
)
from watchkeeper.drill.faults import Fault
from watchkeeper.drill.private import private_stack
from watchkeeper.drill.sequence import Drill, Programs, run_drill
from watchkeeper.drill.stopwatch import Stopwatch
from watchkeeper.drill.targets import targets_of
from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import load_spec, plan_of, root_of
from watchkeeper.plan.plan import Plan
from watchkeeper.plan.slo.detection import Detection
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import Endpoints
from watchkeeper.verify.promtool import syntax_errors

Note = Callable[[str], None]


class _Running:
    """The processes of a stack that was started separately."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    def stop_program(self, name: str) -> None:
        self._supervisor.stop(name)

    def start_program(self, name: str) -> None:
        self._supervisor.start(name)


@dataclass(frozen=True, slots=True)
class Task:
    """An alert of a spec to drill, with the fault that triggers it; its route has at least one receiver."""

    spec: Spec
    spec_path: Path
    plan: Plan
    alert: str
    fault: Fault
    due: Detection | None = None


def slo_task_for(spec_path: Path, name: str, errors: Decimal) -> Task:
    """Return the drill of an objective's page; raise StackError when it is impossible or proves nothing."""
    spec, _ = load_spec(spec_path, syntax_errors)
    plan = plan_of(spec, spec_path)
    page, fault, due = choose_slo(plan, name, errors)
    notifying_route(plan, page)
    return Task(spec, spec_path, plan, page.name, fault, due)


def task_for(spec_path: Path, name: str) -> Task:
    """Return the drill of an alert; raise StackError when it is impossible or proves nothing."""
    spec, _ = load_spec(spec_path, syntax_errors)
    alert, fault = choose_alert(spec, name)
    plan = plan_of(spec, spec_path)
    notifying_route(plan, planned(plan, alert))
    return Task(spec, spec_path, plan, alert.name, fault)


def drill_running(task: Task, state: State, watch: Stopwatch, note: Note) -> bool | None:
    """Run the drill on the running stack; return None when none runs. Raises StackError."""
    supervisor = Supervisor(state)
    record = running_stack(root_of(task.spec_path), state, task.plan) if supervisor.is_running() else None
    if record is None:
        note(f"no stack of this spec runs as processes in {state.folder}")
        return None
    at = record.endpoints
    note(f"drill on the running stack ({at.prometheus}); its notifications go to {at.sinks}")
    return run_drill(_drill(task, task.plan, at, _Running(supervisor)), watch)


def drill_private(task: Task, watch: Stopwatch, note: Note, *, fast: bool) -> bool:
    """Run the drill on a private stack, with seconds instead of minutes if `fast`. Raises StackError."""
    note(f"starting a private stack for this drill{' with shortened times' if fast else ''} ...")
    home = root_of(task.spec_path)
    with private_stack(task.spec, task.spec_path, fast=fast, demo_home=home) as (stack, plan):
        note(
            f"the stack is up ({stack.endpoints.prometheus}); its notifications go to {stack.endpoints.sinks}"
        )
        return run_drill(_drill(task, plan, stack.endpoints, stack), watch)


def _drill(task: Task, plan: Plan, at: Endpoints, programs: Programs) -> Drill:
    own = alert_named(plan, task.alert)
    route = notifying_route(plan, own)
    return Drill(own, task.fault, route, targets_of(route), plan.stack, at, programs, due=task.due)
