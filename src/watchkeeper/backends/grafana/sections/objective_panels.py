"""The panels of objectives: a table of all, and one objective in detail."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from watchkeeper.backends.grafana.addresses import page
from watchkeeper.backends.grafana.label_table import Column, Label, table
from watchkeeper.backends.grafana.panels import Json, Link, Override, Panel, Query, State, Step, colored
from watchkeeper.backends.grafana.scope import Scope
from watchkeeper.backends.grafana.sections.status_panels import BUDGET_STEPS, BURN_STEPS
from watchkeeper.backends.grafana.slo_queries import STATES, STATES_TEXT, Recorded
from watchkeeper.model.calendar_window import LONGEST
from watchkeeper.model.duration import Duration

CHOSEN = ("slo", "=~", "$slo")
_HOUR = Duration.parse("1h")
_ONE = Decimal(1)


def dashed(name: str) -> Override:
    """Return the settings of a line that shows what should be, not what is."""
    style: Json = {"dash": [10, 10], "fill": "dash"}
    color: Json = {"fixedColor": "text", "mode": "fixed"}
    return Override(name, (("custom.lineStyle", style), ("color", color), ("custom.fillOpacity", 0)))


def every_objective(scope: Scope, *, slo_page: str) -> Panel:
    """Return the table of all objectives of the service with their budgets as share, time and events."""
    of, every = Recorded((scope.services,), values=scope.values), scope.objectives
    link = Link("Only this objective", page(slo_page, "var-slo=${__data.fields.slo}"))
    return table(
        Panel(
            id=301,
            kind="table",
            title="Objectives",
            description=f"Worst first. {STATES_TEXT} The budget as time is the total outage that it still allows.",
            width=24,
            height=7,
            sort=(("State", True), ("Budget left", False)),
            if_empty="no data",
        ),
        (Label("slo", "Objective", (link,)),),
        (
            Column("State", of.state(), "none", 100, states=STATES),
            Column("Objective %", of.objective(), "percentunit", 110, 3),
            Column("Attained", of.attained(), "percentunit", 110, 3),
            Column("Budget left", of.remaining(), "percentunit", 180, 1, BUDGET_STEPS, bar=True),
            Column("As time", of.seconds_left(every), "s", 110, 1),
            Column("As events", of.events_left(every), "short", 110, 0),
            Column("Burn 1h", of.burn("1h"), "suffix:x", 90, 1, BURN_STEPS),
            Column("Burn 6h", of.burn("6h"), "suffix:x", 90, 1, BURN_STEPS),
            Column("Spent in", of.exhaustion(), "s", 110, 1),
        ),
        first="State",
    )


def of_values(scope: Scope) -> Iterator[Panel]:
    """Yield a table of the values for each label by which objectives have several budgets, worst first."""
    for number, label in enumerate(scope.values):
        of = Recorded(
            (scope.services, CHOSEN, (label, "!=", ""), (label, "=~", f"${label}")), by=f"slo, {label}"
        )
        yield table(
            Panel(
                id=340 + number,
                kind="table",
                title=f"Budgets by {label}",
                description=f"Each {label} with a budget of its own, worst first. The others share __other__.",
                width=24,
                height=9,
                sort=(("State", True), ("Budget left", False)),
                if_empty="no data",
            ),
            (Label("slo", "Objective"), Label(label, label)),
            (
                Column("State", of.state(), "none", 100, states=STATES),
                Column("Budget left", of.remaining(), "percentunit", 180, 1, BUDGET_STEPS, bar=True),
                Column("Burn 1h", of.burn("1h"), "suffix:x", 90, 1, BURN_STEPS),
                Column("Burn 6h", of.burn("6h"), "suffix:x", 90, 1, BURN_STEPS),
                Column("Spent in", of.exhaustion(), "s", 110, 1),
                Column("Events", of.all_events(), "cps", 110, 1),
                Column("Bad", of.bad_events(), "cps", 110, 2),
            ),
            first="State",
        )


def in_detail(scope: Scope, *, longest: Duration, fastest: Decimal) -> tuple[Panel, ...]:
    """Return the panels of the chosen objective; the burn-down is over the longest window of the service."""
    of = Recorded((scope.services, CHOSEN), values=scope.values)
    return (
        *_numbers(scope, of),
        _burn_down(of, longest),
        *_of_calendars(scope, of),
        _trend(of),
        _burn_rates(of, fastest),
        _events(of),
    )


def _numbers(scope: Scope, of: Recorded) -> tuple[Panel, ...]:
    every = scope.objectives
    state, attained = (
        (Query(of.state()),),
        (Query(of.attained(), "attained"), Query(of.objective(), "objective")),
    )
    left, time, events = (
        (Query(of.remaining()),),
        (Query(of.seconds_left(every)),),
        (Query(of.events_left(every)),),
    )
    spent = (Query(of.exhaustion()),)
    return (
        _stat(302, "State", STATES_TEXT, "none", state, STATES),
        _stat(303, "Attained", "Share of good events in the window, and the objective.", "percentunit", attained, decimals=3),
        _stat(304, "Budget left", "What is left of the error budget of the window.", "percentunit", left,
              decimals=1, steps=BUDGET_STEPS),
        _stat(305, "Budget left as time", "How long a total outage the budget still allows.", "s", time, decimals=1),
        _stat(306, "Budget left as events", "How many bad events the budget still allows, at the window's mean traffic.",
              "short", events, decimals=0),
        _stat(307, "Spent in", "When the budget is spent at the burn rate of the last hour.", "s", spent, decimals=1,
              if_empty="not burning"),
    )  # fmt: skip


def _stat(
    identifier: int,
    title: str,
    description: str,
    unit: str,
    queries: tuple[Query, ...],
    states: tuple[State, ...] = (),
    *,
    decimals: int | None = None,
    steps: tuple[Step, ...] = (Step(None, "text"),),
    if_empty: str = "no data",
) -> Panel:
    return Panel(
        id=identifier, kind="stat", title=title, description=description, unit=unit, queries=queries, width=4, height=4,
        states=states, decimals=decimals, steps=steps, if_empty=if_empty,
    )  # fmt: skip


def _burn_down(of: Recorded, longest: Duration) -> Panel:
    return Panel(
        id=308,
        kind="timeseries",
        title=f"Burn-down over {longest}",
        description=f"What is left of the budget that {longest} have at their mean traffic. Below the dashed line the "
        "budget is spent faster than evenly. Rollups of five minutes: the last minutes are missing.",
        unit="percentunit",
        queries=(Query(of.burn_down(), "budget left"), Query(of.even_spending(), "spent evenly")),
        width=12,
        overrides=(dashed("spent evenly"),),
        ceiling=_ONE,
        decimals=1,
        time_from=str(longest),
        most_points=200,
    )


def _of_calendars(scope: Scope, of: Recorded) -> Iterator[Panel]:
    """Yield a burn-down for each kind of month or quarter in which the service has an objective."""
    calendars = dict.fromkeys(one.calendar for one in scope.objectives if one.calendar is not None)
    for number, calendar in enumerate(calendars):
        names = tuple(one.name for one in scope.objectives if one.calendar == calendar)
        yield Panel(
            id=330 + number,
            kind="timeseries",
            title=f"Burn-down of the {calendar.unit} ({calendar.location})",
            description=f"What is left of the error budget of the {calendar.unit}, whole again when the next one"
            " begins. Below the dashed line it is spent faster than evenly.",
            unit="percentunit",
            queries=(
                Query(of.remaining_of(names), "budget left"),
                Query(of.even_spending_of(calendar), "spent evenly"),
            ),
            width=12,
            overrides=(dashed("spent evenly"),),
            ceiling=_ONE,
            decimals=1,
            time_from=str(LONGEST[calendar.unit]),
            most_points=200,
        )


def _trend(of: Recorded) -> Panel:
    return Panel(
        id=309,
        kind="timeseries",
        title="Good events",
        description="Share of good events in the last hour and in the window. Dashed line: the objective.",
        unit="percentunit",
        queries=(
            Query(f"1 - {of.error_ratio(_HOUR)}", "last hour"),
            Query(of.attained(), "window"),
            Query(of.objective(), "objective"),
        ),
        width=12,
        overrides=(dashed("objective"),),
        decimals=3,
    )


def _burn_rates(of: Recorded, fastest: Decimal) -> Panel:
    steps = [Step(None, "text"), Step(_ONE, "orange")]
    if fastest > _ONE:
        steps.append(Step(fastest, "red"))
    return Panel(
        id=310,
        kind="timeseries",
        title="Burn rates",
        description="How fast the budget is spent. At 1 it lasts exactly its window; the upper dashed line is where the "
        "fastest alert of the service fires.",
        unit="suffix:x",
        queries=(Query(of.burn("1h"), "1h"), Query(of.burn("6h"), "6h")),
        width=12,
        steps=tuple(steps),
    )


def _events(of: Recorded) -> Panel:
    return Panel(
        id=311,
        kind="timeseries",
        title="Events",
        description="All events and bad events per second, as the rules count them.",
        unit="cps",
        queries=(Query(of.all_events(), "all"), Query(of.bad_events(), "bad")),
        width=12,
        overrides=colored({"all": "blue", "bad": "red"}),
    )
