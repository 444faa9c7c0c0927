"""Who reads what our rules record: a series that nobody reads, and a range that is read twice, cost for nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .subject import RuleGroup

_RANGE = re.compile(r"(slo:[\w:]+)\{[^}]*\}\[(\w+)(?::(\w+))?\]")


def readers(groups: Iterable[RuleGroup], out: Path) -> dict[str, int]:
    """Return how many rules, and dashboards or runbooks rendered below `out`, read each recorded series."""
    rules = [rule for group in groups for rule in group["rules"]]
    slo_id = rules[0]["labels"]["slo_id"]
    texts = [_text(rule) for rule in rules] + _pages(out, slo_id)
    return {
        name: sum(_reads(text, name) for text in texts)
        for name in (rule["record"] for rule in rules if "record" in rule)
    }


def read_twice(groups: Iterable[RuleGroup]) -> dict[str, int]:
    """Return the ranges of recorded series that more than one expression, or one more than once, reads."""
    exprs = [rule["expr"] for group in groups for rule in group["rules"]]
    found = Counter(f"{name}[{window}]" for expr in exprs for name, window, _ in _RANGE.findall(expr))
    return {what: times for what, times in found.items() if times > 1}


def _text(rule: Mapping[str, Any]) -> str:
    return "\n".join([rule["expr"], *rule.get("annotations", {}).values()])


def _pages(out: Path, slo_id: str) -> list[str]:
    """Return the dashboards, which may read every SLO's series, and the runbooks of this one."""
    dashboards, runbooks = out / "monitoring/grafana/dashboards", out / "monitoring/runbooks"
    own = [text for text in _files(runbooks) if f'"{slo_id}"' in text]
    return [*_files(dashboards), *own]


def _files(folder: Path) -> list[str]:
    return [path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()]


def _reads(text: str, name: str) -> bool:
    return re.search(rf"{re.escape(name)}(?![\w:])", text) is not None
