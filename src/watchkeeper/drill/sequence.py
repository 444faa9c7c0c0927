"""One drill: inject the fault, follow the alert to its receivers, remove the fault, and see it resolved."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from watchkeeper.drill.alert_probe import AlertProbe
from watchkeeper.drill.deferred_signals import deferred_signals
from watchkeeper.drill.faults import Fault, FaultError, inject_fault, remove_faults
from watchkeeper.drill.stopwatch import Stopwatch
from watchkeeper.drill.targets import Target
from watchkeeper.model.stack import Stack
from watchkeeper.plan.plan import PlannedAlert, PlannedRoute
from watchkeeper.plan.slo.detection import Detection
from watchkeeper.sinks.delivery import CHANNELS, Delivery
from watchkeeper.sinks.sink_client import SinkClient, SinkError
from watchkeeper.stack.native.rpc import Unreachable
from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.view.endpoints import Endpoints

_POLL_SECONDS = 0.25
_LEEWAY_SECONDS = 30.0
_STOP_SECONDS = 3.0
# Longer than the longest short window of a page and its `keep_firing_for`, which a test compares.
_LONGEST_SHORT_WINDOW = Decimal(40 * 60)
_TOLERANCE = 0.1


class Programs(Protocol):
    """Stops and starts programs of the stack."""

    def stop_program(self, name: str) -> None: ...
    def start_program(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Drill:
    """Everything that one drill needs; the alert must reach each of `targets` and nobody else.

    `due` is when an objective's page must fire; the drill checks that it does.
    """

    alert: PlannedAlert
    fault: Fault
    route: PlannedRoute
    targets: tuple[Target, ...]
    stack: Stack
    at: Endpoints
    programs: Programs
    leeway: float = _LEEWAY_SECONDS
    due: Detection | None = None

    @property
    def timeout(self) -> float:
        """Return the seconds within which the alert must arrive, with leeway for a slow machine."""
        rounds = 3 * (self.stack.scrape_interval.seconds + self.stack.evaluation_interval.seconds)
        window = self.alert.window.seconds if self.alert.window else 0
        if self.due is not None and self.due.seconds is not None:
            # Until it fires, and until the fault has left its longest short window.
            window = max(Decimal(self.due.seconds) * 2, _LONGEST_SHORT_WINDOW)
        grouping = self.route.group_wait.seconds + self.route.group_interval.seconds
        return float(self.alert.hold.seconds + window + rounds + grouping) + self.leeway

    def is_about(self, delivery: Delivery) -> bool:
        """Return whether a delivery is about this alert of this service."""
        return self.alert.name in delivery.alerts and delivery.service == self.alert.service


class MissedError(Exception):
    """A step did not happen in time; the text names it."""


def run_drill(drill: Drill, watch: Stopwatch) -> bool:
    """Run the drill and return whether every step was right; the fault is removed in any case."""
    probe = AlertProbe(drill.at, drill.alert.name, drill.alert.service)
    sinks = SinkClient(drill.at.sinks)
    try:
        _require_healthy(drill, probe)
        watch.restart()
        try:
            _until_paged(drill, probe, sinks, watch)
        finally:
            with deferred_signals():
                remove(drill.fault, drill.programs, drill.at.demo)
            watch.mark("fault removed")
        _wait_until(lambda: probe.state() == "inactive", drill, "Prometheus resolves the alert")
        watch.mark("Prometheus: resolved")
        _await_notifications(drill, sinks, watch, "resolved")
        _check_others(drill, sinks, watch)
    except (MissedError, FaultError, SinkError, StackFailed) as missed:
        watch.mark(str(missed), good=False)
    except Unreachable:
        watch.mark("the stack was stopped during the drill", good=False)
    return all(step.good for step in watch.steps)


def _until_paged(drill: Drill, probe: AlertProbe, sinks: SinkClient, watch: Stopwatch) -> None:
    inject(drill.fault, drill.programs, drill.at.demo)
    watch.mark(f"fault: {drill.fault.description}")
    _wait_until(lambda: probe.state() != "inactive", drill, "Prometheus detects the fault")
    watch.mark("Prometheus: pending, or firing at once")
    _wait_until(lambda: probe.state() == "firing", drill, "Prometheus fires the alert")
    watch.mark(f"Prometheus: {drill.alert.name} fires (for: {drill.alert.hold})")
    if drill.due is not None and drill.due.seconds is not None:
        _check_due_time(drill.due.seconds, drill, watch)
    _wait_until(probe.is_active, drill, "Alertmanager receives the alert")
    watch.mark("Alertmanager: active")
    _await_notifications(drill, sinks, watch, "firing")


def _check_due_time(due: float, drill: Drill, watch: Stopwatch) -> None:
    """Record whether the page fired when predicted, within a tenth of that time, one evaluation and one scrape."""
    allowed = due * _TOLERANCE + float(
        drill.stack.scrape_interval.seconds + drill.stack.evaluation_interval.seconds
    )
    off = watch.seconds - due
    direction = "later" if off > 0 else "earlier"
    words = f"predicted after {due:.0f} s ± {allowed:.0f} s: fired {abs(off):.0f} s {direction}"
    watch.mark(words, good=abs(off) <= allowed)


def _require_healthy(drill: Drill, probe: AlertProbe) -> None:
    """Wait for a healthy demo, without which the drill would prove nothing."""
    deadline = time.monotonic() + drill.timeout
    while not (probe.is_scraped() and probe.state() == "inactive" and not probe.is_active()):
        if time.monotonic() > deadline:
            firing = ", ".join([drill.alert.name] if probe.state() != "inactive" else []) or "nothing"
            raise MissedError(
                f"the demo is not healthy before the drill (its targets are down, or alerts fire: {firing})"
            )
        time.sleep(_POLL_SECONDS)


def inject(fault: Fault, programs: Programs, demo: str) -> None:
    """Inject a fault into the demo at that address; raise FaultError or StackFailed."""
    if fault.stops_the_process:
        programs.stop_program("demo")
    else:
        inject_fault(demo, fault)


def remove(fault: Fault, programs: Programs, demo: str) -> None:
    """Remove a fault; raise FaultError or StackFailed."""
    if not fault.stops_the_process:
        remove_faults(demo)
        return
    try:
        programs.start_program("demo")
    except StackFailed:
        # When a drill is interrupted while the demo stops, the demo can neither be running nor stopped yet.
        time.sleep(_STOP_SECONDS)
        programs.start_program("demo")


def _wait_until(is_true: Callable[[], bool], drill: Drill, words: str) -> None:
    deadline = time.monotonic() + drill.timeout
    while not is_true():
        if time.monotonic() > deadline:
            raise MissedError(f"{words}: not within {drill.timeout:.0f} s")
        time.sleep(_POLL_SECONDS)


def _await_notifications(drill: Drill, sinks: SinkClient, watch: Stopwatch, status: str) -> None:
    """Wait for the notification at every receiver of the route, and record when each arrived."""
    for target in drill.targets:

        def ours(delivery: Delivery, target: Target = target) -> bool:
            return target.takes(delivery) and delivery.status == status and drill.is_about(delivery)

        try:
            found = sinks.wait_for(ours, timeout=drill.timeout, since=watch.started_unix)
        except TimeoutError as late:
            raise MissedError(f"{target.label}: {status}: {late}") from None
        watch.mark(f"{target.label}: {status}: {found.summary}", seconds=found.received - watch.started_unix)


def _check_others(drill: Drill, sinks: SinkClient, watch: Stopwatch) -> None:
    about = [one for one in sinks.deliveries(since=watch.started_unix) if drill.is_about(one)]
    unexpected = [one for one in about if not any(target.takes(one) for target in drill.targets)]
    for channel in CHANNELS:
        count = sum(one.channel == channel for one in unexpected)
        if count:
            watch.mark(f"{channel}: {count} notifications that the spec does not ask for", good=False)
    expected = {target.channel for target in drill.targets}
    quiet = [channel for channel in CHANNELS if channel not in expected]
    if not unexpected:
        watch.mark("nothing on any other channel" if quiet else "the route uses every channel")
