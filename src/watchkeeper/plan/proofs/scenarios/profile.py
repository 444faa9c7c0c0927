"""What an SLO's stories depend on, without its names: SLOs of one shape share them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchkeeper import naming
from watchkeeper.plan.proofs.expectations.alert_spans import burning, exhausted
from watchkeeper.plan.proofs.expectations.timeline import Phase, Timeline
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Clock, moments
from watchkeeper.plan.slo.base_window import TILE
from watchkeeper.plan.slo.recordings import Shape
from watchkeeper.plan.slo.slo_alerts import KEEP_FIRING
from watchkeeper.plan.slo.tiers import Tier

BURNS = (naming.FAST_BURN, naming.SLOW_BURN)
_BUSY = 100.0
_UNDER = 0.95


@dataclass(frozen=True, slots=True)
class Cast:
    """The shape of an SLO, which alerts it has, and what its indicator is; all times in seconds."""

    shape: Shape
    kinds: tuple[str, ...]
    is_time: bool
    least_events: float
    idle_after: int | None

    @property
    def rate(self) -> float:
        """Return ordinary traffic in events a second; indicators of time count one second a second."""
        return 1.0 if self.is_time else _BUSY

    @property
    def keep(self) -> int:
        """Return how long an alert goes on after its condition has ended."""
        return int(KEEP_FIRING.seconds)

    @property
    def fine(self) -> Clock:
        """Return the clock of the evaluations as in life."""
        base = self.shape.base
        return Clock(int(base.evaluation.seconds), int(base.lag.seconds))

    @property
    def coarse(self) -> Clock:
        """Return the clock of one evaluation a tile: base, tile and its reader are each one evaluation late."""
        return Clock(int(TILE.seconds), 3 * int(TILE.seconds))

    @property
    def is_down_bad(self) -> bool:
        """Return whether an outage of all targets spends the budget."""
        return self.shape.down is not None

    def phase(
        self, seconds: float, ratio: float = 0.0, *, grid: int = 60, rate: float | None = None
    ) -> Phase:
        """Return a phase of ordinary traffic, rounded up to the grid; ratios to nine digits, as samples have them."""
        whole = -int(-seconds // grid) * grid
        return Phase(whole, self.rate if rate is None else rate, round(min(ratio, 1.0), 9))

    def former_phase(self, seconds: int, ratio: float = 0.0, *, grid: int = 60) -> Phase:
        """Return a phase of which only what the rules recorded under other labels is left.

        Samples stand at scrapes: where evaluations fall between those it is an ordinary phase.
        """
        base = self.shape.base
        is_aligned = base.evaluation.seconds % base.scrape.seconds == 0
        return replace(self.phase(seconds, ratio, grid=grid), former=is_aligned)

    def coarse_phase(self, seconds: float, ratio: float = 0.0, *, rate: float | None = None) -> Phase:
        """Return a phase of whole tiles."""
        return self.phase(seconds, ratio, grid=int(TILE.seconds), rate=rate)


def kind_of(tier: Tier) -> str:
    """Return which alert a tier belongs to."""
    return naming.FAST_BURN if tier.kind == "page" else naming.SLOW_BURN


def under(tier: Tier) -> float:
    """Return an error ratio just below a tier's threshold."""
    return float(tier.threshold) * _UNDER


def below_gate(tier: Tier) -> tuple[float, float]:
    """Return how many bad events are too few for a tier's gate, and how many more open it.

    One less than a small gate; a large one is approached to a tenth, as counts are interpolated.
    """
    least = float(tier.min_events)
    return (least - 1, 1.0) if least <= 10 else (0.9 * least, 0.2 * least)


def needed(cast: Cast, tier: Tier) -> float:
    """Return how many seconds of total outage a tier asks for, by its threshold or by its gate."""
    return max(float(tier.long.seconds) * float(tier.threshold), float(tier.gate) / cast.rate)


def burn_checks(cast: Cast, timeline: Timeline, clock: Clock, kinds: tuple[str, ...]) -> list[AlertCheck]:
    """Return what the tiers and the budget say of each of the wanted alerts that the SLO has."""
    found: list[AlertCheck] = []
    for kind in kinds:
        if kind not in cast.kinds:
            continue
        spans = (
            exhausted(cast.shape, timeline, cast.least_events)
            if kind == naming.BUDGET_EXHAUSTED
            else burning(cast.shape, timeline, kind)
        )
        found += moments(kind, spans, timeline, clock, keep=cast.keep)
    return found


def first_page(cast: Cast, timeline: Timeline) -> float | None:
    """Return when the page condition first holds in a story, None for never."""
    spans = burning(cast.shape, timeline, naming.FAST_BURN) if naming.FAST_BURN in cast.kinds else []
    return spans[0][0] if spans else None
