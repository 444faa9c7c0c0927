"""An SLO's proof, as backends and reports need it."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.scenario import Scenario
from watchkeeper.plan.proofs.series.samples import Series


@dataclass(frozen=True, slots=True)
class SloProof:
    """The input series of an SLO's rules, the decoys, and the scenarios of its profile.

    `unproven` says why there are none. `assumed` lists what the proof takes for granted: series that a query names,
    with values that neither the contract nor the spec declares.
    """

    series: tuple[Series, ...]
    decoys: tuple[Series, ...]
    scenarios: tuple[Scenario, ...]
    profile: ScenarioProfile | None = None
    unproven: str | None = None
    assumed: tuple[str, ...] = ()


NO_PROOF = SloProof((), (), (), unproven="nobody has written one")
