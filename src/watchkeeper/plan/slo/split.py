"""An objective by a label: which values have a budget of their own, and how every event is counted once.

A value keeps its place as long as its own budget is recorded: while it is counted, and until all that it counted has
left the window. So a place is only given away when the budget is untouched. Values without a place share `__other__`,
and so do events without the label.
"""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.contract import OTHER_VALUE
from watchkeeper.emit.promql import string
from watchkeeper.model.by_label import ByLabel
from watchkeeper.model.duration import Duration
from watchkeeper.plan.slo.base_window import FROM_BASE

# Longer than a rollup and two evaluations: by then the rollups know a value that is new.
RECENT = Duration.parse("10m")
# Larger than any number of events in a base window.
_HAS_A_PLACE = "1e18"


@dataclass(frozen=True, slots=True)
class Split:
    """The label of an objective, its listed values, and how many can have a budget of their own."""

    label: str
    values: tuple[str, ...]
    at_most: int

    @property
    def words(self) -> str:
        """Return which values have a budget of their own, for people."""
        if self.values:
            return f"{', '.join(self.values)}; all others share {OTHER_VALUE}"
        return f"the first {self.at_most} with events, until their window is empty; all others share {OTHER_VALUE}"

    @property
    def grouped(self) -> str:
        """Return the clause between an aggregation and its operand, which keeps the values apart."""
        return f" by ({self.label}) "

    def bounded(self, summed: str, slo_id: str) -> str:
        """Return a vector by value with those that have no place added up; the rest is 0 where there is none."""
        own = f'{naming.OWN_BUDGET}{{slo_id="{slo_id}"}}'
        rest = f"sum({summed} unless on ({self.label}) {own})\n    or\n    0 * sum({summed})"
        return (
            f"(\n  {summed} and on ({self.label}) {own}\n  or\n"
            f'  label_replace(\n    {rest},\n    "{self.label}", "{OTHER_VALUE}", "", ""\n  )\n)'
        )

    def own_budget(self, found: str, total: str, rollup: str, slo_id: str) -> str:
        """Return which values have a budget of their own: the listed ones, else the first that `found` has seen.

        `total` and `rollup` are the names of recorded series that a value has while it is counted, and as long as its
        budget is known.
        """
        if self.values:
            return "\nor\n".join(self._listed(value) for value in self.values)
        id_ = f'{{slo_id="{slo_id}"}}'
        kept = f"last_over_time({rollup}{id_}[{FROM_BASE}]) or last_over_time({total}{id_}[{RECENT}])"
        unnamed = f'vector(0) or label_replace(vector(0), "{self.label}", "{OTHER_VALUE}", "", "")'
        return (
            f"group{self.grouped}(\n  topk({self.at_most},\n    (\n"
            f"      {_HAS_A_PLACE} * group{self.grouped}({kept})\n      or\n      ({found} > 0)\n    )\n"
            f"    unless on ({self.label}) ({unnamed})\n  )\n)"
        )

    def _listed(self, value: str) -> str:
        # A dollar sign begins the name of a group in the replacement.
        return f'label_replace(vector(1), "{self.label}", {string(value.replace("$", "$$"))}, "", "")'


def split_of(by: ByLabel | None) -> Split | None:
    """Return how an objective is split, None for one budget."""
    return None if by is None else Split(by.label, by.values, by.at_most)
