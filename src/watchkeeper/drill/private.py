"""A private stack for a drill: free ports, a temporary folder, every receiver redirected to the local sinks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from watchkeeper.drill.deferred_signals import deferred_signals
from watchkeeper.drill.fast_times import with_short_plan, with_short_times
from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import plan_of, render_files
from watchkeeper.plan.plan import Plan
from watchkeeper.publish import publish
from watchkeeper.stack.configuration import AlertmanagerOverride
from watchkeeper.stack.native.native_stack import TOOLS, NativeStack
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.redirect import native_sinks, redirect_all
from watchkeeper.stack.state import State
from watchkeeper.toolchain import ensure


@contextmanager
def private_stack(
    spec: Spec, spec_path: Path, *, fast: bool, demo_home: Path
) -> Iterator[tuple[NativeStack, Plan]]:
    """Start the spec's stack separately from any other and stop it at the end; raises StackError.

    It has no users and no TLS: it listens on this machine only, for the time of the drill.
    """
    tools = {name: tool.path for name, tool in ensure(list(TOOLS)).items()}
    plan, override = _plan(spec, spec_path, fast=fast)
    with tempfile.TemporaryDirectory(prefix="watchkeeper-drill-") as name:
        root = Path(name)
        publish(render_files(plan), root)
        stack = NativeStack(
            root,
            state=State(root / "state"),
            plan=plan,
            tools=tools,
            override=override,
            demo_home=demo_home,
            front_page=False,
        )
        stack.start(Progress())
        try:
            yield stack, plan
        finally:
            with deferred_signals():
                stack.stop()


def _plan(spec: Spec, spec_path: Path, *, fast: bool) -> tuple[Plan, AlertmanagerOverride]:
    spec = replace(spec, stack=replace(spec.stack, ports=free_ports(), access=None))
    spec = with_short_times(spec) if fast else spec
    redirected = redirect_all(spec.notify, native_sinks(spec.stack.ports))
    plan = plan_of(replace(spec, notify=redirected.notify), spec_path)
    plan = with_short_plan(plan, spec) if fast else plan
    config = next(text for path, text in render_files(plan).items() if path.endswith("/alertmanager.yml"))
    return plan, AlertmanagerOverride(config, redirected.files, redirected.receivers)
