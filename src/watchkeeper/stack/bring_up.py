"""Bring up the stack of a spec whose render is on disk: start it, or update the running one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import plan_of, root_of
from watchkeeper.plan.plan import Plan
from watchkeeper.stack import record as records
from watchkeeper.stack.alertmanager_override import (
    missing_scrape_file_remarks,
    missing_secret_remarks,
    override_for,
    redirect_remarks,
)
from watchkeeper.stack.choose_mode import ModeOption, choose_mode, still_running
from watchkeeper.stack.compose.compose_stack import SINKS, ComposeStack
from watchkeeper.stack.compose.volume_exchange import finish_exchange
from watchkeeper.stack.native.native_stack import TOOLS, NativeStack
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.record import Record
from watchkeeper.stack.redirect import native_sinks
from watchkeeper.stack.sentry.local_sentry import prepared_sentry, sentry_remarks
from watchkeeper.stack.state import State
from watchkeeper.stack.state_lock import locked
from watchkeeper.stack.view.endpoints import Endpoints, Mode
from watchkeeper.stack.view.ready import Findings
from watchkeeper.toolchain import Tool, ensure


@dataclass(frozen=True, slots=True)
class UpResult:
    """The stack that runs now: its mode and addresses, what was done to it, and remarks for its user."""

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
    sentry: bool

    @property
    def root(self) -> Path:
        return root_of(self.spec_path)


def bring_up(
    spec: Spec, spec_path: Path, *, mode: ModeOption, state: State, progress: Progress, sentry: bool = False
) -> UpResult:
    """Start the stack, or update the running one; raise StackError, StackFailed or ToolchainError.

    With `sentry` it has a local server for Sentry's protocol.
    """
    state.create()
    with locked(state):
        before = still_running(records.load(state), state)
        program, remarks = choose_mode(
            root_of(spec_path), mode=mode, before=before, progress=progress, sentry=sentry
        )
        for remark in remarks:
            progress.say(remark)
        task = _Task(spec, spec_path, plan_of(spec, spec_path), state, before, progress, sentry)
        if program is None:
            return _native(task)
        # In mode auto the images were fetched for the choice; a running stack keeps the mode that it was started in.
        return _compose(task, program, fetch=mode == "compose" or before is not None)


def _native(task: _Task) -> UpResult:
    notify = task.spec.notify
    override = override_for(task.spec, task.spec_path, native_sinks(task.plan.stack.ports))
    found_tools = ensure(TOOLS)
    tools = {name: tool.path for name, tool in found_tools.items()}
    sentry = prepared_sentry(task.plan, task.state, task.progress) if task.sentry else None
    stack = NativeStack(
        task.root, state=task.state, plan=task.plan, tools=tools, override=override, sentry=sentry
    )
    unscraped = missing_scrape_file_remarks(task.root, task.plan)
    remarks = (
        *redirect_remarks(override, notify),
        *unscraped,
        *sentry_remarks(sentry.dsn if sentry else "", task.state),
        *_without_pages(found_tools),
    )
    if task.before is not None and stack.is_current(task.before):
        done, found = stack.update(task.before, task.progress)
        return UpResult("native", stack.endpoints, False, tuple(done), remarks, found)
    return UpResult("native", stack.endpoints, True, (), remarks, stack.start(task.progress))


def _without_pages(tools: Mapping[str, Tool]) -> Iterator[str]:
    """Yield a remark when programs run that were built from their Go modules: those have no web pages."""
    bare = [
        name.capitalize() for name in ("prometheus", "jaeger") if tools[name].origin in ("built", "cache")
    ]
    if bare:
        yield f"{' and '.join(bare)}, built from source, serve their APIs only: their web pages are in the images"


def _compose(task: _Task, program: tuple[str, ...], *, fetch: bool) -> UpResult:
    finish_exchange(task.state, task.progress, running=task.before is not None)
    notify = task.spec.notify
    has_sinks = any(service.is_demo for service in task.plan.services)
    override = override_for(task.spec, task.spec_path, SINKS) if has_sinks else None
    stack = ComposeStack(
        task.root,
        state=task.state,
        plan=task.plan,
        program=program,
        override=override,
        sentry=task.sentry,
    )
    done, found = stack.start(task.before, task.progress, fetch=fetch)
    remarks = (
        redirect_remarks(override, notify) if has_sinks else missing_secret_remarks(task.root, task.plan)
    )
    remarks += missing_scrape_file_remarks(task.root, task.plan)
    remarks += sentry_remarks(stack.sentry_dsn, task.state)
    return UpResult("compose", stack.endpoints, task.before is None, tuple(done), remarks, found)
