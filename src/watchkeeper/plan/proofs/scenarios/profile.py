"""The scenario profile: what decides an SLO's scenarios, without its names. SLOs of one profile share their scenarios."""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchkeeper import naming
from watchkeeper.model.slo import TILE
from watchkeeper.plan.proofs.alert_spans import burning, exhausted_soon, spent
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Clock, PageRow, alert_checks
from watchkeeper.plan.proofs.timeline import Phase, Span, Timeline
from watchkeeper.plan.slo.alert_spec import KEEP_FIRING
from watchkeeper.plan.slo.budget_alerts import SOON_KEEP_FIRING, BudgetLevel, Forecast
from watchkeeper.plan.slo.recordings import SloParameters
from watchkeeper.plan.slo.tiers import Tier

BURNS = (naming.FAST_BURN, naming.SLOW_BURN)
FEW = "too few bad events, then enough"
_BUSY = 100.0
_UNDER = 0.95
# Near enough to a threshold that one of four fifths is exceeded, far enough that a window crosses it soon.
JUST_BELOW, JUST_ABOVE = 0.92, 1.12


@dataclass(frozen=True, slots=True)
class ScenarioProfile:
    """The parameters of an SLO, the kinds of its alerts, and the nature of its indicator; all times in seconds.

    `down_alert` has the states of the page that the service is down, in which its fast burn is no further page.
    """

    parameters: SloParameters
    kinds: tuple[str, ...]
    is_time: bool
    least_events: float
    idle_after: int | None
    levels: tuple[BudgetLevel, ...] = ()
    forecast: Forecast | None = None
    down_alert: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """Return ordinary traffic in events a second; indicators of time count one second a second."""
        return 1.0 if self.is_time else _BUSY

    @property
    def keep(self) -> int:
        """Return how long an alert keeps firing after its condition has ended."""
        return int(KEEP_FIRING.seconds)

    def keep_of(self, kind: str) -> int:
        """Return how long the alerts of a kind keep firing."""
        kept = {level.kind: level.keep for level in self.levels}
        kept[naming.BUDGET_EXHAUSTED_SOON] = int(SOON_KEEP_FIRING.seconds)
        return kept.get(kind, self.keep)

    @property
    def live_clock(self) -> Clock:
        """Return the clock of evaluations at the evaluation interval."""
        base = self.parameters.base
        return Clock(int(base.evaluation.seconds), int(base.lag.seconds))

    @property
    def rollup_clock(self) -> Clock:
        """Return the clock of one evaluation per rollup: base, rollup and its reader are each one evaluation late."""
        return Clock(int(TILE.seconds), 3 * int(TILE.seconds))

    @property
    def is_down_bad(self) -> bool:
        """Return whether an outage of all targets spends the budget."""
        return self.parameters.down is not None

    def phase(
        self, seconds: float, ratio: float = 0.0, *, grid: int = 60, rate: float | None = None
    ) -> Phase:
        """Return a phase of ordinary traffic, rounded up to the grid; ratios to nine digits, as samples have them."""
        whole = -int(-seconds // grid) * grid
        return Phase(whole, self.rate if rate is None else rate, round(min(ratio, 1.0), 9))

    def previous_labels_phase(self, seconds: int, ratio: float = 0.0, *, grid: int = 60) -> Phase:
        """Return a phase of which only the records of the rules remain, under their previous labels.

        Samples are placed at scrapes: where evaluations fall between scrapes it is an ordinary phase.
        """
        base = self.parameters.base
        is_aligned = base.evaluation.seconds % base.scrape.seconds == 0
        return replace(self.phase(seconds, ratio, grid=grid), previous_labels=is_aligned)

    def rollup_phase(self, seconds: float, ratio: float = 0.0, *, rate: float | None = None) -> Phase:
        """Return a phase of whole rollups."""
        return self.phase(seconds, ratio, grid=int(TILE.seconds), rate=rate)


def under(tier: Tier) -> float:
    """Return an error ratio just below a tier's threshold."""
    return float(tier.threshold) * _UNDER


def below_min_events(tier: Tier) -> tuple[float, float]:
    """Return how many bad events are too few for a tier's minimum-events guard, and how many more satisfy it.

    One event less than a small guard; a large guard is approached to a tenth, as counts are interpolated. A guard of
    one event asks for half of one.
    """
    least = float(tier.min_events)
    if least < 2:
        return 0.45, 0.12
    return (least - 1, 1.0) if least <= 10 else (0.9 * least, 0.2 * least)


def needed(profile: ScenarioProfile, tier: Tier) -> float:
    """Return how many seconds of total outage a tier asks for, by its threshold or by its minimum-events guard."""
    return max(float(tier.long.seconds) * float(tier.threshold), float(tier.guard_limit) / profile.rate)


def burn_checks(
    profile: ScenarioProfile, timeline: Timeline, clock: Clock, kinds: tuple[str, ...]
) -> list[AlertCheck]:
    """Return the checks that tiers and budget give for each of these alert kinds that the SLO has."""
    found: list[AlertCheck] = []
    for kind in kinds:
        if kind not in profile.kinds:
            continue
        found += alert_checks(
            kind, _spans(profile, timeline, kind), timeline, clock, keep=profile.keep_of(kind)
        )
    return found


def _spans(profile: ScenarioProfile, timeline: Timeline, kind: str) -> list[Span]:
    if kind == naming.BUDGET_EXHAUSTED:
        return spent(profile.parameters, timeline, profile.least_events)
    if kind == naming.BUDGET_EXHAUSTED_SOON and profile.forecast is not None:
        return exhausted_soon(profile.parameters, timeline, profile.forecast)
    for level in profile.levels:
        if level.kind == kind:
            return spent(profile.parameters, timeline, float(level.min_events), left=float(level.left))
    return burning(profile.parameters, timeline, kind)


def page_begin(profile: ScenarioProfile, timeline: Timeline) -> float | None:
    """Return when the page condition is first true in a scenario, None for never."""
    spans = (
        burning(profile.parameters, timeline, naming.FAST_BURN) if naming.FAST_BURN in profile.kinds else []
    )
    return spans[0][0] if spans else None


def edge_row(tier: Tier, case: str) -> PageRow:
    """Return the row of burns close to a tier's threshold."""
    return PageRow(f"burn at the threshold of {tier.long}/{tier.short}", tier.alert_kind, case)


def few_row(tier: Tier) -> PageRow:
    """Return the row of an alert's minimum-events guards."""
    return PageRow(FEW, tier.alert_kind, f"{tier.long}/{tier.short}")
