"""Secrets outside the configuration's folder: told of when they are missing, and never in a container's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.compose.container_secrets import empty_secrets, unreadable

SPEC = """\
version: watchkeeper/v1
service: checkout
alerts: [{preset: service_down, severity: critical}]
notify:
  receivers:
    slack: {webhook_file: FOLDER/slack, channel: "#incidents"}
    audit: {type: webhook, url_file: FOLDER/audit}
    inside: {type: webhook, url_file: secrets/audit}
  routes: {critical: [slack, audit, inside]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder of the absolute secrets, with one of the two in it."""
    path = tmp_path / "elsewhere"
    path.mkdir()
    (path / "audit").write_text("http://example.com")
    return path


@pytest.fixture
def plan(tmp_path: Path, folder: Path) -> Plan:
    spec = tmp_path / "monitoring" / "SLO_DEFINITIONS.yml"
    spec.parent.mkdir()
    spec.write_text(SPEC.replace("FOLDER", str(folder)), encoding="utf-8")
    return load_plan(spec)


def test_a_missing_absolute_secret_is_told_and_an_empty_file_is_mounted_instead(
    plan: Plan, folder: Path
) -> None:
    variables, lines = empty_secrets(plan)
    assert variables == {"WATCHKEEPER_SECRET_2": "/dev/null"}
    assert len(lines) == 1
    assert lines[0].startswith(f"{folder}/slack is missing or not readable on this machine")


def test_a_folder_in_the_place_of_a_secret_is_a_missing_secret(plan: Plan, folder: Path) -> None:
    (folder / "slack").mkdir()
    assert empty_secrets(plan)[0] == {"WATCHKEEPER_SECRET_2": "/dev/null"}


def test_a_secret_that_the_system_refuses_to_look_at_is_a_missing_secret(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(SPEC.replace("FOLDER", f"/{'x' * 300}."), encoding="utf-8")
    plan = load_plan(spec)
    assert set(empty_secrets(plan)[0].values()) == {"/dev/null"}
    assert unreadable(tmp_path, plan) == []


def test_absolute_secrets_that_are_there_are_mounted_as_they_are(plan: Plan, folder: Path) -> None:
    (folder / "slack").write_text("http://example.com")
    assert empty_secrets(plan) == ({}, [])


@pytest.mark.parametrize(("mode", "complaints"), [(0o600, 1), (0o640, 0)])
def test_an_absolute_secret_that_the_container_could_not_read_is_told(
    mode: int, complaints: int, plan: Plan, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = folder / "audit"
    audit.chmod(mode)
    monkeypatch.setenv("WATCHKEEPER_SECRETS_GID", str(audit.stat().st_gid))
    lines = unreadable(tmp_path, plan)
    assert len(lines) == complaints
    assert all(line.startswith(f"{audit} is not readable in the container") for line in lines)


def test_a_closed_folder_of_secrets_is_told_unless_its_files_are_copied(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "monitoring/alertmanager/secrets/audit"
    inside.parent.mkdir(parents=True)
    inside.write_text("http://example.com")
    monkeypatch.setenv("WATCHKEEPER_SECRETS_GID", str(inside.stat().st_gid))
    inside.chmod(0o640)
    inside.parent.parent.chmod(0o750)
    inside.parent.chmod(0o700)
    (line,) = [one for one in unreadable(tmp_path, plan) if "secrets/audit" in one]
    assert line.endswith(f"chmod 750 {inside.parent}")
    assert not any("secrets/audit" in one for one in unreadable(tmp_path, plan, copied=True))
