"""Put series and stories together: of an SLO, and of a service's threshold alerts."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.model.service import Service
from watchkeeper.model.stack import Stack
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.proofs.scenarios.profile import Cast
from watchkeeper.plan.proofs.scenarios.slo_scenarios import stories
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertStory, alert_stories
from watchkeeper.plan.proofs.scenarios.user_proof import raw_stories
from watchkeeper.plan.proofs.series.input_series import Unprovable, strangers, subject
from watchkeeper.plan.proofs.slo_proof import SloProof
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.slo_alerts import exhaustion_events


def slo_proof(slo: PlannedSlo, service: Service) -> SloProof:
    """Return the SLO's proof, or why there is none."""
    try:
        series = subject(slo, service)
    except Unprovable as reason:
        return SloProof((), (), (), unproven=str(reason))
    cast = profile_of(slo)
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


def profile_of(slo: PlannedSlo) -> Cast:
    """Return an SLO's cast: equal for SLOs whose stories are the same."""
    shape = replace(slo.shape, slo_id="", down=None if slo.shape.down is None else "")
    kinds = tuple(alert.slo_kind for alert in slo.alerts if alert.slo_kind is not None)
    idle = int(slo.idle_after.seconds) if slo.idle_after is not None else None
    least = float(exhaustion_events(slo.spec, slo.shape, slo.indicator))
    return Cast(shape, kinds, slo.indicator.is_time, least, idle)
