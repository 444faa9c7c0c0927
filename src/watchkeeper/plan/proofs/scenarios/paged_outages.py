"""Scenarios of an outage that is paged already: the burn that it leaves is no second page, unless it fired before."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile, needed, page_begin
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, DownAlert, PageRow, Scenario
from watchkeeper.plan.proofs.scenarios.shared_checks import HOUR, MINUTE, outage_length
from watchkeeper.plan.proofs.timeline import Timeline


def paged_outages(profile: ScenarioProfile) -> Iterator[Scenario]:
    """Yield one scenario for each state of the page, and one of a burn that fires before it."""
    if not profile.down_alert:
        return
    before = (profile.phase(10 * MINUTE),)
    first = outage_length(profile, before)
    slowest = [needed(profile, tier) for tier in profile.parameters.tiers if tier.kind == "page"]
    margin = profile.live_clock.lag + 2 * profile.live_clock.step
    length = max([first, *(seconds + margin for seconds in slowest if seconds <= HOUR)])
    timeline = Timeline((*before, profile.phase(length + MINUTE, 1.0)))
    if page_begin(profile, timeline) is None:
        return
    begin, at = timeline.starts[1], profile.live_clock.at_or_before(timeline.end)
    for state in profile.down_alert:
        yield Scenario(
            f"a total outage for which the page that the service is down is {state}",
            "live",
            timeline,
            (AlertCheck(at, naming.FAST_BURN, firing=False, aspect="silent"),),
            row=PageRow("an outage that is paged already", naming.FAST_BURN, state),
            down_alert=DownAlert(state, begin),
        )
    late = profile.live_clock.at_or_after(begin + length)
    longer = Timeline((*before, profile.phase(length + 5 * MINUTE, 1.0)))
    yield Scenario(
        "a burn that fires before the page that the service is down",
        "live",
        longer,
        (
            AlertCheck(
                profile.live_clock.at_or_before(longer.end),
                naming.FAST_BURN,
                firing=True,
                aspect="fires",
            ),
        ),
        row=PageRow("a burn that fires before the service is down", naming.FAST_BURN),
        down_alert=DownAlert("firing", late),
    )
