"""The PromQL over recorded series: states, budgets and burn rates of objectives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from watchkeeper import naming
from watchkeeper.backends.grafana.panels import State
from watchkeeper.backends.grafana.queries import FIRING, TIME_RANGE
from watchkeeper.backends.grafana.scope import Matcher, Objective
from watchkeeper.emit.promql import number, selector
from watchkeeper.model.calendar_window import CalendarWindow
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import TILE

STATES = (
    State(3, "exhausted", "red"),
    State(2, "at risk", "orange"),
    State(1, "no data", "purple"),
    State(0, "healthy", "green"),
)
"""Worst first; the numbers sort like that."""
STATES_TEXT = (
    "Exhausted: no budget is left. At risk: the last hour burned faster than the budget allows, or less than a tenth"
    " is left. No data: nothing is measured now."
)
_LITTLE = "0.1"
# The end of the time range, at every point of the graph.
_END = "scalar(last_over_time(vector(time())[1s:1s] @ end()))"
_START = f"{_END} - $__range_s"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recorded series of some objectives, each one value for the labels in `by`.

    `values` are labels whose values have budgets of their own: an objective is then as good as its worst budget.
    """

    matchers: tuple[Matcher, ...]
    by: str = "slo"
    values: tuple[str, ...] = ()

    def newest(self, name: str, matchers: Sequence[Matcher] = ()) -> str:
        """Return a recorded series."""
        return f"max by ({self.by}) ({self._selector(name, matchers)})"

    def _worst(self, operator: str, make: Callable[[Recorded], str]) -> str:
        """Return an expression of each budget, and where objectives have several the smallest or largest of them."""
        if not self.values:
            return make(self)
        of_each = replace(self, by=", ".join((self.by, *self.values)), values=())
        return f"{operator} by ({self.by}) ({make(of_each)})"

    def objective(self) -> str:
        """Return the objectives as ratios."""
        return self.newest(naming.OBJECTIVE)

    def remaining(self) -> str:
        """Return what is left of the budgets: 1 untouched, 0 spent, negative overspent."""
        return self._worst("min", lambda of: of.newest(naming.REMAINING))

    def remaining_of(self, names: Sequence[str]) -> str:
        """Return what is left of the budgets of some objectives."""
        return self._worst("min", lambda of: of.newest(naming.REMAINING, (("slo", "=~", "|".join(names)),)))

    def burn(self, window: str) -> str:
        """Return the burn rates over 1h or 6h."""
        return self.newest(naming.burn_rate(window))

    def exhaustion(self) -> str:
        """Return the seconds until the budgets are spent."""
        return self._worst("min", lambda of: of.newest(naming.EXHAUSTION))

    def attained(self) -> str:
        """Return the share of good events in the objectives' windows."""
        return self._worst("min", lambda of: f"1 - (1 - {of.remaining()}) * (1 - {of.objective()})")

    def alerts(self) -> str:
        """Return how many alerts of each objective fire."""
        return f"count by ({self.by}) ({self._selector('ALERTS', (*FIRING, ('slo', '!=', '')))})"

    def state(self) -> str:
        """Return the number of each objective's state, one of STATES."""
        return self._worst("max", Recorded._state)

    def _state(self) -> str:
        measured = self.newest(naming.BAD_BASE)
        at_risk = f"({self.burn('1h')} > 1 or {self.remaining()} < {_LITTLE}) * 0 + 2"
        return (
            f"({self.remaining()} <= 0) * 0 + 3 or {at_risk} and {measured}"
            f" or {self.remaining()} * 0 and {measured} or {self.objective()} * 0 + 1"
        )

    def in_state(self, state: State) -> str:
        """Return how many objectives are in a state, one of STATES.

        It is what `state` says, but each state reads only what decides about it: a page counts all four at once.
        """
        left, measured, burns = self.remaining(), self.newest(naming.BAD_BASE), f"{self.burn('1h')} > 1"
        spent = f"{left} <= 0"
        found = {
            "exhausted": spent,
            "at risk": f"({burns} or {left} < {_LITTLE}) and {measured} unless {spent}",
            "no data": f"{self.objective()} unless {spent} unless ({measured} and ({left} or {burns}))",
            "healthy": f"{left} >= {_LITTLE} and {measured} unless {burns}",
        }[state.word]
        return f"count({found}) or vector(0)"

    def seconds_left(self, objectives: Sequence[Objective]) -> str:
        """Return what is left of the budgets as seconds of total outage."""
        return self._worst("min", lambda of: of._by_window(objectives, of._seconds_left))

    def events_left(self, objectives: Sequence[Objective]) -> str:
        """Return what is left of the budgets as events, at the mean traffic of each objective's window."""
        return self._worst("min", lambda of: of._by_window(objectives, of._events_left))

    def burn_down(self) -> str:
        """Return what is left at each point of the graph of the budget of its time range.

        Spent are the rollups since the beginning of the range; the budget is that of the range at its mean traffic.
        """
        return self._worst("min", Recorded._burn_down)

    def _burn_down(self) -> str:
        bad = self._selector(naming.BAD_TILE)
        spent = f"sum_over_time(({bad} and on () (vector(time()) > {_START}))[{TIME_RANGE}:{TILE}])"
        events = f"avg_over_time({self._selector(naming.TOTAL_TILE)}[{TIME_RANGE}] @ end()) * $__range_s"
        budget = f"max by ({self.by}) ({events}) * (1 - {self.objective()})"
        return f"1 - max by ({self.by}) ({spent}) * {number(TILE.seconds)} / ({budget} > 0)"

    def even_spending(self) -> str:
        """Return what would be left if the budget were spent evenly over the time range."""
        return f"1 - vector(time() - ({_START})) / $__range_s"

    def even_spending_of(self, calendar: CalendarWindow) -> str:
        """Return what would be left if the budget were spent evenly from the beginning of the month to its end."""
        return f"1 - (vector(time()) - {self._begins(calendar)}) / {self._seconds(calendar)}"

    def error_ratio(self, window: Duration) -> str:
        """Return the error ratio over one of the windows that every objective records: 1h, 6h."""
        return self.newest(naming.error_ratio(str(window)))

    def all_events(self) -> str:
        """Return all events per second."""
        return self._worst("sum", lambda of: of.newest(naming.TOTAL_BASE))

    def bad_events(self) -> str:
        """Return bad events per second."""
        return self._worst("sum", lambda of: of.newest(naming.BAD_BASE))

    def _seconds_left(self, of: Objective, only: Sequence[Matcher]) -> str:
        remaining, objective = self.newest(naming.REMAINING, only), self.newest(naming.OBJECTIVE, only)
        left = f"{remaining} * (1 - {objective})"
        if of.calendar is None:
            return f"{left} * {number(of.window.seconds)}"
        return f"{left} * on () group_left () {self._seconds(of.calendar)}"

    def _events_left(self, of: Objective, only: Sequence[Matcher]) -> str:
        left, mean = self._seconds_left(of, only), f"{self._selector(naming.TOTAL_TILE, only)}[{of.window}]"
        if of.calendar is None:
            return f"{left} * max by ({self.by}) (avg_over_time({mean}))"
        tile, label = naming.calendar_tile(naming.TOTAL_TILE), naming.BEGINS_LABEL
        now = f'count_values("{label}", {self._begins(of.calendar)})'
        mean = f"avg_over_time({self._selector(tile, only)}[{of.window}]) and on ({label}) {now}"
        return f"({left}) * on ({self.by}) max by ({self.by}) ({mean})"

    def _begins(self, calendar: CalendarWindow) -> str:
        return self._of_calendar(naming.CALENDAR_BEGINS, calendar)

    def _seconds(self, calendar: CalendarWindow) -> str:
        return self._of_calendar(naming.CALENDAR_SECONDS, calendar)

    def _of_calendar(self, series: str, calendar: CalendarWindow) -> str:
        own = tuple(one for one in self.matchers if one[0] != "slo")
        window: tuple[Matcher, ...] = (("calendar", "=", calendar.unit), ("location", "=", calendar.location))
        return f"max({selector(series, (*own, *window))})"

    def _by_window(
        self, objectives: Sequence[Objective], expr: Callable[[Objective, Sequence[Matcher]], str]
    ) -> str:
        """Return an expression that needs the length of the window, for objectives with different ones."""
        by_window: defaultdict[tuple[Duration, CalendarWindow | None], list[Objective]] = defaultdict(list)
        for one in sorted(objectives, key=lambda one: one.window):
            by_window[one.window, one.calendar].append(one)
        if len(by_window) == 1:
            return expr(objectives[0], ())
        return " or ".join(
            expr(many[0], (("slo", "=~", "|".join(one.name for one in many)),)) for many in by_window.values()
        )

    def _selector(self, name: str, matchers: Sequence[Matcher] = ()) -> str:
        return selector(name, (*self.matchers, *matchers))
