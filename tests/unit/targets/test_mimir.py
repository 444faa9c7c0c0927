"""Mimir's target: within the limits of a tenant, with every rule still behind those that it reads."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loading import load_plan
from watchkeeper import promql_tree
from watchkeeper.cli import main
from watchkeeper.pipeline import render_files, render_target

# The longest group that an objective can have, and ordinary ones; an objective whose name ends like a group of rollups.
SPEC = """version: watchkeeper/v1
services:
- service: checkout
  slos:
  - {name: long, objective: 99%, window: 90d, sli: {availability: http}, alerting: {idle: 1h, budget: [50%, 25%, 10%], exhausted_in: 24h}}
  - {name: tiles, objective: 99%, sli: {availability: http}}
  - {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 200ms}}
  - {name: more, objective: 95%, window: 7d, sli: {latency: http, threshold: 500ms}}
  alerts: [{preset: service_down}, {preset: error_ratio, above: 5%}]
- {service: search, alerts: [{preset: service_down}]}
stack: {retention: 91d}
"""  # noqa: E501
RECORDED = re.compile(r"slo:[a-z_:0-9]+")


def _groups(files: dict[str, str]) -> list[dict[str, Any]]:
    return [group for text in files.values() for group in yaml.safe_load(text).get("groups", ())]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files of the target, and the rule files of a plain render."""
    path = tmp_path_factory.mktemp("mimir") / "spec.yml"
    path.write_text(SPEC)
    plan = load_plan(path)
    plain = {
        name: text
        for name, text in render_files(plan).items()
        if re.match("monitoring/prometheus/(rules|alerts)/(.*/)?(?!watchkeeper)", name)
    }
    return render_target(plan, "mimir"), plain


def _key(rule: dict[str, Any]) -> tuple[Any, ...]:
    return rule.get("alert", rule.get("record")), rule["expr"], rule["labels"].get("slo_id", "")


def test_every_rule_is_there_once_and_each_group_within_the_limits(
    both: tuple[dict[str, str], dict[str, str]],
) -> None:
    files, plain = both
    ours = {path: text for path, text in files.items() if path != "watchkeeper.yaml"}
    found = Counter(_key(rule) for group in _groups(ours) for rule in group["rules"])
    assert found == Counter(_key(rule) for group in _groups(plain) for rule in group["rules"])
    assert max(len(group["rules"]) for group in _groups(plain)) > 20
    assert max(len(group["rules"]) for group in _groups(files)) <= 20
    # 4 objectives: a group each, their rollups in two, and one with the rest; 2 groups of the others.
    assert len(_groups(ours)) == 8
    names = [group["name"] for group in _groups(files)]
    assert len(names) == len(set(names))


def test_a_rule_stays_behind_those_that_it_reads(both: tuple[dict[str, str], dict[str, str]]) -> None:
    where: dict[tuple[str, str], tuple[str, int]] = {}
    rules: list[tuple[tuple[str, int], dict[str, Any]]] = []
    for group in _groups(both[0]):
        for number, rule in enumerate(group["rules"]):
            rules.append(((group["name"], number), rule))
            if "record" in rule:
                where[rule["record"], rule["labels"].get("slo_id", "")] = group["name"], number
    for (group_name, number), rule in rules:
        for node in promql_tree.selectors(promql_tree.parse(rule["expr"])):
            name = promql_tree.metric_name(node)
            read = where.get((name, rule["labels"].get("slo_id", "")))
            if read is None or read[0] != group_name or name == rule.get("record"):
                continue
            # The base reads itself, and of the rollups only what the evaluation before recorded.
            assert read[1] < number, (rule.get("record") or rule["alert"], name)


def test_recordings_never_leave_the_group_of_their_objective(
    both: tuple[dict[str, str], dict[str, str]],
) -> None:
    for group in _groups(both[0]):
        ids = {rule["labels"].get("slo_id") for rule in group["rules"] if "record" in rule}
        if "alerts" in group["name"]:
            # Constants read nothing, so they may be anywhere.
            assert {rule["record"] for rule in group["rules"] if "record" in rule} <= {
                "slo:objective:ratio",
                "watchkeeper_spec_info",
            }
        elif group["interval"] != "5m":
            assert len(ids) == 1
    (urgent,) = [
        group["name"]
        for group in _groups(both[0])
        for rule in group["rules"]
        if rule.get("alert") == "CheckoutLongFastBurn"
    ]
    assert urgent == "slo-checkout-long"


def test_each_file_is_a_namespace_of_its_own(both: tuple[dict[str, str], dict[str, str]]) -> None:
    spaces = [yaml.safe_load(text)["namespace"] for text in both[0].values()]
    assert spaces == ["watchkeeper-checkout", "watchkeeper-search", "watchkeeper-watchkeeper"]
    assert all("evaluates rules 1m late" in text.partition("groups:")[0] for text in both[0].values())


def test_too_many_groups_are_refused_with_the_figure_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slos = "".join(f"- {{name: o{n}, objective: 99%, sli: {{availability: http}}}}\n" for n in range(50))
    (tmp_path / "spec.yml").write_text(f"version: watchkeeper/v1\nservice: a\nslos:\n{slos}")
    both = ["render", str(tmp_path / "spec.yml"), "--target", "operator", "--target", "mimir"]
    assert main(both) == 2
    page = Path(__file__).parents[3] / "docs/problems/WK251.md"
    assert re.search(r"`(\d+ rule groups.+)`", page.read_text())[1] in capsys.readouterr().err  # type: ignore[index]
    assert [path.name for path in tmp_path.iterdir()] == ["spec.yml"]


def test_every_predicted_time_of_an_objective_includes_the_delay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    (tmp_path / "spec.yml").write_text(SPEC)
    command = ["explain", "--spec", str(tmp_path / "spec.yml"), "--format", "json"]

    def times(*flags: str) -> list[float]:
        assert main([*command, *flags]) == 0
        tiers = [tier for slo in json.loads(capsys.readouterr().out)["slos"] for tier in slo["tiers"]]
        return [one["seconds"] for tier in tiers for one in tier["detections"] if one["seconds"]]

    plain, late = times(), times("--target", "mimir")
    assert len(plain) > 20
    assert late == pytest.approx([seconds + 60 for seconds in plain])
    assert times("--target", "operator") == plain


@pytest.mark.parametrize("target", ["mimir", "operator", "thanos"])
def test_what_only_our_own_stack_can_see_is_in_no_target(target: str, tmp_path: Path) -> None:
    notify = "notify:\n  drill_every: 7d\n  receivers: {hook: {type: webhook, url_file: s/u}}\n  routes: {critical: [hook]}\n"
    (tmp_path / "spec.yml").write_text(
        f"version: watchkeeper/v1\nservice: shop\nstack: {{backup_every: 1d}}\n{notify}"
    )
    plan = load_plan(tmp_path / "spec.yml")
    ours, theirs = "".join(render_files(plan).values()), "".join(render_target(plan, target).values())
    for name in ("watchkeeper_receiver_drilled", "BackupOverdue", "last_backup"):
        assert name in ours
        assert name not in theirs
