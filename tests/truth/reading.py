"""Read what rules record through promtool: its failing expectations print every value in full."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.truth.counters import grid_of, input_series
from tests.truth.rendered import SLO_ID, Rules, with_hole
from tests.truth.schedule import Schedule

_GOT = re.compile(r'\{__name__="([^"]+)"[^}]*probe="(\d+)-(\d+)"[^}]*\} ([^\s,]+)')
Readings = dict[int, dict[str, float]]
"""Per instant in ms the value of each recorded series that is there."""


def read(promtool: str, rules: Rules, schedule: Schedule, instants: Sequence[int]) -> Readings:
    """Return what the rules have recorded of a schedule at some instants.

    Raises AssertionError with promtool's words when the rules do not evaluate.
    """
    if schedule.hole:
        rules = with_hole(rules, schedule.hole)
    test = {
        "interval": f"{grid_of(schedule)}ms",
        "input_series": input_series(schedule, rules.kind),
        "promql_expr_test": [_probe(at) for at in instants],
    }
    document = {
        "rule_files": [str(rules.path)],
        "evaluation_interval": f"{schedule.evaluation}ms",
        "group_eval_order": list(rules.groups),
        "tests": [test],
    }
    path = rules.path.with_name("truth.yml")
    path.write_text(json.dumps(document))
    return _parsed(run(promtool, path), instants)


def _probe(at: int) -> dict[str, object]:
    every = f'{{slo_id="{SLO_ID}",__name__=~"slo:.+"}}'
    expr = f'label_replace({every}, "probe", "0-{at}", "", "")'
    return {"expr": expr, "eval_time": f"{at}ms", "exp_samples": []}


def run(promtool: str, path: Path) -> str:
    """Return what promtool prints of a test whose expectations fail on purpose."""
    done = subprocess.run([promtool, "test", "rules", str(path)], capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert "FAILED" in output and " got: {" in output, output
    return output


def _parsed(output: str, instants: Sequence[int]) -> Readings:
    readings: Readings = {at: {} for at in instants}
    for name, _, at, value in _GOT.findall(output):
        readings[int(at)][name] = float(value)
    return readings
