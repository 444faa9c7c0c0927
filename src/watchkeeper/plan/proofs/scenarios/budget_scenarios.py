"""Scenarios of a budget that is not spent yet: how much of it is left, and how long it lasts at the current burn rate."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.plan.proofs.alert_spans import exhausted_soon
from watchkeeper.plan.proofs.scenarios.profile import FEW, ScenarioProfile, burn_checks
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, PageRow, Scenario
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.budget_alerts import BudgetLevel, Forecast

_HOUR = 3600
# A share of the budget that is a little more or less than what an alert asks for.
_NEARLY, _JUST = 0.97, 1.03
# The largest error ratio that may be the limit of a forecast: a burn of six times as much must be possible.
_LARGEST_LIMIT, _STEEP = 0.15, 6.0


def budget_scenarios(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield the scenarios of the alerts that the team wants on the rest of its budget."""
    for level in profile.levels:
        yield _level(profile, level)
    if profile.forecast is not None:
        yield _forecast(profile, profile.forecast)
        yield _nothing_left(profile, profile.forecast)
        if not profile.is_time:
            yield _forecast_guard(profile, profile.forecast)


def _level(profile: ScenarioProfile, level: BudgetLevel) -> Scenario:
    """Return an outage that spends almost as much as the alert asks for, then a little more, then a rush of healthy traffic."""
    wait, share = profile.rollup_phase(2 * profile.rollup_clock.lag), 1 - float(level.left)
    nearly = _spending(profile, share * _NEARLY)
    more = _spending(profile, share * (_JUST - _NEARLY))
    phases = [profile.rollup_phase(_HOUR / 2), nearly, wait, more, wait]
    if not profile.is_time:
        until = max(2 * _HOUR, nearly.seconds / 10) + level.keep + 3 * profile.rollup_clock.lag
        phases.append(profile.rollup_phase(until, rate=profile.rate * 20))
    timeline = Timeline(tuple(phases))
    return Scenario(
        f"a total outage until {share:.0%} of the error budget is spent, then a rush of healthy traffic",
        "rollup",
        timeline,
        tuple(burn_checks(profile, timeline, profile.rollup_clock, (level.kind,))),
        with_decoys=True,
        row=PageRow("an outage spends that much of the budget", level.kind),
    )


def _forecast(profile: ScenarioProfile, forecast: Forecast) -> Scenario:
    """Return a burst that is too short, a burn just below the limit, one just above it, a steep one, and one below it.

    The hour decides on the burst, which is over the limit for minutes. At the end only the short window is below it.
    """
    left, lag = _share_left(forecast), profile.rollup_clock.lag
    limit, hour = left * float(forecast.slope), profile.rollup_phase(_HOUR + 2 * lag)

    def burn(seconds: int, ratio: float) -> Phase:
        return Phase(seconds, profile.rate, round(ratio, 9))

    burst = burn(900, limit * 2.5)
    before = (profile.rollup_phase(_HOUR / 2), _spending(profile, 1 - left), hour, burst, hour)
    over = (burn(hour.seconds, limit * 0.9), burn(hour.seconds, limit * 1.08), burn(1200, limit * _STEEP))
    spent = Timeline((*before, *over))
    whole, budget = float(profile.parameters.window.seconds), float(profile.parameters.budget)
    still_left = max(0.0, 1 - spent.error_ratio(whole, spent.end) / budget)
    # It must be below the limit to the end, although it lowers the limit itself.
    share = min(0.9, 0.97 * forecast.seconds / (forecast.seconds + _HOUR))
    timeline = Timeline((*spent.phases, burn(_HOUR, still_left * float(forecast.slope) * share)))
    counted = timeline.starts[4] + lag
    return _of_forecast(
        profile,
        timeline,
        f"with {left:.1%} of the error budget left, burns that would spend it too late, then one that would in time",
        PageRow("the budget lasts too long, then not", naming.BUDGET_EXHAUSTED_SOON),
        silent=(counted,) if _is_quiet(profile, forecast, timeline, counted) else (),
    )


def _is_quiet(profile: ScenarioProfile, forecast: Forecast, timeline: Timeline, at: int) -> bool:
    """Return whether the alert is silent at an instant, even if the rules are late."""
    late = profile.keep_of(naming.BUDGET_EXHAUSTED_SOON) + profile.rollup_clock.lag
    spans = exhausted_soon(profile.parameters, timeline, forecast)
    return not any(start <= at <= end + late + profile.rollup_clock.step for start, end in spans)


def _nothing_left(profile: ScenarioProfile, forecast: Forecast) -> Scenario:
    """Return a budget that is more than spent: nothing burns for a while, then very little."""
    hour = profile.rollup_phase(_HOUR + 2 * profile.rollup_clock.lag)
    little = Phase(hour.seconds, profile.rate, round(0.03 * min(1.0, float(forecast.slope)), 9))
    timeline = Timeline((profile.rollup_phase(_HOUR / 2), _spending(profile, 1.1), hour, hour, little))
    title = "a total outage that spends more than the error budget, then no failure, then few"
    return _of_forecast(profile, timeline, title, None)


def _share_left(forecast: Forecast) -> float:
    return min(0.5, _LARGEST_LIMIT / float(forecast.slope))


def _of_forecast(
    profile: ScenarioProfile,
    timeline: Timeline,
    title: str,
    row: PageRow | None,
    *,
    silent: tuple[int, ...] = (),
) -> Scenario:
    kind = naming.BUDGET_EXHAUSTED_SOON
    checks = [AlertCheck(at, kind, firing=False, aspect="silent") for at in silent]
    checks += burn_checks(profile, timeline, profile.rollup_clock, (kind,))
    return Scenario(title, "rollup", timeline, tuple(checks), with_decoys=True, row=row)


def _forecast_guard(profile: ScenarioProfile, forecast: Forecast) -> Scenario:
    """Return three times too few bad events: the guard counts the first two together, and the last two not.

    Half an hour would miss the first, two hours would count all of them.
    """
    guard, lag = float(forecast.min_events) - 0.5, profile.rollup_clock.lag
    left = min(1.0, _LARGEST_LIMIT / float(forecast.slope))
    # So many good events as the limit allows: a guard that counts them too must be noticed.
    good = max(0.0, min(2.0, 0.9 / (1.3 * left * float(forecast.slope)) - 0.9)) * guard / _HOUR

    def thin(seconds: int, share: float = 0.0) -> Phase:
        """Return thin traffic with that share of the guard as bad events."""
        bad = share * guard / seconds
        return Phase(seconds, good + bad, round(bad / (good + bad), 9) if bad else 0.0)

    spent = (_spending(profile, 1 - left),) if left < 1 else ()
    before = (profile.rollup_phase(_HOUR / 2), *spent, thin(_HOUR + 2 * lag))
    events = (thin(600, 0.65), thin(900), thin(1800, 0.75), thin(2400), thin(600, 0.6), thin(lag))
    title = "three times too few bad events for the minimum-events guard of a forecast: the first two are within 1h"
    row = PageRow(FEW, naming.BUDGET_EXHAUSTED_SOON)
    return _of_forecast(profile, Timeline((*before, *events)), title, row)


def _spending(profile: ScenarioProfile, share: float) -> Phase:
    """Return a phase that spends that share of the budget: of errors only, but for what the grid adds."""
    wanted = share * float(profile.parameters.window.seconds * profile.parameters.budget)
    whole = profile.rollup_phase(wanted, 1.0)
    return Phase(whole.seconds, profile.rate, round(wanted / whole.seconds, 9))
