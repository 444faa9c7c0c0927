"""The dashboard collects in the background, keeps a day, survives a restart, and exports."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from backend_instrumentation.health import (
    Alert,
    MetricsHistory,
    MonitoringConfig,
    MonitoringDashboard,
    MonitoringExporter,
)

from .health_support import until

FAST = MonitoringConfig(
    check_interval=0.05,
    alert_cooldown=0,
    service_monitoring={
        "status_check_interval": 0.05,
        "connection_timeout": 0.5,
        "max_consecutive_failures": 2,
    },
)


def test_it_collects_checks_and_alerts_and_stops_within_a_second() -> None:
    seen: list[Alert] = []
    dashboard = MonitoringDashboard(FAST, handlers=[seen.append])
    works = threading.Event()
    dashboard.add_service("files", works.is_set, retries=0)
    release = threading.Event()
    dashboard.add_service("hangs", lambda: release.wait(30), retries=0)
    dashboard.start_monitoring(0.05)
    dashboard.start_monitoring(0.05)
    until(lambda: dashboard.services["files"].metrics().status == "error")
    until(lambda: any(alert.name == "ServiceInError" and not alert.resolved for alert in seen))
    works.set()
    until(lambda: dashboard.services["files"].metrics().status == "running")
    until(lambda: dashboard.services["hangs"].metrics().status == "error")
    before = time.monotonic()
    dashboard.stop_monitoring()
    assert time.monotonic() - before < 1
    release.set()
    kept = dashboard.recent()
    assert len(kept) > 2
    time.sleep(0.2)
    assert len(dashboard.recent()) == len(kept)
    dashboard.stop_monitoring()
    assert not [each for each in threading.enumerate() if each.name == "monitoring"]


def test_stopping_waits_for_no_handler() -> None:
    release = threading.Event()
    dashboard = MonitoringDashboard(FAST, handlers=[lambda _: release.wait(30)])
    dashboard.add_service("files").set_status("error")
    dashboard.start_monitoring(0.01)
    until(dashboard.alerts.firing)
    before = time.monotonic()
    dashboard.stop_monitoring()
    assert time.monotonic() - before < 1
    release.set()


@pytest.mark.parametrize("interval", [0, -1, float("nan")])
def test_an_interval_is_above_zero(interval: float) -> None:
    with pytest.raises(ValueError, match="interval"):
        MonitoringDashboard().start_monitoring(interval)


def test_it_prints_the_worst_first(capsys: pytest.CaptureFixture[str]) -> None:
    dashboard = MonitoringDashboard()
    dashboard.add_service("fine").record_check(True)
    dashboard.add_service("broken").record_check(False, "refused")
    dashboard.tools.record_call("search", 0.25)
    dashboard.collect()
    dashboard.print_dashboard()
    lines = capsys.readouterr().out.splitlines()
    assert "no alert fires" in lines[0]
    assert lines[2].startswith("CPU ")
    assert [line.split()[0] for line in lines if line.startswith(("fine", "broken"))] == ["broken", "fine"]
    assert any(line.split() == ["search", "1", "0.0%", "0", "0.250s", "0.250s"] for line in lines)


def test_the_history_is_a_day_and_bounded() -> None:
    history = MetricsHistory(most=5)
    now = time.time()
    for age in (90_000, 80_000, *range(10, 0, -1)):
        history.add({"time": now - age})
    assert [round(now - each["time"]) for each in history.since()] == [5, 4, 3, 2, 1]
    longer = MetricsHistory()
    for age in (90_000, 80_000, 1):
        longer.add({"time": now - age})
    assert [round(now - each["time"]) for each in longer.since()] == [80_000, 1]
    assert [round(now - each["time"]) for each in longer.since(60)] == [1]


def test_a_file_survives_a_restart_and_stays_bounded(tmp_path: Path) -> None:
    file, now = tmp_path / "history.db", time.time()
    first = MetricsHistory(file, most=3)
    for age in (90_000, 5, 4, 3):
        first.add({"time": now - age, "n": age})
    first.close()
    second = MetricsHistory(file, most=3)
    second.add({"time": now, "n": 0})
    assert [each["n"] for each in second.since()] == [4, 3, 0]
    second.close()


def test_a_dashboard_remembers_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        dashboard = MonitoringDashboard(history_file=tmp_path / "history.db")
        dashboard.add_service("files").record_request(0.2)
        dashboard.collect()
        dashboard.history.close()
    again = MonitoringDashboard(history_file=tmp_path / "history.db")
    assert [each["services"]["files"]["total_requests"] for each in again.recent()] == [1, 1]
    again.history.close()


def test_a_file_keeps_the_days_of_the_configuration(tmp_path: Path) -> None:
    config = MonitoringConfig(metrics_retention_days=3)
    dashboard = MonitoringDashboard(config, history_file=tmp_path / "history.db")
    now = time.time()
    for days in (4, 2, 0):
        dashboard.history.add({"time": now - days * 86_400})
    assert len(dashboard.recent()) == 1
    assert len(dashboard.recent(7 * 86_400)) == 2
    dashboard.history.close()


@pytest.mark.parametrize("content", [b"this is no database" * 100, None])
def test_a_file_that_cannot_be_used_leaves_the_history_in_memory(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "history.db"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    history = MetricsHistory(file)
    history.add({"time": time.time()})
    assert not history.durable
    assert len(history.since()) == 1
    history.close()


def test_a_file_that_vanishes_loses_no_later_snapshot(tmp_path: Path) -> None:
    history = MetricsHistory(tmp_path / "history.db")
    assert history.durable
    assert history._file is not None
    history._file.execute("DROP TABLE snapshots")
    history.add({"time": time.time()})
    assert len(history.since()) == 1
    history.close()


def test_json_has_everything(tmp_path: Path) -> None:
    dashboard = MonitoringDashboard(FAST)
    dashboard.add_service("files").set_status("error")
    dashboard.collect()
    path = MonitoringExporter(dashboard).export_to_json(tmp_path / "out.json")
    document = json.loads(Path(path).read_text())
    assert document["current"]["services"]["files"]["status"] == "error"
    assert len(document["history"]) == 1
    assert document["alerts"][0]["name"] == "ServiceInError"
    assert MonitoringConfig.from_dict(document["config"]) == FAST
    assert [each.name for each in tmp_path.iterdir()] == ["out.json"]


def test_csv_opens_in_a_spreadsheet(tmp_path: Path) -> None:
    dashboard = MonitoringDashboard()
    files = dashboard.add_service("files")
    dashboard.collect()
    files.record_request(0.25, success=False, error='=HYPERLINK("http://x")')
    path = MonitoringExporter(dashboard).export_to_csv("files", str(tmp_path / "out.csv"))
    rows = list(csv.DictReader(io.StringIO(Path(path).read_text())))
    assert len(rows) == 2
    assert datetime.fromisoformat(rows[0]["time"]) <= datetime.fromisoformat(rows[1]["time"])
    assert rows[0]["p95_response_time_seconds"] == ""
    assert (rows[1]["total_requests"], rows[1]["p95_response_time_seconds"]) == ("1", "0.25")
    assert rows[1]["last_error"].startswith("'=")


def test_the_format_is_that_of_the_configuration(tmp_path: Path) -> None:
    dashboard = MonitoringDashboard(MonitoringConfig(data_collection={"export_format": "csv"}))
    for name in ("files", "db"):
        dashboard.add_service(name)
    dashboard.collect()
    path = MonitoringExporter(dashboard).export(tmp_path / "out")
    rows = list(csv.DictReader(io.StringIO(Path(path).read_text())))
    assert [row["service"] for row in rows] == ["files", "db"] * 2
    as_json = MonitoringExporter(MonitoringDashboard()).export(tmp_path / "out.json")
    assert json.loads(Path(as_json).read_text())["history"] == []


def test_a_file_is_named_after_its_time_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dashboard = MonitoringDashboard()
    dashboard.add_service("../files")
    exporter = MonitoringExporter(dashboard)
    names = {exporter.export_to_json(), exporter.export_to_csv("../files")}
    assert names == {each.name for each in tmp_path.iterdir()}
    with pytest.raises(KeyError, match="there is no service 'none'"):
        exporter.export_to_csv("none")
    with pytest.raises(OSError, match="No such file"):
        exporter.export_to_json(tmp_path / "missing" / "out.json")
