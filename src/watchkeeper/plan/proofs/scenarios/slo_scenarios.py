"""All scenarios of an SLO; those of one profile are made once."""

from __future__ import annotations

from functools import lru_cache

from watchkeeper.plan.proofs.scenarios.by_value import by_value
from watchkeeper.plan.proofs.scenarios.calendar_turn import calendar_turn
from watchkeeper.plan.proofs.scenarios.daily_pace import daily_pace
from watchkeeper.plan.proofs.scenarios.live_pace import live_pace
from watchkeeper.plan.proofs.scenarios.planned_work import planned_work
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.rollup_pace import rollup_pace
from watchkeeper.plan.proofs.scenarios.scenario import Scenario


@lru_cache(maxsize=256)
def scenarios(profile: ScenarioProfile) -> tuple[Scenario, ...]:
    """Return every scenario of SLOs with this profile, but for those without a check because their alerts are off."""
    every = (
        *live_pace(profile),
        *rollup_pace(profile),
        *daily_pace(profile),
        *planned_work(profile),
        *by_value(profile),
        *calendar_turn(profile),
    )
    return tuple(scenario for scenario in every if scenario.alerts or scenario.values)
