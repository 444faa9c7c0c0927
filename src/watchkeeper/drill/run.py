"""A drill on the stack that runs here, or on one of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from watchkeeper.drill.choose import channels_of, choose_alert, planned, route_of, running_stack
from watchkeeper.drill.faults import Fault
from watchkeeper.drill.private import private_stack
from watchkeeper.drill.scenario import Drill, Programs, run_drill
from watchkeeper.drill.stopwatch import Stopwatch
from watchkeeper.model.alert import Alert
from watchkeeper.pipeline import load_spec, plan_of, root_of
from watchkeeper.plan.values import Plan
from watchkeeper.stack.endpoints import Endpoints
from watchkeeper.stack.state import state_of
from watchkeeper.stack.supervisor import Supervisor

Note = Callable[[str], None]


class _Running:
    """The processes of a stack that somebody else started."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    def stop_program(self, name: str) -> None:
        self._supervisor.stop(name)

    def start_program(self, name: str) -> None:
        self._supervisor.start(name)


def drill_running(spec_path: Path, name: str, watch: Stopwatch, note: Note) -> bool | None:
    """Run the drill on the running stack; None when none runs here. Raises StackError."""
    spec, _ = load_spec(spec_path)
    alert, fault = choose_alert(spec, name)
    plan, root = plan_of(spec, spec_path), root_of(spec_path)
    state = state_of(root)
    record = running_stack(root, state, plan)
    supervisor = Supervisor(state)
    if record is None or not supervisor.is_running():
        return None
    note(
        f"drill on the running stack ({record.endpoints.prometheus}); its notifications go to {record.endpoints.sinks}"
    )
    return run_drill(_drill(plan, alert, fault, record.endpoints, _Running(supervisor)), watch)


def drill_private(spec_path: Path, name: str, watch: Stopwatch, note: Note, *, fast: bool) -> bool:
    """Run the drill on a stack of its own, with seconds instead of minutes if `fast`. Raises StackError."""
    spec, _ = load_spec(spec_path)
    alert, fault = choose_alert(spec, name)
    note(f"starting a stack for this drill alone{' with shortened times' if fast else ''} ...")
    with private_stack(spec, spec_path, fast=fast, demo_home=root_of(spec_path)) as (stack, plan):
        return run_drill(_drill(plan, alert, fault, stack.endpoints, stack), watch)


def _drill(plan: Plan, alert: Alert, fault: Fault, at: Endpoints, programs: Programs) -> Drill:
    own = planned(plan, alert)
    route = route_of(plan, own)
    return Drill(own, fault, route, channels_of(route), plan.stack, at, programs)
