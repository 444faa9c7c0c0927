"""Whether a deployment may go out, from the same reading as the status: not into a budget that is spent or burns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from watchkeeper.overview.numbers_text import burn, lasts, percent
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.overview.value_rows import is_counted, summed_up, value_of

Verdict = Literal["passed", "refused", "unknown"]
# Worst first: what is refused decides, whatever else is unknown.
VERDICTS: tuple[Verdict, ...] = ("refused", "unknown", "passed")
# How many values of a label a line names.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class GateRules:
    """What is refused: a burn rate over the last hour above `burn`, and a spent budget unless `allows_spent`."""

    burn: float = 1.0
    allows_spent: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One objective with the verdict about it, and the reason as one line."""

    objective: Objective
    verdict: Verdict
    reason: str


def chosen(rows: Iterable[Objective], names: Sequence[str], services: Sequence[str]) -> tuple[Objective, ...]:
    """Return the objectives that are named as `service/slo` or by id, or by their service; all without any name."""
    wanted = {*names}
    every = not names and not services
    return tuple(row for row in rows if every or row.service in services or wanted & set(names_of(row)))


def names_of(row: Objective) -> tuple[str, str]:
    """Return the names under which an objective can be chosen."""
    return f"{row.service}/{row.labels.get('slo', '')}", row.slo_id


def judged(row: Objective, rules: GateRules) -> Judged:
    """Return the verdict about one objective. What cannot be seen is unknown, and never passes."""
    firing = [alert.name for alert in row.alerts if alert.is_firing]
    burns = (row.burn_1h or 0.0) > rules.burn
    left = f"{percent(row.remaining)} of the budget left"
    if row.state == "firing":
        return Judged(row, "refused", f"{', '.join(firing)} fires; {_speed(row)}; {left}")
    if row.state == "no data":
        return Judged(row, "unknown", "nothing is recorded: its rules do not run, or their metric is missing")
    if burns:
        gone = f", which is gone in {lasts(row.exhaustion)}" if row.exhaustion else ""
        return Judged(row, "refused", f"{_speed(row)}; {left}{gone}")
    if row.state == "spent":
        verdict: Verdict = "passed" if rules.allows_spent else "refused"
        return Judged(
            row,
            verdict,
            f"the budget of {row.period or row.window or 'its window'} is spent ({left}); {_speed(row)}",
        )
    return Judged(row, "passed", f"{left}; {'no events now' if row.state == 'idle' else _speed(row)}")


def decisive(rows: Iterable[Objective]) -> tuple[Objective, ...]:
    """Return the rows that are judged: of the values of a label those that are counted now, unless none is.

    What is not counted any more, such as a renamed route, cannot be harmed by a deployment.
    """
    every = tuple(rows)
    known = {(one.slo_id, one.by) for one in every if one.by and is_counted(one)}
    return tuple(one for one in every if is_counted(one) or (one.slo_id, one.by) not in known)


def by_objective(found: Iterable[Judged]) -> list[Judged]:
    """Return one verdict for each objective, the worst of its values, with those that decided it as the reason."""
    groups: defaultdict[tuple[tuple[str, str], ...], list[Judged]] = defaultdict(list)
    for one in found:
        row = one.objective
        # Objectives of several environments share an id.
        shared = ((name, value) for name, value in sorted(row.labels.items()) if name != row.by)
        groups[tuple(shared)].append(one)
    return [_of_values(every) if len(every) > 1 else every[0] for every in groups.values()]


def _of_values(every: Sequence[Judged]) -> Judged:
    worst = verdict_of(every)
    these = [one for one in every if one.verdict == worst]
    (row,) = summed_up(one.objective for one in every)
    if worst == "passed":
        (calmest, *_) = (one for one in every if one.objective.name == row.values[0].name)
        return Judged(row, worst, f"worst of {len(every)} by {row.by}, {value_of(row)}: {calmest.reason}")
    named = "; ".join(f"{value_of(one.objective)}: {one.reason}" for one in these[:_NAMED])
    more = f"; and {len(these) - _NAMED} more" if len(these) > _NAMED else ""
    return Judged(row, worst, f"{len(these)} of {len(every)} by {row.by}: {named}{more}")


def _speed(row: Objective) -> str:
    return f"burn rate {burn(row.burn_1h)} over 1h, {burn(row.burn_6h)} over 6h"


def verdict_of(found: Iterable[Judged]) -> Verdict:
    """Return the worst verdict."""
    return min((one.verdict for one in found), key=VERDICTS.index, default="unknown")
