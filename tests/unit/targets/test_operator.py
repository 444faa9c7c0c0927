"""The operator's target: what other scrapes and selectors change is set back, and what would be refused is not written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loading import load_plan
from watchkeeper.cli import main
from watchkeeper.naming import TARGET_NAMES
from watchkeeper.pipeline import render_target
from watchkeeper.targets import PROFILES, RENDERERS
from watchkeeper.targets.operator import operator_files

SPEC = """version: watchkeeper/v1
services:
- service: checkout
  labels: {tier: "$1"}
  metrics_path: /m
  slos:
  - {name: availability, objective: 99%, sli: {availability: http}}
  - {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 200ms}}
  alerts: [{preset: service_down, severity: critical}]
- {service: matched, match: {job: a, namespace: b}, slos: [{name: o, objective: 99%, sli: {availability: http}}]}
- {service: elsewhere, scrape: false}
stack:
  environment: staging
  cluster: eu
  scrape_interval: 30s
  operator: {labels: {release: mine}, port: web, service_label: app}
notify:
  receivers:
    slack: {webhook_file: secrets/team/slack_webhook, channel: "#a"}
    pager: {type: pagerduty, routing_key_file: /run/key}
  routes: {critical: [pager], warning: [slack]}
"""


def _files(folder: Path, spec: str = SPEC) -> dict[str, str]:
    (folder / "spec.yml").write_text(spec)
    return render_target(load_plan(folder / "spec.yml"), "operator")


def _object(files: dict[str, str], path: str) -> Any:
    return yaml.load(files[path], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def test_every_target_has_a_name_limits_and_a_renderer() -> None:
    assert list(TARGET_NAMES) == list(PROFILES) == list(RENDERERS)


def test_a_scrape_gives_the_labels_that_the_rules_select_by(tmp_path: Path) -> None:
    files = _files(tmp_path)
    assert [path for path in files if path.startswith("servicemonitors/")] == [
        "servicemonitors/checkout.yaml"
    ]
    monitor = _object(files, "servicemonitors/checkout.yaml")
    assert monitor["spec"]["selector"] == {"matchLabels": {"app": "checkout"}}
    (endpoint,) = monitor["spec"]["endpoints"]
    assert (endpoint["port"], endpoint["path"], endpoint["interval"]) == ("web", "/m", "30s")
    labels = {one["targetLabel"]: one["replacement"] for one in endpoint["relabelings"]}
    assert labels == {"service": "checkout", "job": "checkout", "tier": "$$1"}


def test_rules_have_every_label_that_inhibitions_compare_and_an_interval_of_their_own(tmp_path: Path) -> None:
    files = _files(tmp_path)
    for path in ("rules/checkout.yaml", "rules/matched.yaml", "rules/watchkeeper.yaml"):
        found = _object(files, path)
        assert found["metadata"]["labels"]["release"] == "mine"
        for group in found["spec"]["groups"]:
            assert group["interval"] in ("30s", "5m")
            for rule in group["rules"]:
                if "alert" in rule:
                    assert rule["labels"].items() >= {"environment": "staging", "cluster": "eu"}.items()
    config = yaml.safe_load(_object(files, "alertmanager.yaml")["stringData"]["alertmanager.yaml"])
    assert {label for rule in config["inhibit_rules"] for label in rule["equal"]} >= {
        "environment",
        "cluster",
    }


def test_of_the_stack_itself_only_what_holds_in_any_prometheus(tmp_path: Path) -> None:
    rules = [
        rule.get("alert", rule.get("record"))
        for group in _object(_files(tmp_path), "rules/watchkeeper.yaml")["spec"]["groups"]
        for rule in group["rules"]
    ]
    assert rules == ["Watchdog", "watchkeeper_spec_info"]


def test_secret_files_are_where_the_operator_mounts_them(tmp_path: Path) -> None:
    secret = _object(_files(tmp_path), "alertmanager.yaml")
    config = yaml.safe_load(secret["stringData"]["alertmanager.yaml"])
    paths = {
        value
        for receiver in config["receivers"]
        for settings in receiver.values()
        if isinstance(settings, list)
        for one in settings
        for key, value in one.items()
        if key.endswith("_file")
    }
    assert paths == {"/etc/alertmanager/secrets/watchkeeper-receivers/team.slack_webhook", "/run/key"}
    assert config["templates"] == ["/etc/alertmanager/config/*.tmpl"]
    assert all("name" not in rule for rule in config["inhibit_rules"])


def test_dashboards_are_whole_and_in_their_folder(tmp_path: Path) -> None:
    files = _files(tmp_path)
    found = _object(files, "dashboards/matched/overview.yaml")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert found["metadata"]["annotations"] == {"grafana_folder": "matched"}
    assert json.loads(found["data"]["matched-overview.json"])["uid"] == "wk-svc-matched"
    names = [_object(files, path)["metadata"]["name"] for path in files if path != "kustomization.yaml"]
    assert len(set(names)) == len(names) - 1  # the ServiceMonitor has the name of the rules
    assert _object(files, "kustomization.yaml")["resources"] == sorted({*files} - {"kustomization.yaml"})


def _objectives(count: int) -> str:
    each = "".join(f"- {{name: o{n}, objective: 99%, sli: {{availability: http}}}}\n" for n in range(count))
    return f"version: watchkeeper/v1\nservice: many\nslos:\n{each}"


def test_a_service_with_too_many_bytes_has_several_objects(tmp_path: Path) -> None:
    files = _files(tmp_path, _objectives(40))
    parts = [path for path in files if path.startswith("rules/many")]
    assert parts == ["rules/many.yaml", "rules/many.2.yaml"]
    objects = [_object(files, path) for path in parts]
    groups = [group["name"] for one in objects for group in one["spec"]["groups"]]
    assert len(groups) == len(set(groups)) == 81
    assert len({one["metadata"]["name"] for one in objects}) == 2
    # As the operator measures it, which writes the rules again, without comments.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    assert all(len(yaml.dump(one["spec"], Dumper=dumper, width=10**6)) <= 512 * 1024 for one in objects)


def test_the_second_object_of_a_service_never_takes_the_name_of_another_service(tmp_path: Path) -> None:
    other = "- {service: many-2, slos: [{name: o, objective: 99%, sli: {availability: http}}]}\n"
    spec = _objectives(40).replace("service: many\nslos:\n", "services:\n- service: many\n  slos:\n")
    files = _files(tmp_path, spec.replace("- {name", "  - {name") + other)
    paths = [path for path in files if path.startswith("rules/many")]
    assert paths == ["rules/many.yaml", "rules/many.2.yaml", "rules/many-2.yaml"]
    assert len({_object(files, path)["metadata"]["name"] for path in paths}) == 3


def test_stored_files_over_the_limit_are_refused_with_their_bytes_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["render", str(tmp_path / "spec.yml"), "--target", "operator"]
    stored = [_object(_files(tmp_path), path)["data"] for path in _files(tmp_path) if path.startswith("dash")]
    largest = max((len(text.encode()), name) for data in stored for name, text in data.items())
    assert largest[1] == "checkout-slo.json"
    for limit, code in ((largest[0], 0), (largest[0] - 1, 2)):
        monkeypatch.setattr(operator_files, "OPERATOR", replace(PROFILES["operator"], max_values=limit))
        assert main(command) == code
        assert (tmp_path / "monitoring").exists() is (code == 0)
        error = capsys.readouterr().err
        shutil.rmtree(tmp_path / "monitoring", ignore_errors=True)
    message = f"the ConfigMap watchkeeper-dashboard-checkout-slo has {largest[0]} bytes, and Kubernetes accepts {limit} an object"
    assert f"spec.yml:3:12: error: {message}; divide the service" in error
    assert error.count("WK251") == 1


def test_a_configuration_over_the_limit_is_refused_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spec.yml").write_text(SPEC)
    monkeypatch.setattr(operator_files, "OPERATOR", replace(PROFILES["operator"], max_values=100))
    assert main(["render", str(tmp_path / "spec.yml"), "--target", "operator"]) == 2
    texts = [
        line for line in capsys.readouterr().err.splitlines() if "Secret watchkeeper-alertmanager" in line
    ]
    (secret,) = texts
    assert "receivers of their own [WK251]" in secret


def test_one_group_with_too_many_bytes_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alerts = "".join(
        f'- {{name: A{n}, expr: "up > 0", severity: info, description: "{"x" * 1500}"}}\n' for n in range(400)
    )
    (tmp_path / "spec.yml").write_text(f"version: watchkeeper/v1\nservice: many\nalerts:\n{alerts}")
    assert main(["render", str(tmp_path / "spec.yml"), "--target", "operator"]) == 2
    error = capsys.readouterr().err
    assert "spec.yml:2:10" in error
    assert "the group many-alerts has " in error
    assert "operator accepts 524288 an object" in error
    assert [path.name for path in tmp_path.iterdir()] == ["spec.yml"]


def test_the_command_writes_the_target_alone_and_the_same_bytes_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spec.yml").write_text(SPEC)
    command = ["render", str(tmp_path / "spec.yml"), "--target", "operator", "--format", "json"]
    assert main(command) == 0
    written = json.loads(capsys.readouterr().out)["targets"]["operator"]["written"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["targets"]["operator"]["unchanged"] == len(written)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["monitoring", "spec.yml"]
    assert [path.name for path in (tmp_path / "monitoring").iterdir()] == ["targets"]
    check = ["check", str(tmp_path / "spec.yml"), "--target", "operator"]
    assert main(check) == 0
    (tmp_path / "monitoring/targets/operator/kustomization.yaml").write_text("")
    capsys.readouterr()
    assert main(check) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("changed: kustomization.yaml")
    assert captured.err.endswith("run: watchkeeper render --target operator\n")
    shutil.rmtree(tmp_path / "monitoring")
    assert main([*command, "--proofs", str(tmp_path / "p")]) == 2
