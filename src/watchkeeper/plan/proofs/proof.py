"""Put an SLO's series and stories together."""

from __future__ import annotations

from watchkeeper.model.service import Service
from watchkeeper.plan.proofs.cast import cast_of
from watchkeeper.plan.proofs.stories import stories
from watchkeeper.plan.proofs.subject import Unprovable, strangers, subject
from watchkeeper.plan.proofs.values import SloProof
from watchkeeper.plan.slo.values import PlannedSlo


def slo_proof(slo: PlannedSlo, service: Service) -> SloProof:
    """Return the SLO's proof, or why there is none."""
    try:
        return SloProof(subject(slo, service), strangers(slo, service), stories(cast_of(slo)))
    except Unprovable as reason:
        return SloProof((), (), (), str(reason))
