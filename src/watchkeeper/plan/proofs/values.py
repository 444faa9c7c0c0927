"""What backends and reports need of an SLO's proofs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from watchkeeper.plan.proofs.samples import Series
from watchkeeper.plan.proofs.story import Story

if TYPE_CHECKING:
    from watchkeeper.plan.proofs.cast import Cast


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
