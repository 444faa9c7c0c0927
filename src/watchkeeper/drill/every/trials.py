"""Which alerts can be drilled, with which fault, and how soon each must fire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from watchkeeper import naming
from watchkeeper.drill.choose_alert import notifying_route
from watchkeeper.drill.faults import Fault, fault_for, fault_for_slo, fault_of_metrics
from watchkeeper.drill.targets import Target, targets_of
from watchkeeper.model.alert import Alert
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedRoute, PlannedService, PlannedSlo
from watchkeeper.plan.slo.detection import detection, level_detection
from watchkeeper.sinks.delivery import Delivery
from watchkeeper.stack.stack_error import StackError

_ALL_BAD = Decimal(1)
_TOLERANCE = 0.1
# How long the demo needs to fill its memory: 4 MB in each tenth of a second.
_FILLING_SECONDS = 5.0
# The demo's load is 20 requests a second, and every twentieth is an execution.
_EXECUTIONS_A_SECOND = 1.0
_DEVIATIONS = 2.5
_LONGEST_SECONDS = 3600.0
_NO_FAULT = "the demo has no fault that triggers it"


@dataclass(frozen=True, slots=True)
class Trial:
    """One alert and the fault that must trigger it.

    It must fire `due` seconds after the fault, give or take `allowed`, and reach each of `targets`.
    """

    alert: PlannedAlert
    fault: Fault
    route: PlannedRoute
    due: float
    allowed: float

    @property
    def targets(self) -> tuple[Target, ...]:
        """Return the receivers that must be notified."""
        return targets_of(self.route)

    @property
    def notified_due(self) -> float:
        """Return after how many seconds its notification must be there."""
        return self.due + float(self.route.group_wait.seconds)

    @property
    def counts_events(self) -> bool:
        """Return whether the alert is an objective's and counts bad events over a window."""
        return self.alert.slo_kind is not None and self.alert.window is not None

    def is_about(self, delivery: Delivery) -> bool:
        """Return whether a delivery is about this alert of this service."""
        return self.alert.name in delivery.alerts and delivery.service == self.alert.service


@dataclass(frozen=True, slots=True)
class NotDrilled:
    """An alert without a drill, and why."""

    alert: PlannedAlert
    reason: str


def trials_of(plan: Plan) -> tuple[tuple[Trial, ...], tuple[NotDrilled, ...]]:
    """Return the drills of a plan's alerts, and the alerts without one; raise StackError without a demo."""
    if not any(service.is_demo for service in plan.services):
        raise StackError(
            "this spec has no demo, which a drill injects its fault into: set `stack.demo` to a service"
        )
    found = [one for service in plan.services for one in _of_service(service, plan)]
    trials = tuple(one for one in found if isinstance(one, Trial))
    return trials, tuple(one for one in found if isinstance(one, NotDrilled))


def _of_service(service: PlannedService, plan: Plan) -> Iterator[Trial | NotDrilled]:
    if not service.is_demo:
        reason = f"{service.name} is not the demo, and a drill breaks nothing else"
        yield from (NotDrilled(alert, reason) for alert in service.all_alerts)
        return
    written = {alert.name: alert for alert in service.spec.alerts}
    half_round = _rounds(plan) / 2
    for planned in service.alerts:
        alert = written.get(planned.name)
        fault = fault_of_metrics(planned) or (fault_for(alert) if alert is not None else None)
        due = None if fault is None else _threshold_due(alert, planned, fault) + half_round
        yield _trial(planned, fault, due, plan)
    for slo in service.slos:
        for planned in slo.alerts:
            fault = fault_of_metrics(planned)
            if fault is not None:
                # The counters are still in the base until its window has left them behind.
                due = float(slo.parameters.base.window.seconds + planned.hold.seconds) + half_round
            else:
                fault = fault_for_slo(slo.spec, _ALL_BAD)
                burn = _burn_due(planned.slo_kind or "", slo)
                due = None if burn is None or fault is None else burn + lag(fault)
            yield _trial(planned, fault, due, plan, _scatter(slo, planned, due))


def _trial(
    alert: PlannedAlert, fault: Fault | None, due: float | None, plan: Plan, scatter: float = 0.0
) -> Trial | NotDrilled:
    if fault is None or due is None:
        return NotDrilled(alert, _NO_FAULT)
    if due + float(alert.window.seconds if alert.window else 0) > _LONGEST_SECONDS:
        return NotDrilled(alert, "takes more than an hour: add --fast for short windows")
    try:
        route = notifying_route(plan, alert)
    except StackError:
        return NotDrilled(alert, "the spec notifies nobody of it")
    return Trial(alert, fault, route, due, due * _TOLERANCE + _rounds(plan) + scatter)


def _rounds(plan: Plan) -> float:
    """Return the seconds of one scrape and one evaluation."""
    return float(plan.stack.scrape_interval.seconds + plan.stack.evaluation_interval.seconds)


def _threshold_due(alert: Alert | None, planned: PlannedAlert, fault: Fault) -> float:
    """Return when a threshold alert fires: its window has filled up to the threshold, and `for` has passed."""
    window = float(planned.window.seconds) if planned.window else 0.0
    share = float(alert.threshold or 0) if alert is not None else 0.0
    if alert is not None and alert.preset == "latency_quantile":
        share = 1 - float(alert.quantile or 0)
    return lag(fault) + window * share + float(planned.hold.seconds)


def _burn_due(kind: str, slo: PlannedSlo) -> float | None:
    """Return when one of an objective's alerts fires while all of its events are bad; None for other kinds."""
    if kind == naming.BUDGET_EXHAUSTED:
        return level_detection(Decimal(0), slo, _ALL_BAD)
    tiers = (detection(tier, slo, _ALL_BAD) for tier in slo.tiers if tier.alert_kind == kind)
    return min((one.seconds for one in tiers if one.seconds is not None), default=None)


def _scatter(slo: PlannedSlo, alert: PlannedAlert, due: float | None) -> float:
    """Return by how many seconds the random number of the demo's executions shifts a burn alert; 0 for its many requests."""
    window = float(alert.window.seconds) if alert.window else 0.0
    if slo.spec.sli.kind != "events" or due is None or due >= window:
        return 0.0
    # The window is full when bad / (bad + good) reaches the threshold, and both counts scatter by their roots.
    counts = 1 / (due * _EXECUTIONS_A_SECOND) + 1 / ((window - due) * _EXECUTIONS_A_SECOND)
    return _DEVIATIONS * due * (1 - due / window) * sqrt(counts)


def lag(fault: Fault) -> float:
    """Return how long it takes until the fault shows in the metrics: a slow request counts when it has ended."""
    seconds = 0.0
    for switch, value in fault.switches:
        if switch in ("latency_seconds", "sandbox_delay_seconds"):
            seconds = max(seconds, float(value))
        elif switch == "memory_ratio":
            seconds = max(seconds, _FILLING_SECONDS)
    return seconds
