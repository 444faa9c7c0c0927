"""An SLO's recording rules, in layers: only the base reads counters, and only over the base window.

base     bad and total events a second, at each evaluation
windows  error ratios up to 6h, from the base
rollups  the base over 5 minutes, every 5 minutes; windows beyond 6h are sums of rollups
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.contract import OTHER_VALUE
from watchkeeper.emit.promql import number, selector
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Matcher
from watchkeeper.model.slo import TILE
from watchkeeper.plan.calendar.calendar_series import CalendarSeries
from watchkeeper.plan.maintenance.closed_alerts import window_remains
from watchkeeper.plan.slo.base_window import FROM_BASE, BaseWindow
from watchkeeper.plan.slo.calendar_budget import CalendarBudget
from watchkeeper.plan.slo.indicator import Indicator
from watchkeeper.plan.slo.month_recordings import month_from_rollups, ratio_of_month, rollups_of_month
from watchkeeper.plan.slo.recording_rule import NEVER_ZERO, RecordingRule
from watchkeeper.plan.slo.split import Split
from watchkeeper.plan.slo.tiers import Tier

BURN_WINDOWS = (Duration.parse("1h"), Duration.parse("6h"))
_RAW_UP_TO = Duration.parse("30m")
_FINE_UP_TO = Duration.parse("2h")
_COARSE = Duration.parse("1m")
# How often the bad events of a window up to 2h are counted, at moments that are multiples of it.
GUARD_STEP = Duration.parse("30s")
_HOUR = "1h"


@dataclass(frozen=True, slots=True)
class SloParameters:
    """What an SLO's rules depend on; `down` selects the `up` that shows an outage, None where downtime is a gap.

    `window` is the longest one of a `calendar` window, whose rules read the calendar of the service. `planned_work` is
    the service whose maintenance windows the budget leaves out, None for one without windows. `split` is the label whose
    values have budgets of their own, None for one budget.
    """

    slo_id: str
    objective: Decimal
    window: Duration
    tiers: tuple[Tier, ...]
    base: BaseWindow
    down: tuple[Matcher, ...] | None
    planned_work: str | None = None
    split: Split | None = None
    calendar: CalendarSeries | None = None

    @property
    def month(self) -> CalendarBudget | None:
        """Return the expressions over the month or quarter, None for a rolling window."""
        return None if self.calendar is None else CalendarBudget(self.calendar, self.slo_id, self.window)

    @property
    def window_name(self) -> str:
        """Return the window as names of series have it: `30d`, or `month`."""
        return str(self.window) if self.calendar is None else self.calendar.window.unit

    @property
    def window_words(self) -> str:
        """Return what texts call the window: `30d`, or `a calendar month (Europe/Berlin)`."""
        return str(self.window) if self.calendar is None else self.calendar.window.words

    @property
    def total(self) -> str:
        """Return the name of the series of all events, those of planned work included."""
        return naming.TOTAL_BASE if self.planned_work is None else naming.TOTAL_ALL

    @property
    def bad(self) -> str:
        """Return the name of the series of bad events, those of planned work included."""
        return naming.BAD_BASE if self.planned_work is None else naming.BAD_ALL

    @property
    def left_out(self) -> Duration:
        """Return how long after a maintenance window events are left out: until none of the window's can count."""
        return Duration(self.base.lag.milliseconds + self.base.evaluation.milliseconds)

    @property
    def budget(self) -> Decimal:
        """Return the share of events that may be bad."""
        return 1 - self.objective

    @property
    def windows(self) -> tuple[Duration, ...]:
        """Return every rolling window whose error ratio is recorded, shortest first."""
        used = {tier.long for tier in self.tiers} | {tier.short for tier in self.tiers}
        own = {self.window} if self.calendar is None else set()
        return tuple(sorted(used | own | {*BURN_WINDOWS}))

    @property
    def rollup_windows(self) -> tuple[Duration, ...]:
        """Return the windows beyond 6h, which are computed from rollups."""
        return tuple(window for window in self.windows if window > FROM_BASE)

    def own(self, series: str, *, range: str | None = None) -> str:  # noqa: A002
        """Return a selector of one of the SLO's own recorded series."""
        # Written out: an id has no character to quote, and a large spec asks for hundreds of thousands of these.
        text = f'{series}{{slo_id="{self.slo_id}"}}'
        return text if range is None else f"{text}[{range}]"

    def latest(self, series: str) -> str:
        """Return the newest value of a recorded series, whatever its other labels are or were."""
        return f"max{self.grouped}({self.own(series)})"

    def latest_of_all(self, series: str) -> str:
        """Return the largest newest value of a recorded series, without the label that keeps values apart."""
        return f"max({self.own(series)})"

    @property
    def grouped(self) -> str:
        """Return the clause of every aggregation: nothing, or the label that keeps values apart."""
        return "" if self.split is None else self.split.grouped

    @property
    def on_any(self) -> str:
        """Return the clause that compares a value with something that is true of the whole service."""
        return "" if self.split is None else " on ()"


def reading_notes(parameters: SloParameters, indicator: Indicator) -> tuple[str, ...]:
    """Return what a reader of the rules must know first: the words of the series names, and the odd range."""
    base = parameters.base
    notes = (
        f"tile: a {TILE} rollup of the base; windows beyond {FROM_BASE} are sums of rollups.",
        f"base: {indicator.unit} a second over {base.window}, recorded at every evaluation ({base.evaluation}).",
    )
    if indicator.is_time:
        return notes
    range_ = f"{base.read_window}: the base window and one scrape, so that no increment falls between two evaluations."
    return (*notes, range_)


def live_rules(parameters: SloParameters, indicator: Indicator) -> Iterator[RecordingRule]:
    """Yield the rules of every evaluation, each after those that it reads."""
    if parameters.split is not None:
        yield _own_budget(parameters, indicator, parameters.split)
    yield from _base(parameters, indicator)
    if parameters.planned_work is not None:
        yield from _without_planned_work(parameters, indicator, parameters.planned_work)
    for window in parameters.windows:
        yield _ratio(parameters, window) if window <= FROM_BASE else _ratio_from_rollups(parameters, window)
    if parameters.month is not None:
        yield ratio_of_month(parameters.month)
    yield from _for_people(parameters)


def _own_budget(parameters: SloParameters, indicator: Indicator, split: Split) -> RecordingRule:
    rollup = naming.error_ratio_tile(str(parameters.window))
    expr = split.own_budget(indicator.found, parameters.total, rollup, parameters.slo_id)
    which = (
        "those that the spec lists"
        if split.values
        else f"the first {split.at_most}, until their window is empty"
    )
    comment = f"1 for each {split.label} that has a budget of its own: {which}. The rest is {OTHER_VALUE}."
    return RecordingRule(naming.OWN_BUDGET, expr, comment)


def rollup_rules(parameters: SloParameters) -> Iterator[RecordingRule]:
    """Yield the rules that run every five minutes."""
    yield from _rollups(parameters, naming.TOTAL_BASE, naming.BAD_BASE, naming.TOTAL_TILE, naming.BAD_TILE)
    for window in parameters.rollup_windows:
        yield from _from_rollups(parameters, window)
    if parameters.month is not None:
        yield from month_from_rollups(parameters.month)
    if parameters.planned_work is not None:
        every = (naming.TOTAL_ALL, naming.BAD_ALL, naming.TOTAL_ALL_TILE, naming.BAD_ALL_TILE)
        yield from _rollups(parameters, *every, further=", planned work included")
        if parameters.month is not None:
            yield from rollups_of_month(parameters.month, every[2:])
        yield _remaining_with_planned_work(parameters)


def _rollups(
    parameters: SloParameters,
    total_base: str,
    bad_base: str,
    total_tile: str,
    bad_tile: str,
    *,
    further: str = "",
) -> Iterator[RecordingRule]:
    total, bad = (parameters.own(base, range=str(TILE)) for base in (total_base, bad_base))
    points = TILE.milliseconds // GUARD_STEP.milliseconds
    covered = f"clamp_max(sum{parameters.grouped}(count_over_time({_subquery(parameters, bad_base, TILE)})) / {points}, 1)"
    yield RecordingRule(
        total_tile,
        f"avg{parameters.grouped}(avg_over_time({total}))",
        f"Rollup: all events a second, the mean of {TILE}{further}.",
    )
    yield RecordingRule(
        bad_tile,
        f"avg{parameters.grouped}(avg_over_time({bad}))\n*\n{covered}",
        f"Rollup: bad events a second; the part of its {TILE} without samples counts as healthy{further}.",
    )


def _remaining_with_planned_work(parameters: SloParameters) -> RecordingRule:
    return RecordingRule(
        naming.REMAINING_ALL,
        f"1 - {_ratio_with_planned_work(parameters)} / {number(parameters.budget)}",
        f"What would remain of the error budget of {parameters.window_words} if planned work counted.",
    )


def _ratio_with_planned_work(parameters: SloParameters) -> str:
    month = parameters.month
    if month is not None:
        events = month.events(naming.BAD_ALL_TILE)
        return f"max({month.share(events, naming.TOTAL_ALL_TILE)})"
    bad = parameters.own(naming.BAD_ALL_TILE, range=str(parameters.window))
    total = parameters.own(naming.TOTAL_ALL_TILE, range=str(parameters.window))
    events = _events_of_rollups(bad, parameters.window, parameters.grouped)
    return _share_of_rollups(events, total, parameters.window, parameters.grouped)


def down(parameters: SloParameters, *, offset: str | None = None) -> str:
    """Return PromQL that has a value while no target of the service has answered for three scrapes."""
    up = selector("up", parameters.down or (), range=str(parameters.base.down))
    return f"(max(max_over_time({up}{f' offset {offset}' if offset else ''})) == 0)"


def bad_events(parameters: SloParameters, window: Duration) -> str:
    """Return PromQL for the bad events of a window, the same at any evaluation interval."""
    if window > FROM_BASE:
        rollup = parameters.own(naming.bad_events_tile(str(window)), range=str(FROM_BASE))
        return f"max{parameters.grouped}(last_over_time({rollup}))"
    over = _subquery(parameters, naming.BAD_BASE, window)
    return f"sum{parameters.grouped}(sum_over_time({over})) * {number(_step(window).seconds)}"


def bad_events_of_budget(parameters: SloParameters) -> str:
    """Return PromQL for the bad events of the objective's own window; no value before the first rollup of a month."""
    if parameters.month is not None:
        return parameters.month.newest(naming.bad_events_tile(parameters.window_name), FROM_BASE)
    return bad_events(parameters, parameters.window)


def _step(window: Duration) -> Duration:
    return GUARD_STEP if window <= _FINE_UP_TO else _COARSE


def _subquery(parameters: SloParameters, series: str, window: Duration) -> str:
    return f"{parameters.own(series)}[{window}:{_step(window)}]"


def _base(parameters: SloParameters, indicator: Indicator) -> Iterator[RecordingRule]:
    total, bad = indicator.total, indicator.bad
    what = _what(parameters, indicator)
    if parameters.planned_work is not None:
        what += ", planned work included"
    if parameters.down is None:
        yield RecordingRule(parameters.total, total, f"All {what}.")
        yield RecordingRule(parameters.bad, bad, f"Bad {what}.")
        return
    mean = f"avg{parameters.grouped}(avg_over_time({parameters.own(parameters.total, range=_HOUR)}))"
    # The value is kept while the outage lasts: a moving mean would forget the hour before and average itself.
    was_down = down(parameters, offset=str(parameters.base.evaluation))
    kept = f"{parameters.latest(parameters.total)} and{parameters.on_any} {was_down}"
    before = f"(\n        {kept}\n      or\n        {mean}\n    )"
    yield RecordingRule(
        parameters.total,
        _unless_down(parameters, total, instead=before),
        f"All {what}; while no target answers, the mean of the hour before replaces them.",
    )
    yield RecordingRule(
        parameters.bad,
        _unless_down(parameters, bad, instead=parameters.latest(parameters.total)),
        f"Bad {what}; while no target answers, all {indicator.unit} are bad.",
    )


def _what(parameters: SloParameters, indicator: Indicator) -> str:
    return f"{indicator.unit} a second over {parameters.base.window}"


def _without_planned_work(
    parameters: SloParameters, indicator: Indicator, service: str
) -> Iterator[RecordingRule]:
    """Yield the base: nothing happens in a maintenance window, as if the service were idle."""
    remains = window_remains(service, str(parameters.left_out))
    what, after = (
        _what(parameters, indicator),
        f"none in a maintenance window and {parameters.left_out} after it",
    )
    for name, every, kind in (
        (naming.TOTAL_BASE, naming.TOTAL_ALL, "All"),
        (naming.BAD_BASE, naming.BAD_ALL, "Bad"),
    ):
        value = parameters.latest(every)
        expr = f"(\n    {value}\n  unless{parameters.on_any}\n    {remains}\n)\nor\n0 * {value}"
        yield RecordingRule(name, expr, f"{kind} {what}; {after}.")


def _unless_down(parameters: SloParameters, value: str, *, instead: str) -> str:
    gone = down(parameters)
    any_ = parameters.on_any
    return f"(\n    {value}\n  unless{any_}\n    {gone}\n)\nor\n(\n    {instead}\n  and{any_}\n    {gone}\n)"


def _ratio(parameters: SloParameters, window: Duration) -> RecordingRule:
    bad = parameters.own(naming.BAD_BASE, range=str(window))
    total = parameters.own(naming.TOTAL_BASE, range=str(window))
    sums = (f"sum{parameters.grouped}(sum_over_time({one}))" for one in (bad, total))
    ratio = "{}\n/\nclamp_min({}, {})".format(*sums, NEVER_ZERO)
    if window <= _RAW_UP_TO:
        return RecordingRule(
            naming.error_ratio(str(window)), ratio, f"Error ratio over {window}, weighted by traffic."
        )
    points = number(Decimal(window.milliseconds // _step(window).milliseconds))
    covered = (
        f"clamp_max(sum{parameters.grouped}(count_over_time({_subquery(parameters, naming.TOTAL_BASE, window)}))"
        f" / {points}, 1)"
    )
    return RecordingRule(
        naming.error_ratio(str(window)),
        f"{ratio}\n*\n{covered}",
        f"Error ratio over {window}; time before the first sample counts as healthy at today's traffic.",
    )


def _ratio_from_rollups(parameters: SloParameters, window: Duration) -> RecordingRule:
    rollup = parameters.own(naming.error_ratio_tile(str(window)), range=str(FROM_BASE))
    young = f"{parameters.latest(naming.error_ratio(str(FROM_BASE)))} * {number(FROM_BASE.seconds)} / {number(window.seconds)}"
    return RecordingRule(
        naming.error_ratio(str(window)),
        f"max{parameters.grouped}(last_over_time({rollup}))\nor\n{young}",
        f"Error ratio over {window}, from the newest rollup; before the first one, the errors of {FROM_BASE} as a part of it.",
    )


def _for_people(parameters: SloParameters) -> Iterator[RecordingRule]:
    budget, words = number(parameters.budget), parameters.window_words
    whole = number(parameters.window.seconds) if parameters.calendar is None else parameters.calendar.seconds
    objective = f"vector({number(parameters.objective)})"
    if parameters.split is not None:
        # Of each value, so that every series of a value has the same labels.
        whole_window = parameters.latest(naming.error_ratio(parameters.window_name))
        objective = f"0 * {whole_window} + {number(parameters.objective)}"
    yield RecordingRule(naming.OBJECTIVE, objective, "The objective.")
    yield RecordingRule(
        naming.REMAINING,
        f"1 - {parameters.latest(naming.error_ratio(parameters.window_name))} / {budget}",
        f"Remaining error budget of {words}: 1 untouched, 0 spent, negative overspent.",
    )
    for window in BURN_WINDOWS:
        yield RecordingRule(
            naming.burn_rate(str(window)),
            f"{parameters.latest(naming.error_ratio(str(window)))} / {budget}",
            f"Burn rate over {window}: at 1 the budget lasts exactly {words}.",
        )
    burn = parameters.latest(naming.burn_rate(str(BURN_WINDOWS[0])))
    yield RecordingRule(
        naming.EXHAUSTION,
        f"clamp_min({parameters.latest(naming.REMAINING)}, 0) * {whole} / ({burn} > 0)",
        f"Seconds until the budget is spent at the burn rate over {BURN_WINDOWS[0]}; absent while nothing burns.",
    )


def _from_rollups(parameters: SloParameters, window: Duration) -> Iterator[RecordingRule]:
    bad = parameters.own(naming.BAD_TILE, range=str(window))
    total = parameters.own(naming.TOTAL_TILE, range=str(window))
    events = naming.bad_events_tile(str(window))
    yield RecordingRule(
        events,
        _events_of_rollups(bad, window, parameters.grouped),
        f"Bad events in {window}: each rollup represents {TILE}, and all of them together at most {window}.",
    )
    yield RecordingRule(
        naming.error_ratio_tile(str(window)),
        _share_of_rollups(parameters.latest(events), total, window, parameters.grouped),
        f"Error ratio over {window}: its bad events, divided by the events of a whole window at mean traffic.",
    )


def _events_of_rollups(bad: str, window: Duration, grouped: str) -> str:
    whole = number(window.seconds)
    counted = f"clamp_max({whole} / sum{grouped}(count_over_time({bad})), {number(TILE.seconds)})"
    return f"sum{grouped}(sum_over_time({bad}))\n*\n{counted}"


def _share_of_rollups(events: str, total: str, window: Duration, grouped: str) -> str:
    mean = f"sum{grouped}(sum_over_time({total})) / sum{grouped}(count_over_time({total}))"
    return f"{events}\n/\nclamp_min({mean} * {number(window.seconds)}, {NEVER_ZERO})"
