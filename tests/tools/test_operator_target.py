"""The operator's published schemas take the rendered objects, and its own types Alertmanager's configuration."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.loading import load_plan
from tests.tools.operator_module import module_folder, strict_schema, unknown_keys
from watchkeeper.pipeline import render_target

pytestmark = pytest.mark.tools
ROOT = Path(__file__).parents[2]
SPECS = [ROOT / "tests/notifications/spec.yml", ROOT / "examples/specs/teams-and-pagers.yml"]

SECURED = """version: watchkeeper/v1
services:
- service: checkout
  scrape: {scheme: https, tls: {ca_file: secrets/ca.crt, cert_file: secrets/a.crt, key_file: secrets/a.key, server_name: a.b}}
  slos: [{name: o, objective: 99%, sli: {availability: http}}]
- {service: search, scrape: {scheme: https, bearer_token_file: secrets/token}}
- {service: mail, scrape: {scheme: https, basic_auth: {username: a, password_file: secrets/mail/password}}}
"""


@pytest.fixture(scope="module")
def operator() -> Path:
    return module_folder()


@pytest.fixture(
    scope="module", params=[*SPECS, SECURED], ids=["every receiver", "an example", "secured scrapes"]
)
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = request.param
    if isinstance(path, str):
        path = tmp_path_factory.mktemp("spec") / "spec.yml"
        path.write_text(request.param)
    return render_target(load_plan(path), "operator")


@pytest.mark.parametrize(
    ("folder", "plural"), [("rules", "prometheusrules"), ("servicemonitors", "servicemonitors")]
)
def test_the_published_schema_takes_the_objects(
    folder: str, plural: str, operator: Path, files: dict[str, str]
) -> None:
    found = [yaml.safe_load(text) for path, text in files.items() if path.startswith(f"{folder}/")]
    assert found
    validator = Draft202012Validator(strict_schema(operator, plural))
    assert [error.message for one in found for error in validator.iter_errors(one)] == []
    # What the schema would take if it looked at nothing.
    assert list(validator.iter_errors({**found[0], "spec": {"unknown": 1}}))


def test_the_operator_knows_every_key_of_alertmanagers_configuration(
    operator: Path, files: dict[str, str]
) -> None:
    config = _config(files)
    assert {*config} >= {"route", "receivers"}
    assert list(unknown_keys(operator, config)) == []
    assert list(unknown_keys(operator, {"inhibit_rules": [{"name": "a"}]})) == [".inhibit_rules.name"]


def test_amtool_and_promtool_take_what_the_objects_contain(
    files: dict[str, str], tmp_path: Path, amtool: str, promtool: str
) -> None:
    (tmp_path / "alertmanager.yml").write_text(
        yaml.safe_load(files["alertmanager.yaml"])["stringData"]["alertmanager.yaml"]
    )
    for path, text in files.items():
        if path.startswith("rules/"):
            (tmp_path / Path(path).name).write_text(yaml.safe_dump(yaml.safe_load(text)["spec"]))
    subprocess.run(
        [amtool, "check-config", str(tmp_path / "alertmanager.yml")], check=True, capture_output=True
    )
    rules = sorted(map(str, tmp_path.glob("*.yaml")))
    done = subprocess.run([promtool, "check", "rules", *rules], check=True, capture_output=True, text=True)
    assert "rules found" in done.stdout
    assert " 0 rules found" not in done.stdout


def _config(files: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        yaml.safe_load(files["alertmanager.yaml"])["stringData"]["alertmanager.yaml"]
    )
    return found
