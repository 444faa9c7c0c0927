"""What the guide and the README promise of service monitoring: names, signatures, and examples that run."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_instrumentation import health
from backend_instrumentation.health import Check, Health, MonitoringConfig, probe_snippets

from ..global_metrics.test_global_migrating import BLOCK, ROW, bare, section
from .health_support import needed_tool

ROOT = Path(__file__).parents[3]
GUIDE = section(
    (ROOT / "docs" / "migrating-monitors.md").read_text(encoding="utf-8"), "From service monitors"
)
README = (ROOT / "backend_instrumentation" / "README.md").read_text(encoding="utf-8")
EXAMPLES = [*BLOCK.findall(section(README, "Health")), *BLOCK.findall(section(README, "Router"))]

METHODS = {
    "AlertManager.add_rule": "self, rule",
    "AlertManager.add_handler": "self, handler",
    "AlertManager.check_alerts": "self, metrics",
    "MonitoringDashboard.start_monitoring": "self, interval=None",
    "MonitoringDashboard.stop_monitoring": "self",
    "MonitoringDashboard.print_dashboard": "self, file=None",
    "MonitoringExporter.export_to_json": "self, filename=None",
    "MonitoringExporter.export_to_csv": "self, service, filename=None",
}


@pytest.mark.parametrize("name", METHODS)
def test_each_method_has_its_signature(name: str) -> None:
    kind, method = name.split(".")
    assert bare(getattr(getattr(health, kind), method)) == METHODS[name]


def test_no_exported_name_is_that_of_a_module() -> None:
    # Importing a module sets an attribute of its name on the package.
    modules = {path.stem for path in (ROOT / "backend_instrumentation" / "health").glob("*.py")}
    assert modules & set(health.__all__) == set()
    assert all(callable(getattr(health, name)) for name in health.__all__)


def test_a_rule_has_its_signature() -> None:
    assert bare(health.AlertRule) == "name, condition, level, message, cooldown=300"


def test_a_service_has_every_number_of_the_earlier_system() -> None:
    assert set(health.ServiceMonitor("one").metrics().to_dict()) == {
        "name", "status", "uptime", "last_check", "consecutive_failures", "total_requests", "failed_requests",
        "mean_response_time", "p95_response_time", "last_error", "tools_count", "active_connections",
        "last_activity", "error_rate",
    }  # fmt: skip


def test_the_guide_names_each_of_them_and_its_imports_work() -> None:
    rows = dict(ROW.findall(GUIDE))
    assert set(rows) == {name.partition(".")[0] for name in METHODS} | {
        "AlertLevel", "AlertRule", "MonitoringConfig", "ServiceMetrics",
    }  # fmt: skip
    for name, now in rows.items():
        namespace: dict[str, Any] = {}
        exec(now.strip("`"), namespace)
        assert name in namespace


def test_the_guides_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = BLOCK.findall(GUIDE)
    exec(compile(code, "docs/migrating-monitors.md", "exec"), {"__name__": "example"})
    assert capsys.readouterr().out.endswith("metrics.json\nexecutor.csv\n")
    assert (
        json.loads(Path("metrics.json").read_text())["current"]["services"]["executor"]["total_requests"] == 1
    )


@pytest.mark.parametrize("code", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_readmes_examples_run(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {"__name__": "example"})
    if "export_to_csv" in code:
        assert Path("files.csv").read_text().startswith("time,service,status,uptime_seconds")


def test_the_readmes_tables_have_all_options_and_keys() -> None:
    text = section(README, "Health")
    options = {*Check.__slots__} - {"name", "run", "kind"}
    assert options <= set(re.findall(r"`(\w+)`", text))
    for key, value in MonitoringConfig().to_dict().items():
        assert f"`{key}`" in text
        for name, default in value.items() if isinstance(value, dict) else ():
            assert re.search(rf"`{name}` {default}\b", text), name


def test_the_snippets_fit_the_checks() -> None:
    service = Health()
    service.add("warm", lambda: True, tags=["startup"], period=10, timeout=5, failures=3)
    found = probe_snippets(service, port=8080, drain_seconds=5)
    probes = yaml.safe_load(found.kubernetes_container)
    assert list(probes) == ["startupProbe", "livenessProbe", "readinessProbe"]
    startup, readiness = probes["startupProbe"], probes["readinessProbe"]
    assert startup["failureThreshold"] * startup["periodSeconds"] >= 25
    # The load balancer sees the failing readiness while the service drains.
    assert readiness["failureThreshold"] * readiness["periodSeconds"] + readiness["timeoutSeconds"] < 5
    assert readiness["httpGet"] == {"path": "/ready", "port": 8080}
    assert yaml.safe_load(found.kubernetes_pod)["terminationGracePeriodSeconds"] > 5
    compose = yaml.safe_load(found.compose)
    assert compose["stop_grace_period"] == "15s"


@pytest.mark.tools
def test_compose_accepts_its_snippet(tmp_path: Path) -> None:
    service = yaml.safe_load(probe_snippets(Health()).compose)
    (tmp_path / "compose.yml").write_text(
        yaml.safe_dump({"services": {"shop": {"image": "shop", **service}}})
    )
    command = [needed_tool("docker-compose"), "-f", str(tmp_path / "compose.yml"), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
