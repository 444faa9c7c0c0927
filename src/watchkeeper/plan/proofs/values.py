"""What backends and reports need of an SLO's proofs."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.plan.proofs.samples import Series
from watchkeeper.plan.proofs.story import Story


@dataclass(frozen=True, slots=True)
class SloProof:
    """The series that feed an SLO's rules, what must not disturb them, and the stories; `unproven` says why none."""

    series: tuple[Series, ...]
    strangers: tuple[Series, ...]
    stories: tuple[Story, ...]
    unproven: str | None = None


NO_PROOF = SloProof((), (), (), "nobody has thought one out")
