"""`watchkeeper secrets check` on real files: exit codes, both users, JSON, and silence about the contents."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.certificates import LONG_AGO, Authority
from tests.unit.secret_files.test_secret_contents import KEY, SLACK
from watchkeeper.cli import main

SPEC = """\
version: watchkeeper/v1
service: shop
team: web
targets: [shop:8000]
alerts: [{preset: service_down, severity: critical}]
notify:
  receivers:
    slack: {webhook_file: secrets/slack, channel: "#alerts"}
    second: {type: slack, webhook_file: secrets/slack, channel: "#team"}
    pagerduty: {routing_key_file: secrets/key}
  routes: {critical: [pagerduty, slack, second]}
"""
GROUP = 12345


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of secrets below the working folder; both files are right, and a group may read them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WATCHKEEPER_STATE", raising=False)
    monkeypatch.setenv("WATCHKEEPER_SECRETS_GID", str(os.getgid()))
    folder = tmp_path / "monitoring" / "alertmanager" / "secrets"
    folder.mkdir(parents=True)
    for one in (folder, folder.parent):
        one.chmod(0o750)
    Path("monitoring/SLO_DEFINITIONS.yml").write_text(SPEC)
    _write(folder / "slack", SLACK)
    _write(folder / "key", KEY)
    return folder


def _write(path: Path, text: str, mode: int = 0o640) -> None:
    path.write_text(f"{text}\n")
    path.chmod(mode)


def _faults(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, dict[str, list[str]]]:
    capsys.readouterr()
    code = main(["secrets", "check", "--format", "json", *flags])
    files = json.loads(capsys.readouterr().out)["files"]
    return code, {file["path"].rpartition("/")[2]: [one["name"] for one in file["faults"]] for file in files}


def test_right_secrets_are_ok(secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["secrets", "check"]) == 0
    out = capsys.readouterr().out
    assert "ok     monitoring/alertmanager/secrets/slack  (slack, second)" in out
    assert "2 secret files, each readable by the containers' users" in out


def test_every_fault_of_every_file_is_told_at_once(secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (secrets / "key").unlink()
    _write(secrets / "slack", "changeme")
    assert _faults(capsys) == (1, {"slack": ["placeholder"], "key": ["missing"]})
    assert main(["secrets", "check"]) == 1
    out = capsys.readouterr().out
    assert "2 of 2 secret files would fail" in out
    assert "changeme" not in out


def test_a_folder_in_the_place_of_a_secret_is_a_fault(
    secrets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (secrets / "key").unlink()
    (secrets / "key").mkdir()
    assert _faults(capsys)[1]["key"] == ["folder"]


@pytest.mark.parametrize(("mode", "faults"), [(0o600, ["unreadable-in-container"]), (0o640, []), (0o604, [])])
def test_the_containers_user_must_be_able_to_read_the_file(
    secrets: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    mode: int,
    faults: list[str],
) -> None:
    if mode == 0o604:
        for folder in (secrets, secrets.parent):
            folder.chmod(0o755)
        # The file's group is nobody's group in the container, so the bits of others decide.
        monkeypatch.setenv("WATCHKEEPER_SECRETS_GID", str(GROUP))
    _write(secrets / "key", KEY, mode)
    assert _faults(capsys)[1]["key"] == faults
    assert _faults(capsys, "--mode", "native")[1]["key"] == []


def test_a_closed_folder_keeps_the_container_out_too(
    secrets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets.chmod(0o700)
    assert _faults(capsys) == (1, {"slack": ["unreadable-in-container"], "key": ["unreadable-in-container"]})
    main(["secrets", "check"])
    out = capsys.readouterr().out
    assert f"because of the mode of {secrets}" in out
    assert f"chmod 750 {secrets}" in out


def test_grafanas_password_is_checked_if_it_is_there(
    secrets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    password = Path("monitoring/grafana/secrets/admin_password")
    password.parent.mkdir(parents=True)
    _write(password, "admin")
    assert _faults(capsys)[1]["admin_password"] == ["placeholder"]


def test_a_spec_without_receivers_names_no_secret(secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("monitoring/SLO_DEFINITIONS.yml").write_text(SPEC.partition("notify:")[0])
    assert main(["secrets", "check"]) == 0
    assert "names no secret file" in capsys.readouterr().out


def test_a_broken_spec_is_unusable_input(secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("monitoring/SLO_DEFINITIONS.yml").write_text("version: watchkeeper/v1\nservice: 1 2\n")
    assert main(["secrets", "check"]) == 2
    assert "SLO_DEFINITIONS.yml:2:" in capsys.readouterr().err


def test_a_file_that_the_current_user_cannot_read_is_a_fault(
    secrets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid() == 0:
        # Root reads everything, except through a loop of links.
        (secrets / "key").unlink()
        (secrets / "key").symlink_to("key")
    else:
        (secrets / "key").chmod(0)
    assert _faults(capsys, "--mode", "native")[1]["key"] == ["unreadable"]


def test_files_of_scrapes_are_inspected_too(secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scrape = (
        "scrape:\n  scheme: https\n  tls: {ca_file: secrets/ca.crt, cert_file: secrets/c.crt, key_file: secrets/c.key}\n"
        "  bearer_token_file: secrets/token\n"
    )
    Path("monitoring/SLO_DEFINITIONS.yml").write_text(SPEC + scrape)
    folder = Path("monitoring/prometheus/secrets")
    folder.mkdir(parents=True)
    authority = Authority(folder / "made")
    old, other = authority.pair("old", "shop", ends=LONG_AGO), authority.pair("other", "shop")
    for name, file in (("ca.crt", authority.file), ("c.crt", old.certificate), ("c.key", other.key)):
        (folder / name).write_bytes(file.read_bytes())
        (folder / name).chmod(0o644)
    code, faults = _faults(capsys, "--mode", "native")
    assert code == 1
    assert {name: faults[name] for name in ("ca.crt", "c.crt", "c.key", "token")} == {
        "ca.crt": [],
        "c.crt": ["expired"],
        "c.key": ["wrong-key"],
        "token": ["missing"],
    }
    (folder / "ca.crt").chmod(0o600)
    assert _faults(capsys, "--mode", "compose")[1]["ca.crt"] == (
        ["unreadable-in-container"] if os.getgid() != 65534 else []
    )
