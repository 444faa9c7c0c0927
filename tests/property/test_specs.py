"""Any valid spec renders, and what it renders loads in the real tools."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from hypothesis import HealthCheck, example, given, settings

from tests.loading import load_plan
from tests.property.specs import as_yaml, specs
from watchkeeper.emit.promql import alert_template_escape
from watchkeeper.naming import TARGET_NAMES
from watchkeeper.pipeline import render_files, render_target
from watchkeeper.publish import diff, publish

# An example writes a hundred files and runs three programs. Five are enough: each service of each example has every
# kind of alert, with texts of its own, where a random service would have some of them.
_SLOW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))


def _written(spec: dict[str, Any], folder: Path) -> Path:
    path = folder / "monitoring" / "SLO_DEFINITIONS.yml"
    path.parent.mkdir(parents=True)
    path.write_text(as_yaml(spec), encoding="utf-8")
    return path


_EMPTY = {"version": "watchkeeper/v1", "services": [{"service": "a", "targets": ["a:1"], "alerts": []}]}


@_SLOW
@example(spec=_EMPTY)
@given(spec=specs(every_kind=True))
def test_what_a_valid_spec_renders_loads_in_promtool_amtool_and_jaeger(
    spec: dict[str, Any], promtool: str, amtool: str, jaeger: str
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = load_plan(_written(spec, folder))
        files = render_files(plan)
        publish(files, folder)
        for command in (
            [promtool, "check", "config", "monitoring/prometheus/prometheus.yml"],
            [
                amtool,
                "--enable-feature=utf8-strict-mode",
                "check-config",
                "monitoring/alertmanager/alertmanager.yml",
            ],
        ):
            outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        given = sum(len(service["alerts"]) for service in spec["services"])
        unasked = sum(len(service.alerts) > len(service.spec.alerts) for service in plan.services)
        of_the_stack = len(plan.own.alerts) + 1 if plan.own is not None else 0  # and the hash of the rules
        rules = given + unasked + of_the_stack
        paths = sorted(map(str, folder.glob("monitoring/prometheus/alerts/*.yml")))
        command = [promtool, "check", "rules", *paths] if rules else ["true"]
        loaded = subprocess.run(command, capture_output=True, text=True, check=False)
        found = map(int, re.findall(r"(\d+) rules found", loaded.stdout))
        assert sum(found) == rules
        assert diff(files, folder) == []


# An example renders two services twice. Four are enough: a dependence on the order shows in any two services that
# both have every kind of alert.
@settings(max_examples=4, deadline=None)
@given(spec=specs(least=2, every_kind=True))
def test_the_order_of_services_changes_nothing(spec: dict[str, Any]) -> None:
    turned = {**spec, "services": spec["services"][::-1]}
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        assert render_files(load_plan(_written(spec, Path(one)))) == render_files(
            load_plan(_written(turned, Path(two)))
        )


def test_the_hash_seed_changes_nothing() -> None:
    program = (
        "import hashlib, pathlib; from tests.loading import load_plan; from watchkeeper.pipeline import render_files;"
        "files = render_files(load_plan(pathlib.Path('monitoring/SLO_DEFINITIONS.yml')));"
        "print(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program]
    seen = {
        subprocess.run(
            command, cwd=root, env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(seen) == 1


# An example renders one or two services four times; each has every kind of alert, with hostile texts.
@settings(max_examples=4, deadline=None)
@given(spec=specs(every_kind=True))
def test_every_target_has_the_rules_of_the_plain_render(spec: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        plan = load_plan(_written(spec, Path(name)))
    plain = {
        path: text for path, text in render_files(plan).items() if re.search("/(rules|alerts)/.*yml$", path)
    }
    expected = Counter(
        one for text in plain.values() for one in _rules(yaml.safe_load(text)) if one.is_watched
    )
    environment = spec["stack"]["environment"]
    for target in TARGET_NAMES:
        documents = [yaml.safe_load(text) for text in render_target(plan, target).values()]
        found = [one for each in documents for one in _rules(each.get("spec", each)) if one.is_watched]
        assert Counter(found) == expected, target
        assert {one.environment for one in found if one.texts != "None"} == {
            alert_template_escape(environment)
        }


class _Rule(NamedTuple):
    name: str
    expr: str
    texts: str
    environment: str
    is_watched: bool

    # The label is added by the target: rules are the same without it.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rule) and self[:3] == other[:3]

    def __hash__(self) -> int:
        return hash(self[:3])


def _rules(document: dict[str, Any]) -> list[_Rule]:
    return [
        _Rule(
            rule.get("alert") or rule["record"],
            rule["expr"],
            repr(rule.get("annotations")),
            rule["labels"].get("environment", ""),
            rule["labels"].get("service", "watchkeeper") != "watchkeeper",
        )
        for group in document.get("groups", ())
        for rule in group["rules"]
    ]
