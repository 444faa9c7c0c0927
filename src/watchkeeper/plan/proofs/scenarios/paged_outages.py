"""Scenarios of an outage that is paged already: the burn that it leaves is no second page, unless it fired before."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.plan.proofs.alert_spans import burning
from watchkeeper.plan.proofs.scenarios.ended_pages import PAGED, ended_pages
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile, needed, page_begin
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, DownAlert, PageRow, Scenario
from watchkeeper.plan.proofs.scenarios.shared_checks import HOUR, MINUTE, outage_length
from watchkeeper.plan.proofs.timeline import Phase, Timeline

_BEFORE = "a burn that fires before the page that the service is down"


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
    begin, end = timeline.starts[1], timeline.end
    ended = tuple(ended_pages(profile, length))
    # A page that fires is in these too.
    for state in (one for one in profile.down_alert if one != "firing" or not ended):
        yield Scenario(
            f"a total outage for which the page that the service is down is {state}",
            "live",
            timeline,
            (_silent(profile.live_clock.at_or_before(end)),),
            row=PageRow(PAGED, naming.FAST_BURN, state),
            down_alerts=(DownAlert(state, ((begin, end),)),),
        )
    yield from ended
    yield _burns_on(profile, before, first, length)
    if not profile.is_down_bad:
        yield _runs_empty(profile, before, length)


def _silent(at: int) -> AlertCheck:
    return AlertCheck(at, naming.FAST_BURN, firing=False, aspect="silent")


def _burns_on(profile: ScenarioProfile, before: tuple[Phase, ...], first: float, length: float) -> Scenario:
    """Return a burn that goes on under the page: first its fastest tier alone, then every tier, then only slower ones."""
    clock, shortest = profile.live_clock, min(_shorts(profile))
    ended = profile.keep + clock.lag + 2 * clock.step
    burn = profile.phase(max(length, first + ended) + MINUTE, 1.0)
    timeline = Timeline((*before, burn, profile.phase(shortest + ended)))
    begin, late = timeline.starts[1], clock.at_or_after(timeline.starts[1] + first)
    instants = [late + ended, begin + burn.seconds, timeline.end]
    # The last only where a slower tier's windows are certain to burn until then.
    spans = burning(profile.parameters, timeline, naming.FAST_BURN)
    at = [clock.at_or_before(one) for one in instants if any(start <= one <= end for start, end in spans)]
    # Where downtime is a gap, a page that fires holds the burn whatever its windows say.
    state = "firing" if profile.is_down_bad else profile.down_alert[-1]
    case = "" if profile.is_down_bad else "its windows burn"
    return _goes_on(_BEFORE, timeline, DownAlert(state, ((late, timeline.end),)), case, at)


def _runs_empty(profile: ScenarioProfile, before: tuple[Phase, ...], length: float) -> Scenario:
    clock = profile.live_clock
    margin = clock.lag + 2 * clock.step
    gone = Phase(max(_shorts(profile)) + 5 * MINUTE + profile.keep + margin, profile.rate, 1.0, up=False)
    timeline = Timeline((*before, profile.phase(length + MINUTE, 1.0), gone))
    title, case = f"{_BEFORE}, in which its windows run empty: downtime is a gap", "its windows run empty"
    down = DownAlert("firing", ((clock.at_or_after(timeline.starts[1] + length), timeline.end),))
    return _goes_on(title, timeline, down, case, [clock.at_or_before(timeline.end)])


def _shorts(profile: ScenarioProfile) -> list[int]:
    return [int(tier.short.seconds) for tier in profile.parameters.tiers if tier.kind == "page"]


def _goes_on(title: str, timeline: Timeline, down: DownAlert, case: str, instants: list[int]) -> Scenario:
    """Return the scenario of a burn that fires before the page, and must still fire at each instant."""
    return Scenario(
        title,
        "live",
        timeline,
        tuple(AlertCheck(at, naming.FAST_BURN, firing=True, aspect="fires") for at in instants),
        row=PageRow("a burn that fires before the service is down", naming.FAST_BURN, case),
        down_alerts=(down,),
    )
