"""From the spec to the plan: the order, the addresses of each mode, the buckets, the alerts."""

from __future__ import annotations

from decimal import Decimal

from backend_instrumentation import contract
from watchkeeper import naming
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.model.stack import Stack
from watchkeeper.plan.plan import Plan, PlannedService
from watchkeeper.plan.proofs.proof import alert_proof
from watchkeeper.plan.routing import plan_routing
from watchkeeper.plan.slo.indicator import histogram_of
from watchkeeper.plan.slo.slo_planner import plan_slo
from watchkeeper.plan.standing_alerts import threshold_alerts_of
from watchkeeper.plan.threshold_alerts import plan_alert

_LOOPBACK = ("localhost", "127.0.0.1")
_DEMO_ADDRESS = "{}:8000"


def make_plan(spec: Spec, *, source: str) -> Plan:
    """Return every decision; `source` is the spec's path as generated headers show it."""
    services = tuple(_plan_service(service, spec) for service in sorted(spec.services, key=lambda s: s.name))
    alerts = tuple(alert for service in services for alert in service.all_alerts)
    return Plan(source=source, services=services, routing=plan_routing(spec, alerts), stack=spec.stack)


def _plan_service(service: Service, spec: Spec) -> PlannedService:
    is_demo = service.name == spec.stack.demo
    given = threshold_alerts_of(service, spec)
    alerts = tuple(plan_alert(alert, service, spec) for alert in given)
    return PlannedService(
        name=service.name,
        team=service.team,
        description=service.description,
        metrics_path=service.metrics_path,
        compose_targets=_compose(service, is_demo=is_demo),
        native_targets=_native(service, spec.stack, is_demo=is_demo),
        target_labels=service.labels,
        packs=tuple(pack for pack in contract.PACKS if pack in service.signals),
        buckets=_buckets(service),
        metrics=service.metrics,
        alerts=alerts,
        alerts_path=naming.alerts_path(service.name),
        alert_scenarios=alert_proof(service, given, alerts, spec.stack),
        slos=tuple(plan_slo(slo, service, spec) for slo in service.slos),
        is_demo=is_demo,
        spec=service,
    )


def _compose(service: Service, *, is_demo: bool) -> tuple[str, ...]:
    # The demo's container has the service's name; its published port is on the host's loopback only.
    return (_DEMO_ADDRESS.format(service.name),) if is_demo else tuple(map(_from_container, service.targets))


def _from_container(target: str) -> str:
    host, _, port = target.rpartition(":")
    return f"host.docker.internal:{port}" if host in _LOOPBACK else target


def _native(service: Service, stack: Stack, *, is_demo: bool) -> tuple[str, ...]:
    return (f"127.0.0.1:{stack.ports.demo}",) if is_demo else service.targets


def _buckets(service: Service) -> tuple[tuple[str, tuple[Decimal, ...]], ...]:
    """Return the bounds of each histogram that the middleware makes, thresholds merged in, one finite above each."""
    thresholds: dict[str, set[Decimal]] = {}
    for slo in service.slos:
        if slo.sli.kind == "latency" and slo.sli.threshold is not None:
            thresholds.setdefault(histogram_of(slo), set()).add(slo.sli.threshold.seconds)
    for alert in service.alerts:
        if alert.preset == "latency_quantile" and alert.metric and alert.threshold is not None:
            thresholds.setdefault(alert.metric, set()).add(alert.threshold)
    defaults = {
        family.name: family.buckets for family in contract.families(service.signals) if family.buckets
    }
    bounds = {name: {Decimal(repr(bound)) for bound in buckets} for name, buckets in defaults.items()}
    bounds |= {metric.name: set(metric.buckets) for metric in service.metrics
               if metric.type == "histogram" and not metric.external}  # fmt: skip
    return tuple((name, _merged(bounds[name], thresholds.get(name, set()))) for name in sorted(bounds))


def _merged(bounds: set[Decimal], thresholds: set[Decimal]) -> tuple[Decimal, ...]:
    merged = bounds | thresholds
    # Without a bound above it, a quantile just over the last finite bound looks like one far beyond it.
    if thresholds and max(thresholds) == max(merged):
        merged.add(max(thresholds) * 2)
    return tuple(sorted(bound.normalize() for bound in merged))
