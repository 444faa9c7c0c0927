"""promtool computes when the months and quarters of time zones begin, as this machine's zone data do."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests.conftest import need_tool
from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.model.calendar_window import MONTHS, Unit
from watchkeeper.pipeline import render_files

pytestmark = pytest.mark.tools
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo", "Asia/Kathmandu", "Asia/Beirut",
    "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Auckland",
)  # fmt: skip
# A day short of a leap day, months of every length, and both changes of the clock on either hemisphere.
MONTHS_OF = ((2027, 1), (2027, 3), (2027, 4), (2027, 9), (2027, 10), (2027, 11), (2028, 2), (2028, 12))
QUARTERS_OF = ((2027, 3), (2027, 10), (2028, 1))


def _spec(folder: Path) -> Path:
    slos = "\n".join(
        f"  - {{name: {unit}-{number}, objective: 99%, window: {unit}, time_zone: {zone}, sli: {{availability: http}}}}"
        for number, zone in enumerate(ZONES)
        for unit in MONTHS
    )
    spec = folder / "spec.yml"
    spec.write_text(f"version: watchkeeper/v1\nservice: shop\nsignals: [http]\nslos:\n{slos}\n")
    return spec


def _span(zone: str, unit: Unit, year: int, month: int) -> tuple[int, int]:
    first = (month - 1) // MONTHS[unit] * MONTHS[unit] + 1
    after = first + MONTHS[unit]
    begin = datetime(year, first, 1, tzinfo=ZoneInfo(zone))
    end = datetime(year + (after > 12), (after - 1) % 12 + 1, 1, tzinfo=ZoneInfo(zone))
    return int(begin.timestamp()), int(end.timestamp())


def _tests(zone: str, unit: Unit) -> dict[int, tuple[int, int]]:
    """Return moments with the span that they are in: the first and last seconds, and the middle."""
    found: dict[int, tuple[int, int]] = {}
    for month in MONTHS_OF if unit == "month" else QUARTERS_OF:
        begin, end = _span(zone, unit, *month)
        found |= dict.fromkeys((begin, (begin + end) // 2, end - 1), (begin, end))
    return found


@pytest.mark.parametrize("unit", MONTHS)
def test_a_calendar_is_that_of_the_clock_on_the_wall(unit: Unit, tmp_path: Path) -> None:
    """The clock of the rules is that of the query: each moment is one query without a history."""
    plan = load_plan(_spec(tmp_path))
    groups = yaml.safe_load(render_files(plan)[naming.calendar_path("shop")])["groups"]
    rules = {
        (rule["record"], rule["labels"].get("calendar"), rule["labels"]["location"]): rule["expr"]
        for group in groups
        for rule in group["rules"]
    }
    checks = []
    for zone in ZONES:
        begins, seconds = (
            _inlined(rules, record, unit, zone)
            for record in (naming.CALENDAR_BEGINS, naming.CALENDAR_SECONDS)
        )
        for at, (begin, end) in _tests(zone, unit).items():
            for expr, want in ((begins, begin), (seconds, end - begin)):
                shown = expr.replace("time()", str(at))
                checks.append(
                    {"expr": shown, "eval_time": "0s", "exp_samples": [{"labels": "{}", "value": want}]}
                )
    document = {"rule_files": [], "tests": [{"interval": "1m", "promql_expr_test": checks}]}
    path = tmp_path / "test.yml"
    path.write_text(json.dumps(document))
    done = subprocess.run(
        [need_tool("promtool"), "test", "rules", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[:3000]


def _inlined(rules: dict[tuple[str, str | None, str], str], record: str, unit: str | None, zone: str) -> str:
    """Return a rule's expression with those that it reads in place of what they record."""
    expr = rules[record, unit, zone]
    of_clock = f'max({naming.CALENDAR_CLOCK}{{service="shop",location="{zone}"}})'
    if of_clock in expr:
        expr = expr.replace(of_clock, f"({rules[naming.CALENDAR_CLOCK, None, zone]})")
    for name in (naming.CALENDAR_FIRST, naming.CALENDAR_NEXT, naming.CALENDAR_BEGINS):
        read = f'max({name}{{service="shop",calendar="{unit}",location="{zone}"}})'
        if read in expr:
            expr = expr.replace(read, f"({_inlined(rules, name, unit, zone)})")
    return expr
