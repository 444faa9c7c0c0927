"""What an upgrade changes: versions, flags, files, and what cannot be undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.backup.made_backups import spec_in
from watchkeeper.backup.upgrade_plan import upgrade_plan
from watchkeeper.cli import main

NOW = {"prometheus": "3.15.0", "alertmanager": "0.31.1", "jaeger": "2.13.0"}


def test_versions_of_data_are_compared_with_those_of_this_release() -> None:
    plan = upgrade_plan({"prometheus": "3.9.2", "alertmanager": "0.31.1"}, NOW, {})
    assert [(step.program, step.before, step.kind) for step in plan.steps] == [
        ("prometheus", "3.9.2", "newer"),
        ("jaeger", "", "new"),
    ]
    assert [bool(step.irreversible) for step in plan.steps] == [True, False]
    assert (plan.is_downgrade, plan.changes_anything) == (False, True)
    assert upgrade_plan(NOW | {"alertmanager": "0.33.0"}, NOW, {}).is_downgrade
    assert not upgrade_plan(NOW, NOW, {}).changes_anything


def test_flags_and_images_are_taken_from_the_files_that_start_programs() -> None:
    text = "--- a\n+++ b\n@@ -1 +1 @@\n   --same=1\n-  --old=1\n+  --new=2\n+startsecs=2\n"
    compose = "-    image: prom/prometheus:v3.14.0\n+    image: prom/prometheus:v3.15.0\n+      - --flag\n"
    diffs = {
        "monitoring/native/supervisord.conf": text,
        "docker-compose.monitoring.yml": compose,
        "monitoring/prometheus/prometheus.yml": "+  --other",
    }
    plan = upgrade_plan(NOW, NOW, diffs)
    assert plan.settings == (
        "---old=1",
        "+--new=2",
        "-image: prom/prometheus:v3.14.0",
        "+image: prom/prometheus:v3.15.0",
        "+--flag",
    )
    assert plan.files == tuple(diffs)


def test_the_command_says_what_changes_and_the_way_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = str(spec_in(tmp_path))
    assert main(["render", spec]) == 0
    old = tmp_path / "monitoring/native/supervisord.conf"
    old.write_text(old.read_text().replace("\n  --data.maintenance-interval=15s", ""))
    program = tmp_path / ".watchkeeper" / "bin" / "prometheus"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho prometheus, version 99.0.0\n")
    program.chmod(0o755)
    capsys.readouterr()
    assert main(["upgrade", "--plan", spec]) == 2
    out, err = capsys.readouterr()
    assert "prometheus: 99.0.0 → " in out
    assert "  cannot be undone: an older version may not read the blocks" in out
    assert "1 rendered file changes (watchkeeper check shows how): monitoring/native/supervisord.conf" in out
    assert "  +--data.maintenance-interval=15s" in out
    assert "watchkeeper restore FILE --replace" in out
    assert err.startswith("error: a program would be older than the one that wrote its data")
    assert main(["upgrade", "--plan", spec, "--format", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["downgrade"] is True
    assert "99.0.0" in program.read_text()
