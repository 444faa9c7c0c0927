"""Play the rules of an objective on a course of requests, with promtool, a minute a step."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchkeeper.comparing.courses import DAY, Course
from watchkeeper.comparing.played_rules import Group, PlayedRules
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Service
from watchkeeper.plan.proofs.series.chosen_labels import Unprovable
from watchkeeper.plan.proofs.series.filtered_series import selected
from watchkeeper.plan.proofs.series.input_series import fed_series
from watchkeeper.plan.proofs.series.samples import SECOND, Series
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.verify.promtool import run

_GOT = re.compile(r'\{[^{}]*probe="(\w+)"[^{}]*\} ([^\s,]+)')
_TIMEOUT_SECONDS = 600

Minutes = tuple[int, int]
"""The first and the last minute at which something fires, counted from the beginning of an incident."""


@dataclass(frozen=True, slots=True)
class Found:
    """What rules made of a course: when each incident's page and ticket fired, and the budget left at its end.

    The budget is None where the rules have no figure of it, and NaN where they record that.
    """

    pages: tuple[Minutes | None, ...]
    tickets: tuple[Minutes | None, ...]
    left: float | None


def counters(slo: PlannedSlo, service: Service) -> tuple[Series, ...]:
    """Return the counters of an objective, of one target; raise Unprovable where its requests cannot be counted."""
    fed = selected(fed_series(slo, service)[0], slo.spec.sli, service)
    own = tuple(one for one in fed if one.kind == "counter" and SECOND not in one.text)
    if not own:
        raise Unprovable("its indicator does not count events")
    least = min(one.share for one in own)
    # Failed answers are a part of a histogram that neither tool counts.
    return tuple(one for one in own if one.share == least)


def played(rules: PlayedRules, course: Course, series: Sequence[Series], promtool: Path) -> Found:
    """Return what the rules made of the course; raise RuntimeError if promtool cannot play them."""
    spans = list(_looked_at(course))
    probes = {}
    for number, (at, until) in enumerate(spans):
        for kind, fired in (("page", rules.page), ("ticket", rules.ticket)):
            over = f"(timestamp({fired}))[{until - at}m:1m]"
            for edge in ("min", "max"):
                probes[f"{kind}{number}{edge}"] = (f"min({edge}_over_time({over})) / 60 - {at}", until)
    probes["played"] = ("vector(1)", course.length - 1)
    if rules.left is not None:
        probes["left"] = (f"sum({rules.left})", course.length - 1)
    found = _read(rules.groups, course, series, probes, promtool)
    pages, tickets = (
        tuple(_minutes(found, f"{kind}{number}") for number in range(len(spans)))
        for kind in ("page", "ticket")
    )
    return Found(pages, tickets, found.get("left"))


def _looked_at(course: Course) -> Iterator[Minutes]:
    """Yield the minutes of each incident: until the next one, and at most until a day after its end."""
    starts = [at for _, at in course.incidents()]
    for (span, at), later in zip(course.incidents(), [*starts[1:], course.length], strict=True):
        yield at, min(later, at + span.minutes + DAY) - 1


def _minutes(found: Mapping[str, float], name: str) -> Minutes | None:
    first, last = found.get(f"{name}min"), found.get(f"{name}max")
    return None if first is None or last is None else (round(first), round(last))


def _read(
    groups: Sequence[Group],
    course: Course,
    series: Sequence[Series],
    probes: Mapping[str, tuple[str, int]],
    promtool: Path,
) -> Mapping[str, float]:
    tests = [
        {
            "expr": f'label_replace({expr}, "probe", "{name}", "", "")',
            "eval_time": f"{at}m",
            "exp_samples": [],
        }
        for name, (expr, at) in probes.items()
    ]
    fed = [{"series": one.text, "values": course.counted(one.good, one.bad)} for one in series]
    document = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "group_eval_order": [group["name"] for group in groups],
        "tests": [{"interval": "1m", "input_series": fed, "promql_expr_test": tests}],
    }
    with tempfile.TemporaryDirectory(prefix="watchkeeper-") as name:
        folder = Path(name)
        (folder / "rules.yml").write_text(json.dumps({"groups": [_paced(group) for group in groups]}))
        (folder / "test.yml").write_text(json.dumps(document))
        # A failing expectation prints what was found.
        done = run([str(promtool), "test", "rules", str(folder / "test.yml")], timeout=_TIMEOUT_SECONDS)
    output = done.stdout + done.stderr
    found = {name: float(value) for name, value in _GOT.findall(output)}
    if "played" not in found:
        raise RuntimeError((output.strip().splitlines() or ["no output"])[-1])
    return found


def _paced(group: Group) -> dict[str, Any]:
    """Return the group without an interval: promtool evaluates all groups alike, so slower ones record by the clock."""
    every = round(Duration.parse(group["interval"]).seconds / 60) if "interval" in group else 1
    rules = [dict(rule) for rule in group["rules"]]
    for rule in rules if every > 1 else ():
        if "record" in rule:
            # 2m30s is neither a whole number of minutes nor a part of an hour in minutes: 5m stands for it.
            rule["expr"] = f"({rule['expr']}) and on () (vector(time()) % 300 == 0)"
    return {"name": group["name"], "rules": rules}
