"""What `watchkeeper doctor` found, as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from watchkeeper.cli.text.table import Painter, columns
from watchkeeper.doctor.examine import Examined, Found
from watchkeeper.doctor.last_week import LastWeek
from watchkeeper.overview.numbers_text import burn, percent
from watchkeeper.plan.human_format import percentage

_COLOURS = {"ok": "green", "quiet": "green", "wrong": "red", "missing": "red"}


def text_of(examined: Sequence[Examined], paint: Painter) -> list[str]:
    """Return a part for each service: its targets, a table of its series, and what is wrong."""
    lines: list[str] = []
    for one in examined:
        lines += [paint(f"{one.service}  {one.own}: {one.up} of {one.targets} targets up", "bold")]
        if one.series:
            rows = [(each.series.text, each.state, str(each.count), each.reason) for each in one.series]
            colours = [_COLOURS[each.state] for each in one.series]
            lines += columns(("SERIES", "STATE", "FOUND", ""), rows, paint, colours)
        lines += _last_week(one.last_week, paint) if one.last_week else []
        lines += [paint(f"{one.service}: {finding}", "red") for finding in one.findings]
        lines += [f"{one.service}: these labels fit: match: {_match(each)}" for each in one.proposals]
        lines.append("")
    wrong = [one.service for one in examined if not one.is_well]
    lines.append(f"{len(examined) - len(wrong)} of {len(examined)} services find all of their series")
    return lines


def _last_week(found: Sequence[LastWeek], paint: Painter) -> list[str]:
    rows = [
        (
            one.slo.name,
            "unknown" if one.error_ratio is None else percent(1 - one.error_ratio),
            percentage(one.slo.parameters.objective),
            one.reason if one.burn_rate is None else burn(one.burn_rate),
        )
        for one in found
    ]
    colours = ["" if one.burn_rate is None else "red" if one.burn_rate > 1 else "green" for one in found]
    return columns(("OBJECTIVE", "LAST WEEK", "TARGET", "BURN RATE"), rows, paint, colours)


def _match(labels: dict[str, str]) -> str:
    # JSON's strings are YAML's too.
    return "{" + ", ".join(f"{name}: {json.dumps(value)}" for name, value in labels.items()) + "}"


def json_of(examined: Sequence[Examined], server: str) -> dict[str, Any]:
    """Return the same as a document."""
    return {"prometheus": server, "services": [_service(one) for one in examined]}


def _service(one: Examined) -> dict[str, Any]:
    return {
        "service": one.service,
        "labels": one.own,
        "targets": one.targets,
        "up": one.up,
        "well": one.is_well,
        "findings": list(one.findings),
        "match": list(one.proposals),
        "series": [_series(each) for each in one.series],
        "last_week": [_week(each) for each in one.last_week],
    }


def _series(found: Found) -> dict[str, Any]:
    return {
        "selector": found.series.text,
        "state": found.state,
        "found": found.count,
        "reason": found.reason,
        "used_by": list(found.series.used_by),
    }


def _week(found: LastWeek) -> dict[str, Any]:
    return {
        "slo": found.slo.name,
        "objective_ratio": float(found.slo.parameters.objective),
        "error_ratio": found.error_ratio,
        "burn_rate": found.burn_rate,
        "reason": found.reason,
    }
