"""From the spec to the plan: the order, the addresses of each mode, the buckets, the alerts."""

from __future__ import annotations

import math
from collections.abc import Mapping

from watchkeeper import contract, naming
from watchkeeper.exposed.histogram_bounds import middleware_bounds
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.model.stack import LOOPBACK, Stack
from watchkeeper.plan.calendar.calendar_rules import calendar_rules
from watchkeeper.plan.maintenance.open_windows import window_rules
from watchkeeper.plan.plan import Plan, PlannedService
from watchkeeper.plan.proofs.proof import alert_proof
from watchkeeper.plan.routing import plan_routing
from watchkeeper.plan.self_monitoring.own_service import plan_own
from watchkeeper.plan.slo.slo_planner import plan_slo
from watchkeeper.plan.standing_alerts import threshold_alerts_of
from watchkeeper.plan.threshold_alerts import plan_alert

_THIS_MACHINE = ("localhost", LOOPBACK)
_DEMO_ADDRESS = "{}:8000"


def make_plan(spec: Spec, *, source: str, sources: Mapping[str, str] | None = None) -> Plan:
    """Return every decision; `source` is the spec's path as generated headers show it.

    `sources` gives the paths of included files in the same form, by the name that positions have.
    """
    shown = sources or {}
    services = tuple(
        _plan_service(service, spec, shown.get(service.where.file, source))
        for service in sorted(spec.services, key=lambda s: s.name)
    )
    alerts = tuple(alert for service in services for alert in service.all_alerts)
    own = plan_own(spec, source=source)
    routed = (*alerts, *(own.alerts if own is not None else ()))
    return Plan(
        source=source,
        services=services,
        routing=plan_routing(spec, routed),
        stack=spec.stack,
        runbook_template=spec.runbook_template,
        own=own,
    )


def _plan_service(service: Service, spec: Spec, source: str) -> PlannedService:
    is_demo = service.name == spec.stack.demo
    given = threshold_alerts_of(service, spec)
    alerts = tuple(plan_alert(alert, service, spec) for alert in given)
    windows = spec.maintenance_of(service.name)
    return PlannedService(
        name=service.name,
        source=source,
        team=service.team,
        description=service.description,
        metrics_path=service.metrics_path,
        compose_targets=_compose(service, is_demo=is_demo),
        native_targets=_native(service, spec.stack, is_demo=is_demo),
        target_labels=service.target_labels,
        packs=tuple(pack for pack in contract.PACKS if pack in service.signals),
        buckets=middleware_bounds(service),
        metrics=service.metrics,
        alerts=alerts,
        alerts_path=naming.alerts_path(service.name),
        alert_scenarios=alert_proof(service, given, alerts, spec.stack, has_windows=bool(windows)),
        slos=tuple(plan_slo(slo, service, spec) for slo in service.slos),
        is_demo=is_demo,
        spec=service,
        maintenance=windows,
        window_rules=window_rules(
            windows, service.name, service.team, early=math.ceil(spec.stack.evaluation_interval.seconds)
        ),
        calendar_rules=calendar_rules(
            (slo.calendar for slo in service.slos if slo.calendar is not None), service.name, service.team
        ),
    )


def _compose(service: Service, *, is_demo: bool) -> tuple[str, ...]:
    # The demo's container has the service's name; its published port is on the host's loopback only.
    return (_DEMO_ADDRESS.format(service.name),) if is_demo else tuple(map(_from_container, service.targets))


def _from_container(target: str) -> str:
    host, _, port = target.rpartition(":")
    return f"host.docker.internal:{port}" if host in _THIS_MACHINE else target


def _native(service: Service, stack: Stack, *, is_demo: bool) -> tuple[str, ...]:
    return (f"{LOOPBACK}:{stack.ports.demo}",) if is_demo else service.targets
