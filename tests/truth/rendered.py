"""The rules under test, as the renderer writes them, made ready for promtool's one clock."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from tests.loading import load_plan
from tests.truth.counters import SERVICE
from watchkeeper.model import slo
from watchkeeper.pipeline import render_files

TILE = int(slo.TILE.seconds)
_SPEC = """
version: watchkeeper/v1
service: {service}
team: payments
targets: ["checkout:8000"]
signals: [http]
slos:
  - {{name: slo, objective: {objective}%, window: {window}, sli: {sli}}}
notify:
  receivers: {{hook: {{type: webhook, url_file: secrets/hook}}}}
  routes: {{critical: [hook], warning: [hook], info: [hook]}}
stack: {{retention: 91d, scrape_interval: {scrape}s, evaluation_interval: {evaluation}s}}
"""
SLIS = {"availability": "{availability: http}", "latency": "{latency: http, threshold: 200ms}"}
SLO_ID = f"{SERVICE}-slo"


@dataclass(frozen=True)
class Rules:
    """Recording rules in a file, the names of their groups in order, and the objective's budget."""

    path: Path
    groups: tuple[str, ...]
    budget: float
    kind: str = "availability"


def rules_of(
    folder: Path,
    *,
    objective: str = "99.9",
    window: str = "30d",
    scrape: int = 15,
    evaluation: int = 30,
    kind: str = "availability",
) -> Rules:
    """Render one objective and write its recording rules to a folder."""
    text = rendered(folder, objective, window, scrape, evaluation, kind)
    return written(folder, text, float(objective), kind)


def rendered(folder: Path, objective: str, window: str, scrape: int, evaluation: int, kind: str) -> str:
    """Return the text of the rule file of one objective."""
    spec = folder / "spec.yml"
    spec.write_text(spec_of(objective, window, scrape, evaluation, kind))
    return render_files(load_plan(spec))[f"monitoring/prometheus/rules/{SERVICE}/slo.yml"]


def spec_of(
    objective: str = "99.9",
    window: str = "30d",
    scrape: int = 15,
    evaluation: int = 30,
    kind: str = "availability",
) -> str:
    """Return the spec of one objective."""
    return _SPEC.format(
        service=SERVICE,
        objective=objective,
        window=window,
        sli=SLIS[kind],
        scrape=scrape,
        evaluation=evaluation,
    )


def written(folder: Path, text: str, objective: float, kind: str = "availability") -> Rules:
    """Write the recording rules of a rule file, each group on its own interval again.

    promtool evaluates all groups alike, whatever their intervals, so the tiles' rules get a guard that lets them
    record every five minutes only, as in life. Alerts are left out: they record nothing.
    """
    groups = yaml.safe_load(text)["groups"]
    for group in groups:
        group["rules"] = [
            _guarded(rule, group.get("interval")) for rule in group["rules"] if "record" in rule
        ]
    path = folder / "rules.yml"
    path.write_text(json.dumps({"groups": groups}))
    return Rules(path, tuple(group["name"] for group in groups), 1 - objective / 100, kind)


def beside(folder: Path, spec: str, other: str, *, is_first: bool) -> Rules:
    """Render a spec; return the rules of its objective of 99.9% with those of another file before or after them.

    A server evaluates them in either order.
    """
    path = folder / "spec.yml"
    path.write_text(spec)
    files = render_files(load_plan(path))
    found = written(folder, files[f"monitoring/prometheus/rules/{SERVICE}/slo.yml"], 99.9)
    others = yaml.safe_load(files[other])["groups"]
    document = json.loads(found.path.read_text())
    document["groups"] = [*others, *document["groups"]] if is_first else [*document["groups"], *others]
    found.path.write_text(json.dumps(document))
    return replace(found, groups=tuple(group["name"] for group in document["groups"]))


def _guarded(rule: dict[str, Any], interval: str | None) -> dict[str, Any]:
    if interval is None:
        return rule
    return {**rule, "expr": f"({rule['expr']}) and on () (vector(time()) % {TILE} == 0)"}


def with_hole(rules: Rules, hole: tuple[int, int]) -> Rules:
    """Return rules that record nothing in a span of ms: Prometheus is down."""
    begin, end = (edge / 1000 for edge in hole)
    is_up = f"(vector(time()) < {begin} or vector(time()) >= {end})"
    document = json.loads(rules.path.read_text())
    for group in document["groups"]:
        for rule in group["rules"]:
            rule["expr"] = f"({rule['expr']}) and on () {is_up}"
    path = rules.path.with_name("hole.yml")
    path.write_text(json.dumps(document))
    return Rules(path, rules.groups, rules.budget, rules.kind)
