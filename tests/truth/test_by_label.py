"""Of an objective by a label every request counts once, in the budget of its value or in that of the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.loading import load_plan
from tests.truth.counters import SERVICE, grid_of, input_series
from tests.truth.counting import ratio
from tests.truth.judging import LONG_WINDOWS
from tests.truth.reading import run
from tests.truth.rendered import SLO_ID, Rules, spec_of, written
from tests.truth.schedule import HOUR, MINUTE, SECOND, Burst, Instance, Schedule, Stretch
from tests.truth.schedules import WARM
from watchkeeper import naming
from watchkeeper.pipeline import render_files

pytestmark = pytest.mark.tools
END = 2 * HOUR
_SAMPLE = re.compile(r'\{__name__="([^"]+)"[^}]*?handler="([^"]+)"[^}]*\} ([^\s,\]]+)')
_BY = ", by: [handler], at_most: 2}"
# Values by the order in which they come: two have places, and the busier ones after them have none.
VALUES = {
    "/first": (Stretch(2 * MINUTE, END - 5 * MINUTE, 700, 1, 50),),
    "/leaves": (Stretch(4 * MINUTE, 30 * MINUTE, 900), Burst(29 * MINUTE, 307, True)),
    "/late": (Stretch(20 * MINUTE, END, 60), Burst(40 * MINUTE, 211, True)),
    "/later": (Stretch(50 * MINUTE, END, 50), Burst(END - 20 * MINUTE, 101, True)),
}
BACK = (Stretch(91 * MINUTE, END, 900), Burst(100 * MINUTE, 503, True))


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """Return the rules of an objective in which two values have budgets of their own."""
    folder = tmp_path_factory.mktemp("by-label")
    spec = folder / "spec.yml"
    spec.write_text(spec_of().replace("{availability: http}}", "{availability: http}" + _BY))
    files = render_files(load_plan(spec))
    return written(folder, files[f"monitoring/prometheus/rules/{SERVICE}/slo.yml"], 99.9)


def _schedules(phase: int) -> list[tuple[str, Schedule]]:
    """Return what happens to each value; `/leaves` is gone for an hour, with its counters."""
    found = [
        (value, Instance("a", phase, traffic, counted=WARM, gone=31 * MINUTE if value == "/leaves" else None))
        for value, traffic in VALUES.items()
    ]
    found.append(("/leaves", Instance("b", phase, BACK, born=90 * MINUTE, counted=WARM)))
    return [(value, Schedule(END, (instance,))) for value, instance in found]


def _read(promtool: str, rules: Rules, phase: int, at: int) -> dict[tuple[str, str], float]:
    """Return the value of each recorded series by its name and its handler."""
    series = [
        {**one, "series": one["series"].replace('handler="/"', f'handler="{value}"')}
        for value, schedule in _schedules(phase)
        for one in input_series(schedule)
        if not one["series"].startswith("up")
    ]
    up = {"series": f'up{{service="{SERVICE}",instance="a"}}', "values": "1x2000"}
    grid = grid_of(_schedules(phase)[0][1])
    probe = {"expr": f'{{slo_id="{SLO_ID}",__name__=~"slo:.+"}}', "eval_time": f"{at}ms", "exp_samples": []}
    document = {
        "rule_files": [str(rules.path)],
        "evaluation_interval": "30s",
        "group_eval_order": list(rules.groups),
        "tests": [{"interval": f"{grid}ms", "input_series": [up, *series], "promql_expr_test": [probe]}],
    }
    path = Path(rules.path).with_name("by-label.yml")
    path.write_text(json.dumps(document))
    return {(name, value): float(number) for name, value, number in _SAMPLE.findall(run(promtool, path))}


@pytest.mark.parametrize("phase", [0, 7])
def test_every_request_counts_once_in_one_budget(phase: int, rules: Rules, promtool: str) -> None:
    recorded = _read(promtool, rules, phase * SECOND, END)
    bad = naming.bad_events_tile("30d")
    assert {value for name, value in recorded if name == naming.OWN_BUDGET} == {"/first", "/leaves"}
    assert {value for name, value in recorded if name == bad} == {"/first", "/leaves", "__other__"}
    first = Schedule(END, (Instance("a", 0, VALUES["/first"]),))
    failed = sum(is_bad for _, is_bad in first.requests)
    assert recorded[bad, "/first"] == pytest.approx(failed, rel=1e-6)
    assert recorded[bad, "/leaves"] == pytest.approx(307 + 503, rel=1e-6)
    assert recorded[bad, "__other__"] == pytest.approx(211 + 101, rel=1e-6)


def test_a_budget_is_that_of_its_own_requests(rules: Rules, promtool: str) -> None:
    """Nearly two million healthy requests of others do not dilute the failures of one value."""
    # Ratios of rollups are read by the next evaluation.
    recorded = _read(promtool, rules, 0, END + 30 * SECOND)
    first = Schedule(END, (Instance("a", 0, VALUES["/first"]),))
    share = ratio(first, END, LONG_WINDOWS["30d"])
    assert recorded[naming.error_ratio("30d"), "/first"] == pytest.approx(share, rel=0.03)
    want = 1 - share / rules.budget
    assert recorded[naming.REMAINING, "/first"] == pytest.approx(want, rel=0.03)
    assert recorded[naming.OBJECTIVE, "/leaves"] == pytest.approx(0.999)
