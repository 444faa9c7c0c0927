"""Ask promtool: it has the last word on PromQL, rules and configuration."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path

from watchkeeper.verify.toolchain import ToolchainError, find

_TIMEOUT_SECONDS = 120
_AT = re.compile(r"could not parse expression: (\d+):(\d+): (?:parse error: )?(.*)")


def syntax_error(expr: str) -> tuple[int, int, str] | None:
    """Return line, column and message of a PromQL error as promtool sees it; None without promtool or error."""
    try:
        tool = find("promtool")
    except ToolchainError:
        return None
    if tool is None:
        return None
    rules = {"groups": [{"name": "g", "rules": [{"record": "r", "expr": expr}]}]}
    with tempfile.TemporaryDirectory(prefix="watchkeeper-") as folder:
        path = Path(folder) / "rules.yml"
        # JSON is YAML, and quotes whatever the user wrote.
        path.write_text(json.dumps(rules), encoding="utf-8")
        outcome = run([str(tool.path), "check", "rules", str(path)])
    found = _AT.search(outcome.stderr + outcome.stdout)
    return (int(found[1]), int(found[2]), found[3].strip().rstrip('"')) if found else None


def run(
    command: list[str], *, cwd: Path | None = None, timeout: int = _TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end with its output captured as text; a timeout counts as exit code 124."""
    try:
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer within {timeout} s")
