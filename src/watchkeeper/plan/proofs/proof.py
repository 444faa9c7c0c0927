"""Put series and stories together: of an SLO, and of a service's threshold alerts."""

from __future__ import annotations

from watchkeeper.model.service import Service
from watchkeeper.model.stack import Stack
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.proofs.cast import cast_of
from watchkeeper.plan.proofs.raw import raw_stories
from watchkeeper.plan.proofs.stories import stories
from watchkeeper.plan.proofs.subject import Unprovable, strangers, subject
from watchkeeper.plan.proofs.threshold import AlertStory, alert_stories
from watchkeeper.plan.proofs.values import SloProof
from watchkeeper.plan.slo.values import PlannedSlo


def slo_proof(slo: PlannedSlo, service: Service) -> SloProof:
    """Return the SLO's proof, or why there is none."""
    try:
        series = subject(slo, service)
    except Unprovable as reason:
        return SloProof((), (), (), unproven=str(reason))
    cast = cast_of(slo)
    return SloProof(series, strangers(slo, series), stories(cast), cast)


def alert_proof(service: Service, planned: tuple[PlannedAlert, ...], stack: Stack) -> tuple[AlertStory, ...]:
    """Return the stories of a service's threshold alerts, in the alerts' order."""
    return tuple(
        story
        for alert, decided in zip(service.alerts, planned, strict=True)
        for story in (
            alert_stories(alert, decided, service, stack) or raw_stories(alert, decided, service, stack)
        )
    )
