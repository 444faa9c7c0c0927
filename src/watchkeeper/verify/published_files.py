"""Check the published files with the tools that will load them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from watchkeeper import naming
from watchkeeper.plan.plan import Plan
from watchkeeper.toolchain import find
from watchkeeper.verify.outcome import Outcome
from watchkeeper.verify.promtool import run

_FOUND = re.compile(r"SUCCESS: (\d+) rules found")


def check_files(plan: Plan, root: Path) -> Iterator[Outcome]:
    """Yield the verdicts of promtool, amtool, jaeger and compose on the files under `root`."""
    checks: tuple[Callable[[Plan, Path], Outcome], ...] = (_config, _rules, _alertmanager, _jaeger, _compose)
    for check in checks:
        yield check(plan, root)


def _tool(name: str) -> str | None:
    tool = find(name)
    return str(tool.path) if tool is not None else None


def _verdict(check: str, tool: str, arguments: list[str], root: Path, passed: str) -> Outcome:
    path = _tool(tool)
    if path is None:
        return Outcome(check, "skipped", f"{tool} is missing; build it with: watchkeeper tools")
    outcome = run([path, *arguments], cwd=root)
    if outcome.returncode == 0:
        return Outcome(check, "ok", passed)
    return Outcome(check, "failed", _relevant_lines(outcome.stderr + outcome.stdout))


def _relevant_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    relevant = [
        line
        for line in lines
        if re.search(r"fail|error|invalid|unknown|duplicate|cannot", line, re.IGNORECASE)
    ]
    return "; ".join((relevant or lines)[:5])


def _config(plan: Plan, root: Path) -> Outcome:
    del plan
    file = f"{naming.PROMETHEUS}/prometheus.yml"
    return _verdict(
        "prometheus configuration", "promtool", ["check", "config", file], root, "promtool accepts it"
    )


def _rules(plan: Plan, root: Path) -> Outcome:
    """Check the rules and their number, since promtool accepts an empty file."""
    path = _tool("promtool")
    if path is None:
        return Outcome("rules", "skipped", "promtool is missing; build it with: watchkeeper tools")
    slos = [slo for service in plan.services for slo in service.slos]
    files = [service.alerts_path for service in plan.services if service.alerts]
    wanted = sum(len(service.alerts) for service in plan.services)
    files += [slo.rules_path for slo in slos]
    wanted += sum(len(slo.fast) + len(slo.slow) + len(slo.alerts) for slo in slos)
    if not files:
        return Outcome("rules", "ok", "the spec has no rules")
    missing = [file for file in files if not (root / file).is_file()]
    if missing:
        return Outcome("rules", "failed", f"{', '.join(missing)} is missing; run: watchkeeper render")
    outcome = run([path, "check", "rules", "--lint=all", "--lint-fatal", *files], cwd=root)
    if outcome.returncode != 0:
        return Outcome("rules", "failed", _relevant_lines(outcome.stderr + outcome.stdout))
    found = sum(map(int, _FOUND.findall(outcome.stdout)))
    if found != wanted:
        return Outcome(
            "rules",
            "failed",
            f"the files contain {found} rules, but the spec needs {wanted}; run: watchkeeper render",
        )
    return Outcome("rules", "ok", f"{found} rules in {len(files)} {'file' if len(files) == 1 else 'files'}")


def _alertmanager(plan: Plan, root: Path) -> Outcome:
    del plan
    arguments = [
        "--enable-feature=utf8-strict-mode",
        "check-config",
        f"{naming.ALERTMANAGER}/alertmanager.yml",
    ]
    return _verdict("alertmanager configuration", "amtool", arguments, root, "amtool accepts it")


def _jaeger(plan: Plan, root: Path) -> Outcome:
    del plan
    arguments = ["validate", "--config", "monitoring/jaeger/jaeger.yaml"]
    return _verdict("jaeger configuration", "jaeger", arguments, root, "jaeger accepts it")


def _compose(plan: Plan, root: Path) -> Outcome:
    del plan
    arguments = ["--file", naming.COMPOSE_FILE, "--profile", "grafana", "config", "--quiet"]
    return _verdict("compose file", "docker-compose", arguments, root, "docker compose accepts it")
