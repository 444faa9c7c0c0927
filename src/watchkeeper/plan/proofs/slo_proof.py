"""An SLO's proof, as backends and reports need it."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.emit.promql import matcher
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.scenario import Scenario
from watchkeeper.plan.proofs.series.samples import Series


@dataclass(frozen=True, slots=True)
class ProvenValue:
    """The label and the value that a proof is about, and a healthy value beside it."""

    label: str
    value: str
    beside: str

    @property
    def matcher(self) -> str:
        """Return the value as a matcher, as it stands in series and selectors."""
        return self.of(self.value)

    def of(self, value: str) -> str:
        """Return a matcher of another value of the label; an empty one is that of series without it."""
        return matcher(self.label, "=", value)


@dataclass(frozen=True, slots=True)
class SloProof:
    """The input series of an SLO's rules, the decoys, and the scenarios of its profile.

    `unproven` says why there are none. `assumed` lists what the proof takes for granted: series that a query names,
    with values that neither the contract nor the spec declares. `proven` is the value that the proof of an objective by
    a label is about.
    """

    series: tuple[Series, ...]
    decoys: tuple[Series, ...]
    scenarios: tuple[Scenario, ...]
    profile: ScenarioProfile | None = None
    unproven: str | None = None
    assumed: tuple[str, ...] = ()
    proven: ProvenValue | None = None


NO_PROOF = SloProof((), (), (), unproven="nobody has written one")
