"""Containers or processes: what the user asked for, what already runs, and what Docker offers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from watchkeeper import naming, toolchain
from watchkeeper.stack.compose.compose_stack import running_compose
from watchkeeper.stack.compose.engine import Compose, engine_answers
from watchkeeper.stack.compose.fetch_images import COMPOSE_TOOL, fetch_compose, fetch_missing
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.record import Record
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State

ModeOption = Literal["auto", "compose", "native"]
# The command that runs Compose, or None for native mode; then remarks for the user.
ModeChoice = tuple[tuple[str, ...] | None, tuple[str, ...]]
_INSTEAD = "starting native processes instead of containers"


def still_running(record: Record | None, state: State) -> Record | None:
    """Return the record if its stack still runs."""
    if record is None:
        return None
    if record.mode == "native":
        return record if Supervisor(state).is_running() else None
    containers = running_compose(record).containers() if engine_answers() else []
    return record if any(each.state == "running" for each in containers) else None


def choose_mode(
    root: Path, *, mode: ModeOption, before: Record | None, progress: Progress, sentry: bool = False
) -> ModeChoice:
    """Decide for the rendered root; a stack that runs stays in its mode. Raises StackError or ToolchainError.

    In mode auto this fetches missing images: containers are the choice unless that fails.
    """
    if before is not None:
        if mode not in ("auto", before.mode):
            raise StackError(f"the stack runs in {before.mode} mode: stop it with `watchkeeper down` first")
        return (before.compose, ()) if before.mode == "compose" else (None, ())
    if mode == "native":
        return None, ()
    if mode == "compose":
        if not engine_answers():
            raise StackError("no Docker engine answers: start it, or use `watchkeeper up --mode native`")
        found, _ = _compose(progress)
        return (str((found or toolchain.ensure([COMPOSE_TOOL])[COMPOSE_TOOL]).path),), ()
    return _available(root, progress, sentry=sentry)


def _available(root: Path, progress: Progress, *, sentry: bool) -> ModeChoice:
    if not engine_answers():
        return None, (f"no Docker engine answers: {_INSTEAD}",)
    found, reason = _compose(progress)
    if found is None:
        return None, (f"a Docker engine answers, but Compose is missing, and {reason}: {_INSTEAD}",)
    program = (str(found.path),)
    compose = Compose(program, root / naming.COMPOSE_FILE, sentry=sentry)
    reason = fetch_missing(compose, compose.config(), progress)
    if reason:
        return None, (f"a Docker engine answers, but {reason}: {_INSTEAD}",)
    return program, ()


def _compose(progress: Progress) -> tuple[toolchain.Tool | None, str]:
    """Return this machine's Compose, else the one of its image, else None with the reason."""
    found = toolchain.find(COMPOSE_TOOL)
    return (found, "") if found is not None else fetch_compose(progress)
