"""An SLO as the plan decided it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import Slo
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.proofs.slo_proof import NO_PROOF, SloProof
from watchkeeper.plan.slo.indicator import Indicator
from watchkeeper.plan.slo.recording_rule import RecordingRule
from watchkeeper.plan.slo.recordings import SloParameters
from watchkeeper.plan.slo.tiers import Tier


@dataclass(frozen=True, slots=True)
class PlannedSlo:
    """One objective with its rules in the order of evaluation: `live_rules` every evaluation, `rollup_rules` every five minutes.

    Every recorded series has `labels`. `idle_after` is set when the team wants an alert about idleness.
    """

    name: str
    service: str
    slo_id: str
    description: str
    parameters: SloParameters
    indicator: Indicator
    labels: tuple[tuple[str, str], ...]
    live_rules: tuple[RecordingRule, ...]
    rollup_rules: tuple[RecordingRule, ...]
    alerts: tuple[PlannedAlert, ...]
    rules_path: str
    idle_after: Duration | None
    spec: Slo
    proof: SloProof = NO_PROOF

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Return the tiers, fastest first."""
        return self.parameters.tiers

    @property
    def budget(self) -> Decimal:
        """Return the share of events that may be bad."""
        return self.parameters.budget
