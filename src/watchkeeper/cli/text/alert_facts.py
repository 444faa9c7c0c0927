"""Everything that the plan says about one alert: what `explain ALERT` shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from watchkeeper import naming
from watchkeeper.backends import rules
from watchkeeper.cli.text.preset_facts import preset_numbers
from watchkeeper.model.alert import Alert
from watchkeeper.plan.inhibitions import inhibited_by, inhibits
from watchkeeper.plan.notified_labels import route_to_people
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedRoute, PlannedService, PlannedSlo
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck
from watchkeeper.plan.slo.policy import DEFAULT
from watchkeeper.plan.slo.tiers import Tier


@dataclass(frozen=True, slots=True)
class ProofFacts:
    """One scenario that checks the alert; times in seconds since its beginning."""

    scenario: str
    fires: tuple[int, ...]
    silent: tuple[int, ...]
    resolves: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """One alert with its origin, its way to people and its proof. `slo` is None for a threshold alert.

    `written` is None for an alert that is not in the spec: an objective's, or one that services have without asking.
    """

    alert: PlannedAlert
    service: PlannedService
    slo: PlannedSlo | None
    written: Alert | None
    line: int
    route: PlannedRoute | None
    inhibits: tuple[str, ...]
    inhibited_by: tuple[str, ...]
    proof: tuple[ProofFacts, ...]
    unproven: str | None

    @property
    def kind(self) -> str:
        """Return the value of the label that names what made the alert."""
        return dict(self.alert.labels)[naming.KIND_LABEL]

    @property
    def rule_path(self) -> str:
        """Return the rendered file of the rule."""
        return self.slo.rules_path if self.slo is not None else self.service.alerts_path

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Return the objective's tiers that the alert consists of."""
        return (
            ()
            if self.slo is None
            else tuple(t for t in self.slo.tiers if t.alert_kind == self.alert.slo_kind)
        )

    @property
    def policy(self) -> str | None:
        """Return the policy that chose the tiers."""
        return (self.slo.spec.alerting.policy or DEFAULT) if self.slo is not None and self.tiers else None

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        """Return the preset's settings by their names in the spec."""
        if self.written is not None:
            return preset_numbers(self.written, self.alert)
        return (("for", str(self.alert.hold)),) if self.slo is None else ()


def alerts_named(plan: Plan, name: str) -> tuple[AlertFacts, ...]:
    """Return the alerts with that name, also when written <service>/<name>; services may have alerts of one name."""
    return tuple(
        _facts(plan, service, slo, alert)
        for service in plan.alerting_services
        for slo, alert in _alerts(service)
        if name in (alert.name, f"{service.name}/{alert.name}")
    )


def _alerts(service: PlannedService) -> Iterator[tuple[PlannedSlo | None, PlannedAlert]]:
    yield from ((None, alert) for alert in service.alerts)
    yield from ((slo, alert) for slo in service.slos for alert in slo.alerts)


def _facts(plan: Plan, service: PlannedService, slo: PlannedSlo | None, alert: PlannedAlert) -> AlertFacts:
    return AlertFacts(
        alert=alert,
        service=service,
        slo=slo,
        written=_written(service, alert) if slo is None else None,
        line=_line(plan, service, slo, alert),
        route=route_to_people(plan, alert),
        inhibits=tuple(other.name for other in inhibits(plan, alert)),
        inhibited_by=tuple(other.name for other in inhibited_by(plan, alert)),
        proof=tuple(_proof(service, slo, alert)),
        unproven=_unproven(service, slo, alert),
    )


def _written(service: PlannedService, alert: PlannedAlert) -> Alert | None:
    # Those of the spec come first.
    number = service.alerts.index(alert)
    return service.spec.alerts[number] if number < len(service.spec.alerts) else None


def _line(plan: Plan, service: PlannedService, slo: PlannedSlo | None, alert: PlannedAlert) -> int:
    """Return the line at which the rule begins, from the one file that contains it."""
    alone = (
        replace(service, slos=(), alerts=service.alerts)
        if slo is None
        else replace(service, slos=(slo,), alerts=())
    )
    (text,) = rules.render(replace(plan, services=(alone,), own=None)).values()
    begins = f"- alert: {alert.name}"
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.strip() == begins)


def _proof(service: PlannedService, slo: PlannedSlo | None, alert: PlannedAlert) -> Iterator[ProofFacts]:
    if slo is None:
        for one in service.alert_scenarios:
            if one.alert == alert.name:
                yield _checked(one.title, one.checks)
        return
    for scenario in slo.proof.scenarios:
        own = [check for check in scenario.alerts if check.alert == alert.slo_kind]
        if own:
            yield _checked(scenario.title, own)


def _checked(title: str, checks: Iterable[AlertCheck]) -> ProofFacts:
    at: dict[str, list[int]] = {"fires": [], "silent": [], "resolves": []}
    for check in checks:
        at[check.aspect].append(check.at)
    return ProofFacts(title, tuple(at["fires"]), tuple(at["silent"]), tuple(at["resolves"]))


def _unproven(service: PlannedService, slo: PlannedSlo | None, alert: PlannedAlert) -> str | None:
    if slo is not None:
        return slo.proof.unproven
    has = any(one.alert == alert.name for one in service.alert_scenarios)
    return None if has else "its expression has no `proof:` in the spec"
