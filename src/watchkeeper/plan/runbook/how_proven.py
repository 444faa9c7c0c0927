"""How an alert was proven: a few of its scenarios, the whole list is on the service's page of proofs."""

from __future__ import annotations

from functools import lru_cache

from watchkeeper.plan.plan import PlannedAlert, PlannedService, PlannedSlo
from watchkeeper.plan.proofs.proof_rows import alert_row, slo_rows
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.slo_scenarios import scenarios

_MOST = 1
# Scenario, what must happen, when.
Rows = tuple[tuple[str, str, str], ...]


def proof_rows(alert: PlannedAlert, slo: PlannedSlo | None, service: PlannedService) -> tuple[Rows, str]:
    """Return rows of the alert's proof, and why there are none; one of both is empty."""
    if slo is None:
        found = [one for one in service.alert_scenarios if one.alert == alert.name]
        if not found:
            return (), "nobody has written a proof for this expression"
        row = alert_row(found)
        return ((row.scenario, row.must, row.when),), ""
    if slo.proof.profile is None:
        return (), slo.proof.unproven or "nobody has written a proof"
    rows = _of_profile(slo.proof.profile).get(alert.slo_kind or "", ())
    return rows, "" if rows else "no scenario is about this alert"


@lru_cache(maxsize=256)
def _of_profile(profile: ScenarioProfile) -> dict[str, Rows]:
    """Return the first rows of each alert of SLOs with this profile, which have the same scenarios."""
    found: dict[str, Rows] = {}
    for row in slo_rows(scenarios(profile)):
        rows = found.get(row.alert, ())
        found[row.alert] = (*rows, (row.scenario, row.must, row.when))[:_MOST]
    return found
