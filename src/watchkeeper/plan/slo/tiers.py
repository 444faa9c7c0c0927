"""Make a policy's tiers fit one SLO: reachable thresholds, and a minimum-events guard against single failures.

A tier can fire only while factor x budget < 1, since no window contains more errors than requests: at 90% a factor of
14.4 asks for 144% errors. Such a tier gets the highest threshold that leaves room, nine errors in ten requests. A tier
is dropped where that would make its factor 1 or less (a page) or less than 1 (a ticket).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import Slo
from watchkeeper.plan.slo.policy import DEFAULT, PolicyTier, TierKind, tiers_of

# Which alert a tier belongs to: all page tiers are one alert, all ticket tiers another.
ALERT_KINDS: dict[TierKind, str] = {"page": naming.FAST_BURN, "ticket": naming.SLOW_BURN}
HIGHEST_THRESHOLD = Decimal("0.9")
SLO_MIN_EVENTS = Decimal(2)
# At expected traffic the guard is a tenth of what the threshold asks for: it decides only while traffic is under a
# tenth of the expected.
_SHARE_OF_EXPECTED = Decimal("0.1")
_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Tier:
    """One pair of windows of one SLO. `threshold` is an error ratio, `min_events` counts bad events in `long`.

    `policy_factor` is what the policy asks for; `factor` differs from it where that could never fire.
    """

    kind: TierKind
    long: Duration
    short: Duration
    factor: Decimal
    policy_factor: Decimal
    threshold: Decimal
    min_events: Decimal

    @property
    def alert_kind(self) -> str:
        """Return which of the SLO's alerts the tier belongs to."""
        return ALERT_KINDS[self.kind]

    @property
    def is_adapted(self) -> bool:
        """Return whether the policy's own factor could not fire."""
        return self.factor != self.policy_factor

    @property
    def guard_limit(self) -> Decimal:
        """Return what the counted bad events must exceed: half an event less than `min_events`, since counts are interpolated."""
        return self.min_events - _HALF


def budget_of(slo: Slo) -> Decimal:
    """Return the share of events that may be bad."""
    return 1 - slo.objective


def policy_tiers(slo: Slo) -> tuple[PolicyTier, ...]:
    """Return the tiers that the SLO's policy asks for, fastest first."""
    return tiers_of(slo.alerting.policy or DEFAULT, slo.window)


def fitted_tiers(slo: Slo, least_events: Decimal) -> tuple[Tier, ...]:
    """Return the tiers that can fire; `least_events` is the minimum-events guard where the spec sets none."""
    fitted = (_fitted(tier, slo, least_events) for tier in policy_tiers(slo))
    return tuple(tier for tier in fitted if tier is not None)


def _fitted(tier: PolicyTier, slo: Slo, least_events: Decimal) -> Tier | None:
    budget = budget_of(slo)
    threshold = min(tier.factor * budget, HIGHEST_THRESHOLD)
    factor = tier.factor if threshold == tier.factor * budget else threshold / budget
    if factor < 1 or (tier.kind == "page" and factor <= 1):
        return None
    return Tier(
        kind=tier.kind,
        long=tier.long,
        short=tier.short,
        factor=factor,
        policy_factor=tier.factor,
        threshold=threshold.normalize(),
        min_events=min_events(slo, threshold, tier.long, least_events),
    )


def min_events(slo: Slo, threshold: Decimal, window: Duration, least: Decimal) -> Decimal:
    """Return how many bad events a window must contain: the spec's own number, else by its expected traffic."""
    if slo.min_events is not None:
        return Decimal(slo.min_events)
    if slo.expected_traffic is None:
        return least
    expected = threshold * slo.expected_traffic * window.seconds * _SHARE_OF_EXPECTED
    return max(least, expected.to_integral_value(ROUND_CEILING))
