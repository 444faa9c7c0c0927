"""Combine series and scenarios: of an SLO, and of a service's threshold alerts."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.model.alert import Alert
from watchkeeper.model.service import Service
from watchkeeper.model.stack import Stack
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.proofs.scenarios.alert_in_maintenance import alert_in_maintenance
from watchkeeper.plan.proofs.scenarios.conflict_scenario import conflict_scenarios
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.slo_scenarios import scenarios
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario, alert_scenarios
from watchkeeper.plan.proofs.scenarios.user_proof import user_scenarios
from watchkeeper.plan.proofs.series.chosen_labels import Unprovable
from watchkeeper.plan.proofs.series.decoys import decoys
from watchkeeper.plan.proofs.series.filtered_series import assumed_values, left_out, selected
from watchkeeper.plan.proofs.series.input_series import fed_series
from watchkeeper.plan.proofs.series.samples import Series
from watchkeeper.plan.proofs.series.split_series import companions, of_value, proven_value
from watchkeeper.plan.proofs.slo_proof import ProvenValue, SloProof
from watchkeeper.plan.slo.budget_alerts import budget_levels, exhaustion_events, forecast_of
from watchkeeper.plan.slo.paged_outage import outage_states
from watchkeeper.plan.slo.planned_slo import PlannedSlo


def slo_proof(slo: PlannedSlo, service: Service) -> SloProof:
    """Return the SLO's proof, or why there is none."""
    try:
        found, assumed = fed_series(slo, service)
        series = selected(found, slo.spec.sli, service)
    except Unprovable as reason:
        return SloProof((), (), (), unproven=str(reason))
    proven: ProvenValue | None = None
    beside: tuple[Series, ...] = ()
    if slo.spec.by is not None:
        proven = proven_value(slo.spec.by, series, service, external=slo.spec.sli.external)
        series = of_value(series, proven)
        beside = tuple(companions(series, proven))
    profile = profile_of(slo, outage_states(service, slo.spec))
    assumed = (*assumed, *assumed_values(slo.spec.sli, series, service))
    others = (*decoys(slo, service, series, proven), *beside, *left_out(series, slo.spec.sli, service))
    return SloProof(series, others, scenarios(profile), profile, assumed=assumed, proven=proven)


def alert_proof(
    service: Service,
    given: tuple[Alert, ...],
    planned: tuple[PlannedAlert, ...],
    stack: Stack,
    *,
    has_windows: bool = False,
) -> tuple[AlertScenario, ...]:
    """Return the scenarios of a service's threshold alerts, in the order of both tuples."""
    found: list[AlertScenario] = []
    for alert, decided in zip(given, planned, strict=True):
        own = (
            alert_scenarios(alert, decided, service, stack)
            or conflict_scenarios(decided, service, stack)
            or user_scenarios(alert, decided, service, stack)
        )
        found += own
        if has_windows:
            found += alert_in_maintenance(alert, own, service, stack)
    return tuple(found)


def profile_of(slo: PlannedSlo, down_alert: tuple[str, ...] = ()) -> ScenarioProfile:
    """Return an SLO's scenario profile: equal for SLOs whose scenarios are the same."""
    parameters = replace(
        slo.parameters,
        slo_id="",
        down=None if slo.parameters.down is None else (),
        planned_work=None if slo.parameters.planned_work is None else "",
        calendar=None if slo.parameters.calendar is None else slo.parameters.calendar.unnamed(),
    )
    kinds = tuple(alert.slo_kind for alert in slo.alerts if alert.slo_kind is not None)
    idle = int(slo.idle_after.seconds) if slo.idle_after is not None else None
    least = float(exhaustion_events(slo.spec, slo.parameters, slo.indicator))
    planned = slo.spec, slo.parameters, slo.indicator
    levels, forecast = budget_levels(*planned), forecast_of(*planned)
    return ScenarioProfile(
        parameters, kinds, slo.indicator.is_time, least, idle, levels, forecast, down_alert
    )
