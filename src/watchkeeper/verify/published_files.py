"""Check the published files with the tools that will load them."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from watchkeeper import naming
from watchkeeper.model.stack_access import PASSWORD_FILE
from watchkeeper.plan.plan import Plan
from watchkeeper.toolchain import Tool, find
from watchkeeper.verify.outcome import Outcome
from watchkeeper.verify.promtool import run
from watchkeeper.verify.proof_cache import key_of, recall, remember

_FOUND = re.compile(r"SUCCESS: (\d+) rules found")


def check_files(plan: Plan, root: Path, *, cache: bool = True) -> Iterator[Outcome]:
    """Yield the verdicts of promtool, amtool, jaeger and compose on the files under `root`.

    With `cache`, rules that promtool has accepted before are not read again.
    """
    yield _config(plan, root, cache=cache)
    yield _rules(plan, root, cache=cache)
    yield _alertmanager(root)
    yield _jaeger(root)
    yield _compose(root)


def _tool(name: str) -> str | None:
    tool = find(name)
    return str(tool.path) if tool is not None else None


def _verdict(
    check: str,
    tool: str,
    arguments: list[str],
    root: Path,
    passed: str,
    variables: Mapping[str, str] | None = None,
) -> Outcome:
    path = _tool(tool)
    if path is None:
        return Outcome(check, "skipped", f"{tool} is missing; build it with: watchkeeper tools")
    outcome = run([path, *arguments], cwd=root, variables=variables)
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


def _config(plan: Plan, root: Path, *, cache: bool) -> Outcome:
    """Check the main configuration with every file that it names: all of them are in its folder."""
    check, words = "prometheus configuration", "promtool accepts it"
    own = [f"access/{PASSWORD_FILE}"] if plan.stack.access is not None else []
    absent = [path for path in (*own, *plan.scrape_files) if not (root / naming.PROMETHEUS / path).is_file()]
    if absent:
        # promtool refuses a configuration whose secrets are not there, as on a machine that only verifies.
        words += f", except for secrets that this machine does not have: {', '.join(absent)}"
        arguments = ["check", "config", "--syntax-only", f"{naming.PROMETHEUS}/prometheus.yml"]
        return _verdict(check, "promtool", arguments, root, words)
    tool, key = find("promtool"), ""
    if tool is not None and cache:
        key = _key(tool, "check config", _folder(root / naming.PROMETHEUS))
        if key and recall(key) is not None:
            return Outcome(check, "ok", words)
    file = f"{naming.PROMETHEUS}/prometheus.yml"
    outcome = _verdict(check, "promtool", ["check", "config", file], root, words)
    if key and outcome.verdict == "ok":
        remember(key)
    return outcome


def _folder(folder: Path) -> Iterator[str]:
    """Yield the paths and texts of a folder's files; of secrets the paths only."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            yield str(path.relative_to(folder))
            if path.parent.name not in ("secrets", "access") and path.is_file():
                yield path.read_text(encoding="utf-8", errors="surrogateescape")


def _rules(plan: Plan, root: Path, *, cache: bool) -> Outcome:
    """Check the rules and their number, since promtool accepts an empty file."""
    tool = find("promtool")
    if tool is None:
        return Outcome("rules", "skipped", "promtool is missing; build it with: watchkeeper tools")
    slos = [slo for service in plan.alerting_services for slo in service.slos]
    files = [service.alerts_path for service in plan.alerting_services if service.alerts]
    wanted = sum(len(service.records) + len(service.alerts) for service in plan.alerting_services)
    for service in plan.services:
        for rules, path in (
            (service.window_rules, naming.maintenance_path(service.name)),
            (service.calendar_rules, naming.calendar_path(service.name)),
        ):
            files += [path] if rules else []
            wanted += len(rules)
    files += [slo.rules_path for slo in slos]
    wanted += sum(len(slo.live_rules) + len(slo.rollup_rules) + len(slo.alerts) for slo in slos)
    if plan.own is not None:
        files, wanted = [*files, naming.SPEC_INFO_FILE], wanted + 1
    if not files:
        return Outcome("rules", "ok", "the spec has no rules")
    missing = [file for file in files if not (root / file).is_file()]
    if missing:
        return Outcome("rules", "failed", f"{', '.join(missing)} is missing; run: watchkeeper render")
    found = _accepted(tool, root, files, cache=cache)
    if isinstance(found, str):
        return Outcome("rules", "failed", found)
    if found != wanted:
        return Outcome(
            "rules",
            "failed",
            f"the files contain {found} rules, but the spec needs {wanted}; run: watchkeeper render",
        )
    return Outcome("rules", "ok", f"{found} rules in {len(files)} {'file' if len(files) == 1 else 'files'}")


def _accepted(tool: Tool, root: Path, files: list[str], *, cache: bool) -> int | str:
    """Return how many rules promtool finds, or its words about what is wrong."""
    texts = ((root / file).read_text(encoding="utf-8", errors="surrogateescape") for file in files)
    key = _key(tool, "check rules", texts)
    known = recall(key) if cache and key else None
    if known is not None and known.isdigit():
        return int(known)
    outcome = run([str(tool.path), "check", "rules", "--lint=all", "--lint-fatal", *files], cwd=root)
    if outcome.returncode != 0:
        return _relevant_lines(outcome.stderr + outcome.stdout)
    found = sum(map(int, _FOUND.findall(outcome.stdout)))
    if key:
        remember(key, str(found))
    return found


def _key(tool: Tool, check: str, texts: Iterable[str]) -> str:
    """Return what the verdict depends on; nothing where a file cannot be read, which the tool then reports."""
    try:
        return key_of(tool, check, *texts)
    except OSError:
        return ""


def _alertmanager(root: Path) -> Outcome:
    arguments = [
        "--enable-feature=utf8-strict-mode",
        "check-config",
        f"{naming.ALERTMANAGER}/alertmanager.yml",
    ]
    return _verdict("alertmanager configuration", "amtool", arguments, root, "amtool accepts it")


def _jaeger(root: Path) -> Outcome:
    arguments = ["validate", "--config", "monitoring/jaeger/jaeger.yaml"]
    with tempfile.TemporaryDirectory(prefix="watchkeeper-") as folder:
        # Jaeger reads the password of the stack's own user here, which a machine that only verifies does not have.
        Path(folder, PASSWORD_FILE).write_text("none\n", encoding="utf-8")
        variables = {"JAEGER_ACCESS_DIR": folder}
        return _verdict("jaeger configuration", "jaeger", arguments, root, "jaeger accepts it", variables)


def _compose(root: Path) -> Outcome:
    arguments = ["--file", naming.COMPOSE_FILE, "--profile", "grafana", "config", "--quiet"]
    return _verdict("compose file", "docker-compose", arguments, root, "docker compose accepts it")
