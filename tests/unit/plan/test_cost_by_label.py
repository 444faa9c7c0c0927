"""An objective by a label costs as much as the values that it can have, in the same number of rules."""

from __future__ import annotations

from pathlib import Path

from tests.unit.plan.planning import plan_of
from watchkeeper.cost.rule_cost import RuleCost, our_cost


def _cost(folder: Path, by: str) -> RuleCost:
    slo = f"{{name: o, objective: 99%, sli: {{availability: http}}{by}}}"
    return our_cost(plan_of(folder, f"service: shop\nsignals: [http]\nslos: [{slo}]\n"), 200)


def test_series_grow_with_the_values_and_rules_do_not(tmp_path: Path) -> None:
    one, few, many = (
        _cost(tmp_path, by) for by in ("", ", by: [handler], at_most: 9", ", by: [handler], at_most: 99")
    )
    # One rule more records which values have a place.
    assert few.rules - one.rules == many.rules - one.rules == 1
    assert few.series == 10 * (one.series + 1)
    assert many.series == 100 * (one.series + 1)
    assert many.samples_read > 8 * few.samples_read
