"""Make hands on what the commands answered: 0, 1 for findings, 2 for unusable input."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the Makefile, a spec, and an environment that is ready."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for path in ("pyproject.toml", "backend_instrumentation/pyproject.toml", "scripts/setup.sh"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / ".venv" / ".ready").touch()
    assert _make(tmp_path, "render", before="init").returncode == 0
    return tmp_path


def _make(folder: Path, target: str, *, before: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    if before is not None:
        subprocess.run([folder / ".venv/bin/watchkeeper", before], cwd=folder, env=environment, check=True)
    return subprocess.run(
        ["make", target], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_make_check_answers_zero_one_and_two(folder: Path) -> None:
    spec = folder / "monitoring" / "SLO_DEFINITIONS.yml"
    assert _make(folder, "check").returncode == 0
    spec.write_text(spec.read_text().replace("above: 5%", "above: 6%"))
    drift = _make(folder, "check")
    assert (drift.returncode, "+++ b/monitoring/prometheus/alerts/my-service.yml" in drift.stdout) == (
        1,
        True,
    )
    assert _make(folder, "render").returncode == 0
    assert _make(folder, "check").returncode == 0
    spec.write_text("nonsense")
    assert _make(folder, "check").returncode == 2


def test_a_target_with_nothing_to_set_up_sets_nothing_up(folder: Path) -> None:
    assert "setting up" not in _make(folder, "check").stderr


def test_help_lists_every_target_that_people_call(folder: Path) -> None:
    listed = _make(folder, "help").stdout
    for target in ("up", "down", "status", "render", "check", "verify", "drill", "test", "lint", "bench"):
        assert f"make {target} " in listed
