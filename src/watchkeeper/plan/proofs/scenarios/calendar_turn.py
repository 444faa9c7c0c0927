"""The scenario of a calendar window: a budget that is spent when the month ends is whole when the next one begins."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.model.slo import TILE
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, PageRow, Scenario, ValueCheck
from watchkeeper.plan.proofs.scenarios.shared_checks import HOUR, MINUTE, TINY
from watchkeeper.plan.proofs.timeline import Timeline

_LONGEST = 12 * HOUR
# How long the outage lasts in the new month, and what follows it.
_STILL, _AFTER = 30 * MINUTE, 2 * HOUR
# Another traffic than before: what a rule counts of the old month would change the ratio of the new one.
_BUSIER = 3.0


def calendar_turn(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield an outage over the end of a month, until it has lasted half an hour in the next one."""
    if profile.parameters.calendar is None:
        return
    clock, unit = profile.rollup_clock, profile.parameters.window_name
    whole = float(profile.parameters.window.seconds)
    wanted = whole * float(profile.parameters.budget) + 2 * clock.lag
    old = profile.rollup_phase(2 * HOUR), profile.rollup_phase(min(wanted, _LONGEST), 1.0)
    busier = profile.rate if profile.is_time else profile.rate * _BUSIER
    new = profile.rollup_phase(_STILL, 1.0), profile.rollup_phase(_AFTER, rate=busier)
    timeline = Timeline((*old, *new))
    ends, scrape = timeline.starts[2], int(profile.parameters.base.scrape.seconds)
    # In the middle of a rollup, which then belongs to the old month.
    turn = ends - int(TILE.seconds) // 2 // scrape * scrape
    yield Scenario(
        f"a total outage over the end of a {unit}",
        "rollup",
        timeline,
        tuple(_alerts(profile, ends, is_spent=wanted <= _LONGEST)),
        tuple(_budgets(profile, timeline, ends)),
        row=PageRow(f"the turn of a {unit}", naming.BUDGET_EXHAUSTED),
        turn=turn,
    )


def _alerts(profile: ScenarioProfile, ends: int, *, is_spent: bool) -> Iterator[AlertCheck]:
    kind, clock = naming.BUDGET_EXHAUSTED, profile.rollup_clock
    if kind not in profile.kinds:
        return
    if is_spent:
        yield AlertCheck(ends - clock.step, kind, firing=True, aspect="fires")
    silent = clock.at_or_after(ends + profile.keep_of(kind) + clock.step)
    # The outage goes on: a small budget is soon spent again.
    budget = float(profile.parameters.window.seconds * profile.parameters.budget)
    if 2 * (silent - ends) < budget:
        yield AlertCheck(silent, kind, firing=False, aspect="resolves")


def _budgets(profile: ScenarioProfile, timeline: Timeline, ends: int) -> Iterator[ValueCheck]:
    whole, budget, tile = (
        float(profile.parameters.window.seconds),
        float(profile.parameters.budget),
        int(TILE.seconds),
    )
    # Rollups are one evaluation late at this pace, and what they show is one more.
    spent = (ends - timeline.starts[1]) / whole / budget
    yield ValueCheck(ends - tile, naming.REMAINING, 1 - spent, spent * 3 * tile / (ends - timeline.starts[1]))
    for name in (naming.TOTAL_TILE, naming.BAD_TILE):
        yield ValueCheck(ends - tile, naming.calendar_tile(name), profile.rate, TINY, of_month=True)
    yield ValueCheck(ends, naming.REMAINING, 1.0, TINY)
    # From the end of the old month on every rollup is of the new one.
    counted = [(timeline.end - tile, naming.REMAINING)]
    if profile.parameters.planned_work is not None:
        counted.append((timeline.end, naming.REMAINING_ALL))
    for until, name in counted:
        bad, total = timeline.events(ends, until)
        used = bad / total * (until - ends) / whole / budget
        yield ValueCheck(timeline.end, name, 1 - used, used * 0.003)
