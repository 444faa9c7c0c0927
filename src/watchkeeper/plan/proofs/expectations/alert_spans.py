"""When each of an SLO's alerts must fire in a story, by its tiers and gates."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.plan.proofs.expectations.timeline import Span, Timeline, united
from watchkeeper.plan.slo.recordings import Shape
from watchkeeper.plan.slo.tiers import Tier


def burning(shape: Shape, timeline: Timeline, kind: str) -> list[Span]:
    """Return when FastBurn or SlowBurn holds, before any delay of the rules."""
    wanted = "page" if kind == naming.FAST_BURN else "ticket"
    return united(*(_tier(tier, timeline) for tier in shape.tiers if tier.kind == wanted))


def _tier(tier: Tier, timeline: Timeline) -> list[Span]:
    long, short, limit = float(tier.long.seconds), float(tier.short.seconds), float(tier.threshold)
    return timeline.spans_over(
        (
            (lambda at: timeline.error_ratio(short, at), limit),
            (lambda at: timeline.error_ratio(long, at), limit),
            (lambda at: timeline.bad_events(long, at), float(tier.gate)),
        ),
        (long, short),
    )


def exhausted(shape: Shape, timeline: Timeline, least_events: float) -> list[Span]:
    """Return when the budget is gone and enough bad events were seen."""
    window = float(shape.window.seconds)
    return timeline.spans_over(
        (
            (lambda at: timeline.error_ratio(window, at), float(shape.budget)),
            (lambda at: timeline.bad_events(window, at), least_events - 0.5),
        ),
        (window,),
    )
