"""A private stack for a drill: free ports, a temporary folder, every receiver redirected to the local sinks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from watchkeeper.drill.deferred_signals import deferred_signals
from watchkeeper.model.duration import Duration
from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import plan_of, render_files
from watchkeeper.plan.plan import Plan, PlannedRoute
from watchkeeper.publish import publish
from watchkeeper.stack.configuration import AlertmanagerOverride
from watchkeeper.stack.native.native_stack import TOOLS, NativeStack
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.redirect import native_sinks, redirect_all
from watchkeeper.stack.state import State
from watchkeeper.toolchain import ensure

_FAST_INTERVAL = Duration.parse("2s")
_FAST_FOR = Duration.parse("10s")
_FAST_GROUP_WAIT = Duration.parse("1s")
_FAST_GROUP_INTERVAL = Duration.parse("5s")


@contextmanager
def private_stack(
    spec: Spec, spec_path: Path, *, fast: bool, demo_home: Path
) -> Iterator[tuple[NativeStack, Plan]]:
    """Start the spec's stack separately from any other and stop it at the end; raises StackError."""
    tools = {name: tool.path for name, tool in ensure(list(TOOLS)).items()}
    plan, override = _plan(spec, spec_path, fast=fast)
    with tempfile.TemporaryDirectory(prefix="watchkeeper-drill-") as name:
        root = Path(name)
        publish(render_files(plan), root)
        stack = NativeStack(
            root, state=State(root / "state"), plan=plan, tools=tools, override=override, demo_home=demo_home
        )
        stack.start(Progress())
        try:
            yield stack, plan
        finally:
            with deferred_signals():
                stack.stop()


def _plan(spec: Spec, spec_path: Path, *, fast: bool) -> tuple[Plan, AlertmanagerOverride]:
    spec = replace(spec, stack=replace(spec.stack, ports=free_ports()))
    spec = _with_short_times(spec) if fast else spec
    redirected = redirect_all(spec.notify, native_sinks(spec.stack.ports))
    plan = plan_of(replace(spec, notify=redirected.notify), spec_path)
    plan = _with_fast_routes(plan) if fast else plan
    config = next(text for path, text in render_files(plan).items() if path.endswith("/alertmanager.yml"))
    return plan, AlertmanagerOverride(config, redirected.files, redirected.receivers)


def _with_short_times(spec: Spec) -> Spec:
    """Return the spec with seconds instead of minutes; the rules stay the same."""
    services = tuple(
        replace(
            service,
            alerts=tuple(replace(alert, hold=min(alert.hold, _FAST_FOR)) for alert in service.alerts),
        )
        for service in spec.services
    )
    stack = replace(spec.stack, scrape_interval=_FAST_INTERVAL, evaluation_interval=_FAST_INTERVAL)
    return replace(spec, services=services, stack=stack)


def _with_fast_routes(plan: Plan) -> Plan:
    def fast(route: PlannedRoute) -> PlannedRoute:
        return replace(route, group_wait=_FAST_GROUP_WAIT, group_interval=_FAST_GROUP_INTERVAL)

    routing = plan.routing
    routes = tuple(fast(route) for route in routing.routes)
    return replace(plan, routing=replace(routing, fallback=fast(routing.fallback), routes=routes))
