"""The alert on an old backup in promtool: its proofs pass at any length, and notice each change of its expression."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_plan
from tests.tools.test_overdue_drill import passes
from watchkeeper import naming
from watchkeeper.pipeline import render_files, render_proofs

pytestmark = pytest.mark.tools

CHANGES = [
    ("> 95040", "> 86400"),
    ("> 95040", "> 104544"),
    ("> 95040", "< 95040"),
    ("max(watchkeeper", "min(watchkeeper"),
    ("min(prometheus", "max(prometheus"),
    ('{job="prometheus"}', ""),
    ("            or\n", "            and\n"),
]  # fmt: skip


def made(folder: Path, every: str) -> tuple[str, str]:
    """Return the rules of the alert alone, and its proofs."""
    (folder / "spec.yml").write_text(
        f"version: watchkeeper/v1\nservice: shop\nstack: {{backup_every: {every}}}\n"
    )
    plan = load_plan(folder / "spec.yml")
    (proof,) = (text for path, text in render_proofs(plan, root="..").items() if "alerts-" in path)
    rules = render_files(plan)[naming.alerts_path(naming.OWN_SERVICE)]
    first, own = rules.index("      - alert:"), rules.index(f"      - alert: {naming.BACKUP_OVERDUE}")
    return rules[:first] + rules[own:], proof


@pytest.mark.parametrize("every", ["1h", "1d", "7d", "365d"])
def test_it_fires_once_the_backup_is_overdue(every: str, tmp_path: Path) -> None:
    assert passes(*made(tmp_path, every), tmp_path)


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_each_change_of_its_expression_is_noticed(old: str, new: str, tmp_path: Path) -> None:
    rules, proof = made(tmp_path, "1d")
    assert old in rules
    assert not passes(rules.replace(old, new), proof, tmp_path)
