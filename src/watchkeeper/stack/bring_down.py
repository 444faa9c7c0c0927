"""Stop the stack of a state folder, in whatever condition, and leave nothing of it running."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.stack import record as records
from watchkeeper.stack.compose.compose_stack import running_compose
from watchkeeper.stack.compose.engine import engine_answers
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.processes import marked
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State
from watchkeeper.stack.state_lock import locked


@dataclass(frozen=True, slots=True)
class Stopped:
    """How much was running, and whether the data was deleted."""

    processes: int
    containers: int
    removed: bool


def bring_down(state: State, *, volumes: bool, progress: Progress) -> Stopped:
    """Stop everything, and delete its data with `volumes`; raise StackError or StackFailed. Safe to repeat."""
    progress.show("stopping the stack")
    if not state.folder.is_dir():
        # Processes may still run when somebody deleted the folder.
        return Stopped(_stop_processes(state), 0, removed=False)
    with locked(state):
        processes = _stop_processes(state)
        containers = _stop_containers(state, volumes=volumes)
        if volumes:
            state.remove()
    return Stopped(processes, containers, removed=volumes)


def _stop_processes(state: State) -> int:
    found = marked(state)
    Supervisor(state).shutdown()
    return len(found)


def _stop_containers(state: State, *, volumes: bool) -> int:
    record = records.load(state)
    if record is None:
        return 0
    if record.mode == "native":
        records.forget(state)
        return 0
    # The record stays unless the data is deleted: deleting the volumes later needs it.
    if not engine_answers():
        raise StackError(
            "the stack runs in containers, but no Docker engine answers: start the engine, then try again"
        )
    compose = running_compose(record)
    found = len(compose.containers())
    compose.down(volumes=volumes)
    return found
