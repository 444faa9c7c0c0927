"""What backends and reports need of an SLO's proofs."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.plan.proofs.scenarios.profile import Cast
from watchkeeper.plan.proofs.scenarios.scenario import Story
from watchkeeper.plan.proofs.series.samples import Series


@dataclass(frozen=True, slots=True)
class SloProof:
    """The series that feed an SLO's rules, what must not disturb them, and the stories of its cast.

    `unproven` says why there are none.
    """

    series: tuple[Series, ...]
    strangers: tuple[Series, ...]
    stories: tuple[Story, ...]
    cast: Cast | None = None
    unproven: str | None = None


NO_PROOF = SloProof((), (), (), unproven="nobody has thought one out")
