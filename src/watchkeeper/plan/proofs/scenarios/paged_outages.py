"""Scenarios of an outage that is paged already: the burn that it leaves is no second page, unless it fired before."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile, needed, page_begin
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, DownAlert, PageRow, Scenario
from watchkeeper.plan.proofs.scenarios.shared_checks import HOUR, MINUTE, outage_length
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.alert_spec import KEEP_FIRING


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
    title = "a burn that fires before the page that the service is down"
    # Where downtime is a gap, a page that fires holds the burn whatever its windows say.
    state = "firing" if profile.is_down_bad else profile.down_alert[-1]
    burning = Timeline((*before, profile.phase(length + 5 * MINUTE, 1.0)))
    case = "" if profile.is_down_bad else "its windows burn"
    yield _goes_on(profile, title, burning, DownAlert(state, late), case)
    if not profile.is_down_bad:
        longest = max(int(tier.short.seconds) for tier in profile.parameters.tiers if tier.kind == "page")
        gone = Phase(longest + 5 * MINUTE + int(KEEP_FIRING.seconds) + margin, profile.rate, 1.0, up=False)
        timeline = Timeline((*before, profile.phase(length + MINUTE, 1.0), gone))
        title = f"{title}, in which its windows run empty: downtime is a gap"
        yield _goes_on(profile, title, timeline, DownAlert("firing", late), "its windows run empty")


def _goes_on(
    profile: ScenarioProfile, title: str, timeline: Timeline, down: DownAlert, case: str
) -> Scenario:
    """Return the scenario of a burn that fires before the page, and must still fire at the end."""
    end = profile.live_clock.at_or_before(timeline.end)
    return Scenario(
        title,
        "live",
        timeline,
        (AlertCheck(end, naming.FAST_BURN, firing=True, aspect="fires"),),
        row=PageRow("a burn that fires before the service is down", naming.FAST_BURN, case),
        down_alert=down,
    )
