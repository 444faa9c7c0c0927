"""When alerts fire where rules are evaluated late on purpose."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.plan.plan import Plan, PlannedSlo
from watchkeeper.targets.target_profile import Profile


def evaluated_by(plan: Plan, profile: Profile) -> Plan:
    """Return the plan as a target evaluates it: every time that is computed from it includes the target's delay."""
    if profile.delay is None:
        return plan
    services = tuple(
        replace(service, slos=tuple(_late(slo, profile) for slo in service.slos)) for service in plan.services
    )
    return replace(plan, services=services)


def _late(slo: PlannedSlo, profile: Profile) -> PlannedSlo:
    assert profile.delay is not None
    base = replace(slo.parameters.base, late=profile.delay)
    return replace(slo, parameters=replace(slo.parameters, base=base))
