"""Containers or processes: what the user wishes, what runs already, and what Docker has to offer."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from watchkeeper import naming, toolchain
from watchkeeper.stack.compose.compose_stack import running_compose
from watchkeeper.stack.compose.engine import Compose, engine_answers, missing_images
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.record import Record
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State

Wish = Literal["auto", "compose", "native"]
# The command that Compose is, or none for native mode; then a remark for the user.
Choice = tuple[tuple[str, ...] | None, tuple[str, ...]]
_INSTEAD = "native processes instead of containers"


def still_running(record: Record | None, state: State) -> Record | None:
    """Return the record if what it tells of still runs."""
    if record is None:
        return None
    if record.mode == "native":
        return record if Supervisor(state).is_running() else None
    containers = running_compose(record).containers() if engine_answers() else []
    return record if any(each.state == "running" for each in containers) else None


def choose(root: Path, *, wish: Wish, before: Record | None) -> Choice:
    """Decide for the rendered root; a stack that runs stays in its mode. Raises StackError or ToolchainError."""
    if before is not None:
        if wish not in ("auto", before.mode):
            raise StackError(f"the stack runs in {before.mode} mode: stop it first with `watchkeeper down`")
        return (before.compose, ()) if before.mode == "compose" else (None, ())
    if wish == "native":
        return None, ()
    if wish == "compose":
        if not engine_answers():
            raise StackError("no Docker engine answers: start it, or use `watchkeeper up --mode native`")
        return (str(toolchain.ensure(["docker-compose"])["docker-compose"].path),), ()
    return _offered(root)


def _offered(root: Path) -> Choice:
    if not engine_answers():
        return None, (f"no Docker engine answers: {_INSTEAD}",)
    found = toolchain.find("docker-compose")
    if found is None:
        return None, (f"Docker answers, but it has no Compose: {_INSTEAD}",)
    program = (str(found.path),)
    missing = missing_images(Compose(program, root / naming.COMPOSE_FILE).config())
    if missing:
        held = f"Docker answers, but does not hold {', '.join(missing)}"
        return None, (f"{held}: {_INSTEAD} (`watchkeeper up --mode compose` fetches images)",)
    return program, ()
