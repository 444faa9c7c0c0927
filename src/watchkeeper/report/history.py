"""What Prometheus answered about a period, as values: rollups in bins, targets, faulty rollups, gaps and alerts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.prometheus_api import Labels

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bin:
    """The rollups that begin in (start, end], in Unix seconds: how many there are, and the events that they sum up to.

    `evaluations` is how often the base was recorded.
    """

    start: int
    end: int
    bad: float
    total: float
    rollups: int
    evaluations: int


@dataclass(frozen=True, slots=True)
class Faulty:
    """The rollup that ends in the five minutes before `end`, with more bad events than the objective allows.

    `total` is read for objectives of promises only, else 0.
    """

    end: int
    bad: float
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class TargetSince:
    """An objective's target, a ratio, from a moment on."""

    since: int
    target: Decimal


@dataclass(frozen=True, slots=True)
class ObjectiveHistory:
    """One objective over the period. `previous` is one bin over the period before, None without data.

    `missing` are the spans without an evaluation. `onsets` and `ends` refine the edges of incidents: the evaluations
    that had too many bad events, near the edges of faulty rollups. `uncorrected` are the bins as they were recorded,
    None where no correction is about the objective.
    """

    name: str
    labels: Labels
    bins: tuple[Bin, ...]
    targets: tuple[TargetSince, ...]
    faulty: tuple[Faulty, ...] = ()
    over_budget: tuple[float, ...] = ()
    missing: tuple[Span, ...] = ()
    previous: Bin | None = None
    uncorrected: tuple[Bin, ...] | None = None

    @property
    def slo_id(self) -> str:
        """Return the objective's id."""
        return self.labels.get("slo_id", "")


@dataclass(frozen=True, slots=True)
class AlertSpan:
    """An alert that fired from `start` to `end`; None for what lies outside of the period.

    `values` are the labels of an objective's alert that a value of an objective by a label may be among.
    """

    name: str
    kind: str
    severity: str
    service: str
    slo_id: str
    start: float | None
    end: float | None
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Culprit:
    """How many bad requests of an incident one handler had with one status."""

    handler: str
    status: str
    bad: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Events within a limit, of all, from a histogram; `coverage` is the share of the period with values."""

    total: float
    within: float
    coverage: float


@dataclass(frozen=True, slots=True)
class History:
    """All that was read. `interval` is the seconds between two evaluations."""

    source: str
    interval: float
    objectives: tuple[ObjectiveHistory, ...]
    alerts: tuple[AlertSpan, ...] = ()
