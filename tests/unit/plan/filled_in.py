"""What the texts of an alert become, filled in by the real Prometheus engine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path


def filled_in(
    folder: Path, promtool: str, alert: str, series: Mapping[str, str], *, at: str, interval: str = "1m"
) -> dict[str, str]:
    """Return the annotations of an alert that fires, from promtool's complaint about wrong ones.

    `folder` contains `rules.yml`; `series` are input series in promtool's notation.
    """
    wrong: dict[str, object] = {"exp_labels": {}, "exp_annotations": {}}
    test = {
        "interval": interval,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"eval_time": at, "alertname": alert, "exp_alerts": [wrong]}],
    }
    document = {"rule_files": ["rules.yml"], "evaluation_interval": "30s", "tests": [test]}
    (folder / "test.yml").write_text(json.dumps(document), encoding="utf-8")
    command = [promtool, "test", "rules", str(folder / "test.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    lines = [line for line in said.splitlines() if "Annotations:{" in line and "summary=" in line]
    assert len(lines) == 1, said
    return _parsed(lines[0].split("Annotations:{", 1)[1])


def _parsed(inside: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while not (inside := inside.lstrip(", ")).startswith("}"):
        name, _, following = inside.partition("=")
        found[name], end = json.JSONDecoder().raw_decode(following)
        inside = following[end:]
    return found
