"""When each of an SLO's alerts must fire in a scenario, by its tiers, its budget and their minimum-events guards."""

from __future__ import annotations

from collections.abc import Callable

from watchkeeper.plan.proofs.timeline import Span, Timeline, united
from watchkeeper.plan.slo.budget_alerts import Forecast
from watchkeeper.plan.slo.recordings import SloParameters
from watchkeeper.plan.slo.tiers import Tier

_HOUR = 3600.0


def burning(parameters: SloParameters, timeline: Timeline, kind: str) -> list[Span]:
    """Return when the condition of FastBurn or SlowBurn is true, before any delay of the rules."""
    return united(*(tier_spans(tier, timeline) for tier in parameters.tiers if tier.alert_kind == kind))


def burning_from(
    parameters: SloParameters, timeline: Timeline, kind: str, begin: Callable[[Tier], float]
) -> list[Span]:
    """Return when the condition is true if each tier is held back until its own instant."""
    return united(
        *(
            [(max(start, begin(tier)), end) for start, end in tier_spans(tier, timeline) if end > begin(tier)]
            for tier in parameters.tiers
            if tier.alert_kind == kind
        )
    )


def tier_spans(tier: Tier, timeline: Timeline) -> list[Span]:
    """Return when a tier's condition is true, before any delay of the rules."""
    long, short, limit = float(tier.long.seconds), float(tier.short.seconds), float(tier.threshold)
    return timeline.spans_over(
        (
            (lambda at: timeline.error_ratio(short, at), limit),
            (lambda at: timeline.error_ratio(long, at), limit),
            (lambda at: timeline.bad_events(long, at), float(tier.guard_limit)),
        ),
        (long, short),
    )


def spent(
    parameters: SloParameters, timeline: Timeline, least_events: float, *, left: float = 0.0
) -> list[Span]:
    """Return when at most the share `left` of the budget remains and enough bad events were counted."""
    window = float(parameters.window.seconds)
    return timeline.spans_over(
        (
            (lambda at: timeline.error_ratio(window, at), float(parameters.budget) * (1 - left)),
            (lambda at: timeline.bad_events(window, at), least_events - 0.5),
        ),
        (window,),
    )


def exhausted_soon(parameters: SloParameters, timeline: Timeline, forecast: Forecast) -> list[Span]:
    """Return when the budget is gone in time at the burn rates of the last hour and of the forecast's short window."""
    whole, short, slope = (
        float(parameters.window.seconds),
        float(forecast.short.seconds),
        float(forecast.slope),
    )

    def limit(at: float) -> float:
        return slope * max(0.0, 1 - timeline.error_ratio(whole, at) / float(parameters.budget))

    return timeline.spans_over(
        (
            (lambda at: timeline.error_ratio(_HOUR, at) - limit(at), 0.0),
            (lambda at: timeline.error_ratio(short, at) - limit(at), 0.0),
            (lambda at: timeline.bad_events(_HOUR, at), float(forecast.min_events) - 0.5),
        ),
        (_HOUR, short, whole),
    )
