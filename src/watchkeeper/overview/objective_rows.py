"""Objectives, from the series that our rules record; no spec is needed."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from watchkeeper import naming
from watchkeeper.model.calendar_window import window_length
from watchkeeper.overview.alert_rows import Alert
from watchkeeper.overview.expected import ExpectedObjective
from watchkeeper.prometheus_api import Labels, Sample

State = Literal["firing", "spent", "burning", "no data", "idle", "ok"]
# Worst first.
STATES: Final[tuple[State, ...]] = get_args(State)
FAULTS: Final[tuple[State, ...]] = ("firing", "spent", "burning")
_BURN_1H, _BURN_6H = naming.burn_rate("1h"), naming.burn_rate("6h")
_READ = (
    naming.OBJECTIVE,
    naming.REMAINING,
    naming.EXHAUSTION,
    _BURN_1H,
    _BURN_6H,
    naming.TOTAL_BASE,
    naming.BAD_BASE,
)
_RATIO = naming.error_ratio("")
BUDGETS_QUERY: Final = f'{{__name__=~"{"|".join(map(re.escape, _READ))}"}}'
WINDOWS_QUERY: Final = f'count by (__name__, slo_id) ({{__name__=~"{_RATIO}.+"}})'
# One objective that several servers record, as pairs of Prometheus do, is one row.
_REPLICAS = ("replica", "prometheus_replica", "prometheus")
_BURN_KINDS = tuple(naming.slo_alert_kind(kind) for kind in (naming.FAST_BURN, naming.SLOW_BURN))


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective now; numbers are None where the series is missing.

    `target` and `remaining` are ratios, `exhaustion` is in seconds, `events` and `bad` are per second. `name` is
    unique among the objectives of one reading. `labels` are those of the recorded series. Only a spec has descriptions,
    and the name of the month or quarter of now as `period`. `by` is the label whose values have budgets of their own, and
    `values` are their rows where this one is for all of them.
    """

    name: str
    slo_id: str
    service: str
    labels: Labels
    window: str
    target: float | None
    remaining: float | None
    burn_1h: float | None
    burn_6h: float | None
    exhaustion: float | None
    events: float | None
    bad: float | None
    alerts: tuple[Alert, ...]
    state: State
    description: str = ""
    period: str = ""
    by: str = ""
    values: tuple[Objective, ...] = ()

    @property
    def is_fault(self) -> bool:
        """Return whether its budget burns or is spent, or one of its burn alerts fires."""
        return self.state in FAULTS


def objectives(
    samples: Iterable[Sample],
    windows: Mapping[str, str],
    alerts: Sequence[Alert],
    spec: Sequence[ExpectedObjective] = (),
    *,
    at: float = 0.0,
) -> tuple[Objective, ...]:
    """Return the objectives of the answer to BUDGETS_QUERY and those of the spec that are not recorded, worst first.

    `windows` contains the window of each objective by its `slo_id`, `at` is the time of now in Unix seconds.
    """
    found: defaultdict[tuple[tuple[str, str], ...], dict[str, float]] = defaultdict(dict)
    for sample in samples:
        if sample.labels.get("slo_id") and math.isfinite(sample.value):
            found[_identity(sample.labels)][sample.labels["__name__"]] = sample.value
    names = _names([dict(identity) for identity in found])
    by_slo: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_slo[alert.slo_id].append(alert)
    rows = [
        _objective(name, dict(identity), values, windows, by_slo)
        for name, (identity, values) in zip(names, found.items(), strict=True)
    ]
    return worst_first(_with_spec(rows, spec, at) if spec else rows)


def _with_spec(rows: Sequence[Objective], spec: Sequence[ExpectedObjective], at: float) -> list[Objective]:
    known = {each.slo_id: each for each in spec}
    described = [_described(row, known[row.slo_id], at) if row.slo_id in known else row for row in rows]
    recorded = {row.slo_id for row in rows}
    return described + [_unrecorded(each) for each in spec if each.slo_id not in recorded]


def _described(row: Objective, each: ExpectedObjective, at: float) -> Objective:
    # The rules of a young stack have not recorded the longest window yet.
    return replace(row, description=each.description, window=each.window, period=each.period(at))


def _unrecorded(each: ExpectedObjective) -> Objective:
    labels = {"service": each.service, "slo": each.slo, "slo_id": each.slo_id}
    nothing = (None, None, None, None, None, None)
    return Objective(
        each.slo_id,
        each.slo_id,
        each.service,
        labels,
        each.window,
        each.target,
        *nothing,
        (),
        "no data",
        each.description,
    )


def windows_of(samples: Iterable[Sample]) -> dict[str, str]:
    """Return the longest recorded window by `slo_id`, which is the objective's own, from WINDOWS_QUERY's answer."""
    longest: dict[str, str] = {}
    for sample in samples:
        try:
            window = sample.labels["__name__"].removeprefix(_RATIO)
            length = window_length(window)
        except (KeyError, ValueError):
            continue
        slo_id = sample.labels.get("slo_id", "")
        if slo_id not in longest or length > window_length(longest[slo_id]):
            longest[slo_id] = window
    return longest


def worst_first(rows: Iterable[Objective]) -> tuple[Objective, ...]:
    """Return objectives by state, then by burn rate, then by what is left of the budget."""
    return tuple(sorted(rows, key=_badness))


def _badness(row: Objective) -> tuple[int, float, float, str]:
    left = 1.0 if row.remaining is None else row.remaining
    return (STATES.index(row.state), -(row.burn_1h or 0.0), left, row.name)


def _identity(labels: Labels) -> tuple[tuple[str, str], ...]:
    return tuple(
        sorted((name, value) for name, value in labels.items() if name not in ("__name__", *_REPLICAS))
    )


def _names(identities: Sequence[Labels]) -> list[str]:
    """Return a name for each objective: its id, with the labels that differ where several share an id."""
    by_id: defaultdict[str, list[Labels]] = defaultdict(list)
    for labels in identities:
        by_id[labels["slo_id"]].append(labels)
    return [name_of(labels, by_id[labels["slo_id"]]) for labels in identities]


def name_of(labels: Labels, same: Sequence[Labels]) -> str:
    """Return an objective's id, with the labels that differ among those of the `same` id."""
    differing = sorted(key for key in labels if any(other.get(key) != labels[key] for other in same))
    return " ".join([labels["slo_id"], *(f"{key}={labels[key]}" for key in differing)])


def _objective(
    name: str,
    labels: dict[str, str],
    values: Mapping[str, float],
    windows: Mapping[str, str],
    by_slo: Mapping[str, list[Alert]],
) -> Objective:
    own = tuple(alert for alert in by_slo.get(labels["slo_id"], ()) if _belongs(alert, labels))
    return Objective(
        name=name,
        slo_id=labels["slo_id"],
        service=labels.get("service", ""),
        labels=labels,
        window=windows.get(labels["slo_id"], ""),
        target=values.get(naming.OBJECTIVE),
        remaining=values.get(naming.REMAINING),
        burn_1h=values.get(_BURN_1H),
        burn_6h=values.get(_BURN_6H),
        exhaustion=values.get(naming.EXHAUSTION),
        events=values.get(naming.TOTAL_BASE),
        bad=values.get(naming.BAD_BASE),
        alerts=own,
        state=_state(values, own),
    )


def _belongs(alert: Alert, labels: Labels) -> bool:
    """Return whether no label that both have differs, such as the environment."""
    return all(labels.get(name, value) == value for name, value in (alert.labels or {}).items())


def _state(values: Mapping[str, float], alerts: Sequence[Alert]) -> State:
    remaining = values.get(naming.REMAINING)
    if any(alert.is_firing and alert.kind in _BURN_KINDS for alert in alerts):
        return "firing"
    if remaining is not None and remaining <= 0:
        return "spent"
    if remaining is None or naming.BAD_BASE not in values:
        return "no data"
    if values.get(_BURN_1H, 0.0) > 1:
        return "burning"
    return "idle" if values.get(naming.TOTAL_BASE) == 0 else "ok"
