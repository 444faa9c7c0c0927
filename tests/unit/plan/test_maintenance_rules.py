"""Rules of maintenance windows: the same on every day, nothing for services without one, and the series that all read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.cli import main
from watchkeeper.pipeline import render_files

HEAD = """version: watchkeeper/v1
services:
  - service: shop
    signals: [http]
    slos: [{name: availability, objective: 99%, sli: {availability: http}}]
    alerts: [{preset: service_down, severity: critical, for: 2m}]
  - service: mail
    signals: [http]
    slos: [{name: availability, objective: 99%, sli: {availability: http}}]
    alerts: [{preset: service_down, severity: critical, for: 2m}]
"""
WINDOWS = """maintenance:
  - {name: upgrade, reason: r, author: a, services: [shop], from: 2030-12-05 22:00, to: 2030-12-06 02:00}
  - {name: patches, reason: r, author: a, services: [shop], times: ["02:00-03:00"], location: America/New_York}
"""
FAR = 4_000_000_000.0


def _files(folder: Path, text: str) -> dict[str, str]:
    spec = folder / "spec.yml"
    spec.write_text(text, encoding="utf-8")
    return render_files(load_plan(spec))


def test_the_output_is_the_same_on_every_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(HEAD + WINDOWS, encoding="utf-8")
    assert main(["render", str(spec), "--out", str(tmp_path / "out")]) == 0
    assert "WK312" not in capsys.readouterr().err
    monkeypatch.setattr("watchkeeper.spec.maintenance_checks.time.time", lambda: FAR)
    assert main(["check", str(spec), "--out", str(tmp_path / "out")]) == 0
    assert main(["render", str(spec), "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr()
    assert "WK312" in shown.err
    assert " 0 written" in shown.out


def test_a_service_without_windows_has_the_same_files_as_before(tmp_path: Path) -> None:
    plain, planned = _files(tmp_path, HEAD), _files(tmp_path, HEAD + WINDOWS)
    about_mail = [
        path for path in plain if ("mail" in path and "/rules/" in path) or path.endswith("alerts/mail.yml")
    ]
    assert len(about_mail) == 2
    assert all(plain[path] == planned[path] for path in about_mail)
    assert "monitoring/prometheus/alerts/shop_maintenance.yml" in planned.keys() - plain.keys()
    assert not any("mail_maintenance" in path for path in planned)


def test_every_alert_of_the_service_waits_for_the_end_of_a_window(tmp_path: Path) -> None:
    files = _files(tmp_path, HEAD + WINDOWS)
    rules = (
        files["monitoring/prometheus/alerts/shop.yml"],
        files["monitoring/prometheus/rules/shop/availability.yml"],
    )
    for text in rules:
        alerts = text.split("- alert: ")[1:]
        assert alerts
        assert all("unless on ()" in one and "service:maintenance:open" in one for one in alerts)


def test_a_window_of_all_services_is_in_the_file_of_each(tmp_path: Path) -> None:
    files = _files(tmp_path, HEAD + WINDOWS.replace("services: [shop], ", ""))
    for service in ("shop", "mail"):
        assert f'service="{service}"' in files[f"monitoring/prometheus/alerts/{service}_maintenance.yml"]
