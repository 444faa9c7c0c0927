"""What the alerts of an SLO are made of: what is particular to each, and what all of them read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.model.alert import Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo
from watchkeeper.plan.slo.indicator import Indicator
from watchkeeper.plan.slo.policy import TierKind
from watchkeeper.plan.slo.recordings import SloParameters
from watchkeeper.plan.slo.tiers import SLO_MIN_EVENTS, Tier

KEEP_FIRING = Duration.parse("2m")
_AT_ONCE = Duration(0)


@dataclass(frozen=True, slots=True)
class AlertSpec:
    """What is particular to one alert; everything else follows from its SLO."""

    kind: str
    severity: Severity
    expr: str
    comment: str
    summary: str
    description_template: str
    next_query: str
    hold: Duration = _AT_ONCE
    keep_firing: Duration | None = None
    window: Duration | None = None
    mitigation: str = ""


@dataclass(frozen=True, slots=True)
class SloContext:
    """One SLO with everything that its alerts read."""

    slo: Slo
    service: Service
    parameters: SloParameters
    indicator: Indicator

    def tiers(self, kind: TierKind) -> tuple[Tier, ...]:
        """Return the tiers of one kind, fastest first."""
        return tuple(tier for tier in self.parameters.tiers if tier.kind == kind)

    @property
    def title(self) -> str:
        """Return the words with which every summary begins."""
        return f"{self.service.name}: {self.slo.name}"


def least_events(indicator: Indicator, scrape: Duration) -> Decimal:
    """Return the minimum-events guard where the spec sets none: two events, or the seconds of two bad samples of a gauge."""
    return 2 * scrape.seconds if indicator.is_time else SLO_MIN_EVENTS
