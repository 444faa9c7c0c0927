"""From one objective of the spec to everything that backends need of it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from watchkeeper import naming
from watchkeeper.model.same_object import SameObject
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.plan.calendar.calendar_series import CalendarSeries
from watchkeeper.plan.proofs.proof import slo_proof
from watchkeeper.plan.slo.alert_spec import least_events
from watchkeeper.plan.slo.base_window import BaseWindow, base_window_of
from watchkeeper.plan.slo.indicator import Indicator, indicator_of
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.recordings import SloParameters, live_rules, rollup_rules
from watchkeeper.plan.slo.slo_alerts import slo_alerts
from watchkeeper.plan.slo.split import split_of
from watchkeeper.plan.slo.tiers import fitted_tiers


def plan_slo(slo: Slo, service: Service, spec: Spec) -> PlannedSlo:
    """Return the objective with its rules, alerts and proof; asked again for the same objects, the same answer."""
    return _planned(SameObject(slo), SameObject(service), SameObject(spec))


@lru_cache(maxsize=4096)
def _planned(slo: SameObject[Slo], service: SameObject[Service], spec: SameObject[Spec]) -> PlannedSlo:
    decided = _decided(slo.value, service.value, spec.value)
    return replace(decided, proof=slo_proof(decided, service.value))


def _decided(slo: Slo, service: Service, spec: Spec) -> PlannedSlo:
    base = base_window_of(spec.stack)
    is_planned = bool(spec.maintenance_of(service.name))
    total = naming.TOTAL_ALL if is_planned else naming.TOTAL_BASE
    indicator = indicator_of(slo, service, base, total=total)
    parameters = _parameters(slo, service, base, indicator)
    if is_planned:
        parameters = replace(parameters, planned_work=service.name)
    labels = {"service": service.name, "slo": slo.name, "slo_id": parameters.slo_id, "team": service.team}
    return PlannedSlo(
        name=slo.name,
        service=service.name,
        slo_id=parameters.slo_id,
        description=slo.description,
        parameters=parameters,
        indicator=indicator,
        labels=tuple(labels.items()),
        live_rules=tuple(live_rules(parameters, indicator)),
        rollup_rules=tuple(rollup_rules(parameters)),
        alerts=slo_alerts(slo, service, spec, parameters, indicator),
        rules_path=naming.rules_path(service.name, slo.name),
        idle_after=slo.alerting.idle,
        spec=slo,
    )


def _parameters(slo: Slo, service: Service, base: BaseWindow, indicator: Indicator) -> SloParameters:
    return SloParameters(
        slo_id=naming.slo_id(service.name, slo.name),
        objective=slo.objective,
        window=slo.window,
        tiers=fitted_tiers(slo, least_events(indicator, base.scrape)),
        base=base,
        down=service.own if slo.sli.downtime == "bad" else None,
        split=split_of(slo.by),
        calendar=None if slo.calendar is None else CalendarSeries(service.name, slo.calendar),
    )
