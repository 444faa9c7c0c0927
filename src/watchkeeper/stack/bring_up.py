"""Bring up the stack of a spec whose render is on disk: start it, or bring the running one up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import plan_of, root_of
from watchkeeper.plan.plan import Plan
from watchkeeper.stack import record as records
from watchkeeper.stack.alertmanager_override import diverted, overlay_for, undelivered
from watchkeeper.stack.choice import Wish, choose, still_running
from watchkeeper.stack.compose.compose_stack import SINKS, ComposeStack
from watchkeeper.stack.native.native_stack import TOOLS, NativeStack
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.record import Record
from watchkeeper.stack.redirect import native_sinks
from watchkeeper.stack.state import State
from watchkeeper.stack.state_lock import locked
from watchkeeper.stack.view.endpoints import Endpoints, Mode
from watchkeeper.stack.view.ready import Findings
from watchkeeper.toolchain import Tool, ensure


@dataclass(frozen=True, slots=True)
class Outcome:
    """The stack that runs now: how, where, what was done to it, and what its user should know."""

    mode: Mode
    endpoints: Endpoints
    started: bool
    done: tuple[str, ...]
    remarks: tuple[str, ...]
    found: Findings


@dataclass(frozen=True, slots=True)
class _Task:
    spec: Spec
    spec_path: Path
    plan: Plan
    state: State
    before: Record | None
    progress: Progress

    @property
    def root(self) -> Path:
        return root_of(self.spec_path)


def bring_up(spec: Spec, spec_path: Path, *, wish: Wish, state: State, progress: Progress) -> Outcome:
    """Start the stack, or bring the running one up to date; raise StackError, StackFailed or ToolchainError."""
    state.create()
    with locked(state):
        before = still_running(records.load(state), state)
        program, remarks = choose(root_of(spec_path), wish=wish, before=before)
        for remark in remarks:
            progress.say(remark)
        task = _Task(spec, spec_path, plan_of(spec, spec_path), state, before, progress)
        if program is None:
            return _native(task)
        # Where the choice was ours, the images are there; a running stack keeps what it was asked for.
        return _compose(task, program, fetch=wish == "compose" or before is not None)


def _native(task: _Task) -> Outcome:
    notify = task.spec.notify
    overlay = overlay_for(task.spec, task.spec_path, native_sinks(task.plan.stack.ports))
    found_tools = ensure(TOOLS)
    tools = {name: tool.path for name, tool in found_tools.items()}
    stack = NativeStack(task.root, state=task.state, plan=task.plan, tools=tools, overlay=overlay)
    remarks = (*diverted(overlay, notify), *_without_pages(found_tools))
    if task.before is not None and stack.is_current(task.before):
        done, found = stack.update(task.before, task.progress)
        return Outcome("native", stack.endpoints, False, tuple(done), remarks, found)
    return Outcome("native", stack.endpoints, True, (), remarks, stack.start(task.progress))


def _without_pages(tools: Mapping[str, Tool]) -> Iterator[str]:
    """Yield a remark when programs built from their Go modules run, which carry no web pages."""
    bare = [
        name.capitalize() for name in ("prometheus", "jaeger") if tools[name].origin in ("built", "cache")
    ]
    if bare:
        yield f"{' and '.join(bare)}, built from source, answer on their APIs only: web pages come with the images"


def _compose(task: _Task, program: tuple[str, ...], *, fetch: bool) -> Outcome:
    notify = task.spec.notify
    has_sinks = any(service.is_demo for service in task.plan.services)
    overlay = overlay_for(task.spec, task.spec_path, SINKS) if has_sinks else None
    stack = ComposeStack(task.root, state=task.state, plan=task.plan, program=program, overlay=overlay)
    done, found = stack.start(task.before, task.progress, fetch=fetch)
    remarks = diverted(overlay, notify) if has_sinks else undelivered(task.root, task.plan)
    return Outcome("compose", stack.endpoints, task.before is None, tuple(done), remarks, found)
