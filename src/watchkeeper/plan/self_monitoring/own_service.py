"""The stack as a service of its own, with alerts but without a scrape job: its parts have theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from watchkeeper import naming
from watchkeeper.model.alert import SEVERITIES, Severity
from watchkeeper.model.position import Position
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.plan.plan import PlannedService
from watchkeeper.plan.planned_alert import PlannedAlert, escaped_labels
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario
from watchkeeper.plan.self_monitoring.backup_scenarios import backup_scenarios
from watchkeeper.plan.self_monitoring.drill_scenarios import drill_scenarios
from watchkeeper.plan.self_monitoring.own_alert import OwnAlert, own_alerts
from watchkeeper.plan.self_monitoring.own_scenarios import own_scenarios

_KIND = "self_monitoring"
_DESCRIPTION = "The monitoring stack itself."


def plan_own(spec: Spec, *, source: str) -> PlannedService | None:
    """Return the stack's own alerts; None where the spec switches them off."""
    if not spec.stack.self_monitoring.enabled:
        return None
    name, team = naming.OWN_SERVICE, _team(spec)
    found = own_alerts(spec.stack, spec.notify.drill_every)
    where = spec.stack.where or Position(spec.source)
    return PlannedService(
        name=name,
        source=source,
        team=team,
        description=_DESCRIPTION,
        metrics_path="/metrics",
        compose_targets=(),
        native_targets=(),
        target_labels=(),
        packs=(),
        buckets=(),
        metrics=(),
        alerts=tuple(_planned(alert, team, spec, where) for alert in found),
        alerts_path=naming.alerts_path(name),
        alert_scenarios=tuple(_scenarios(found, spec)),
        slos=(),
        is_demo=False,
        spec=_as_service(name, team, where),
        records=tuple(rule for alert in found for rule in alert.records),
    )


def _scenarios(alerts: Iterable[OwnAlert], spec: Spec) -> Iterator[AlertScenario]:
    for alert in alerts:
        if alert.name == naming.DRILL_OVERDUE and spec.notify.drill_every is not None:
            yield from drill_scenarios(alert, spec.stack, spec.notify.drill_every)
        elif alert.name == naming.BACKUP_OVERDUE and spec.stack.backup_every is not None:
            yield from backup_scenarios(alert.name, spec.stack.backup_every)
        else:
            yield from own_scenarios(alert, spec.stack)


def _team(spec: Spec) -> str:
    """Return the team of the spec's `self_monitoring`, else the one team of all services."""
    teams = {service.team for service in spec.services}
    alone = teams.pop() if len(teams) == 1 else "unassigned"
    return spec.stack.self_monitoring.team or alone


def _planned(alert: OwnAlert, team: str, spec: Spec, where: Position) -> PlannedAlert:
    service, severity, is_watchdog = naming.OWN_SERVICE, _severity(alert, spec), alert.name == naming.WATCHDOG
    labels = {"service": service, "severity": severity, "team": team}
    labels[naming.KIND_LABEL] = naming.WATCHDOG_KIND if is_watchdog else _KIND
    return PlannedAlert(
        name=alert.name,
        preset=None,
        service=service,
        severity=severity,
        hold=alert.hold,
        window=None,
        expr=alert.expr,
        comment=alert.meaning,
        summary=alert.summary,
        description=alert.description,
        impact=alert.impact,
        next_query=alert.query,
        runbook_path=naming.runbook_path(service, alert.name),
        runbook_url=naming.runbook_url(_runbook_base(spec), service, alert.name),
        labels=escaped_labels(labels),
        route=spec.notify.watchdog_route
        if is_watchdog
        else spec.notify.route_for(severity, service=service, team=team),
        proof=None,
        where=where,
        mitigation=alert.mitigation,
    )


def _severity(alert: OwnAlert, spec: Spec) -> Severity | Literal["none"]:
    """Return the alert's severity, or the most urgent one that has a route where this one has none."""
    own = next((severity for severity in SEVERITIES if severity == alert.severity), None)
    if own is None:
        return "none"
    routed = {route.severity for route in spec.notify.routes}
    if not routed or own in routed:
        return own
    return next((severity for severity in SEVERITIES if severity in routed), own)


def _runbook_base(spec: Spec) -> str | None:
    bases = {service.runbook_base_url for service in spec.services}
    return bases.pop() if len(bases) == 1 else None


def _as_service(name: str, team: str, where: Position) -> Service:
    return Service(
        name=name,
        team=team,
        description=_DESCRIPTION,
        targets=(),
        target_positions=(),
        metrics_path="/metrics",
        signals=(),
        labels=(),
        slos=(),
        alerts=(),
        metrics=(),
        sla=None,
        runbook_base_url=None,
        where=where,
    )
