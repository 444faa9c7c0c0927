"""All differences of two specs, the consequences first and the settings that cause them last."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.cli.diff_words.alert_changes import alert_changes
from watchkeeper.cli.diff_words.change import Change
from watchkeeper.cli.diff_words.objective_changes import objective_changes
from watchkeeper.cli.diff_words.setting_changes import setting_changes
from watchkeeper.cost.rule_cost import our_cost
from watchkeeper.model.spec import Spec
from watchkeeper.plan.plan import Plan

# What `watchkeeper cost` assumes.
_SERIES = 200


def all_changes(old: tuple[Spec, Plan], new: tuple[Spec, Plan]) -> tuple[Change, ...]:
    """Return every difference in meaning of two specs, each with its plan; none for other comments or another order."""
    settings = tuple(setting_changes(old[0], new[0]))
    consequences = (
        *objective_changes(old[1], new[1]),
        *alert_changes(old[1], new[1]),
        *_cost(old[1], new[1]),
    )
    return (*consequences, *settings)


def _cost(old: Plan, new: Plan) -> Iterator[Change]:
    before, after = our_cost(old, _SERIES), our_cost(new, _SERIES)
    figures = (
        ("recorded series", before.series, after.series),
        ("rules of an evaluation", before.rules, after.rules),
        ("samples written a second", before.samples_a_second, after.samples_a_second),
        ("samples read by an evaluation", before.samples_read, after.samples_read),
    )
    for name, was, now in figures:
        shown = [f"{value:,.{0 if value >= 100 else 1}f}".removesuffix(".0") for value in (was, now)]
        if shown[0] != shown[1]:
            yield Change("cost", "changed", name, f"{shown[0]} -> {shown[1]}")
