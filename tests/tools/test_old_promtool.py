"""The oldest promtool that Debian packages takes the bundled rules, and their proofs pass in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from watchkeeper.pipeline import load_plan, render_proofs

ROOT = Path(__file__).parents[2]
OLD = "WATCHKEEPER_OLD_PROMTOOL"
RULES = sorted((ROOT / "monitoring/prometheus").glob("rules/*/*.yml"))
RULES += sorted((ROOT / "monitoring/prometheus").glob("alerts/*.yml"))
SPEC = ROOT / "monitoring/SLO_DEFINITIONS.yml"
PLAN = load_plan(SPEC, lambda _: {})
# The other objectives' rules differ in what they count only; to play them too takes this promtool a minute.
LONG = os.environ.get("WATCHKEEPER_LONG") == "1"
PROOFS = [
    path for path in render_proofs(PLAN, root=".") if LONG or "alerts" in path or "availability" in path
]


@pytest.fixture
def old_promtool() -> str:
    """Return the path of a promtool 2.42 that the caller has named."""
    path = os.environ.get(OLD)
    if not path:
        pytest.skip(f"no old promtool is named: {OLD}=$(scripts/old_promtool.sh)")
    return path


def test_it_takes_every_rule(old_promtool: str) -> None:
    assert len(RULES) == 6
    done = subprocess.run(
        [old_promtool, "check", "rules", *RULES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("rules found") == len(RULES)


@pytest.mark.parametrize("proof", PROOFS)
def test_it_passes_the_proof(proof: str, old_promtool: str, tmp_path: Path) -> None:
    file = tmp_path / proof
    file.parent.mkdir(parents=True)
    file.write_text(render_proofs(PLAN, root=os.path.relpath(ROOT, tmp_path))[proof], encoding="utf-8")
    done = subprocess.run([old_promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
