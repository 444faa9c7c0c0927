"""When each of an SLO's alerts must fire in a scenario, by its tiers and their minimum-events guards."""

from __future__ import annotations

from watchkeeper.plan.proofs.timeline import Span, Timeline, united
from watchkeeper.plan.slo.recordings import SloParameters
from watchkeeper.plan.slo.tiers import Tier


def burning(parameters: SloParameters, timeline: Timeline, kind: str) -> list[Span]:
    """Return when the condition of FastBurn or SlowBurn is true, before any delay of the rules."""
    return united(*(_tier(tier, timeline) for tier in parameters.tiers if tier.alert_kind == kind))


def _tier(tier: Tier, timeline: Timeline) -> list[Span]:
    long, short, limit = float(tier.long.seconds), float(tier.short.seconds), float(tier.threshold)
    return timeline.spans_over(
        (
            (lambda at: timeline.error_ratio(short, at), limit),
            (lambda at: timeline.error_ratio(long, at), limit),
            (lambda at: timeline.bad_events(long, at), float(tier.guard_limit)),
        ),
        (long, short),
    )


def exhausted(parameters: SloParameters, timeline: Timeline, least_events: float) -> list[Span]:
    """Return when the budget is spent and enough bad events were counted."""
    window = float(parameters.window.seconds)
    return timeline.spans_over(
        (
            (lambda at: timeline.error_ratio(window, at), float(parameters.budget)),
            (lambda at: timeline.bad_events(window, at), least_events - 0.5),
        ),
        (window,),
    )
