"""The alert on overdue drills in promtool: its proofs pass at any length, and notice each change of its rules."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import need_tool
from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.pipeline import render_files, render_proofs

pytestmark = pytest.mark.tools

_SPEC = """\
version: watchkeeper/v1
service: shop
team: pay
notify:
  receivers: {chat: {type: slack, webhook_file: secrets/chat, channel: "#a"}}
  routes: {critical: [chat], warning: [chat]}
  drill_every: EVERY
stack: {scrape_interval: SCRAPE}
"""
_RULES = naming.alerts_path(naming.OWN_SERVICE)
CHANGES = [
    ("[1h]", "[1m]"),
    ("[1d] offset", "[1m] offset"),
    (" offset 1d\n", " offset 12h\n"),
    ("drilled[1d]", "drilled[12h]"),
    ("drilled[1d]", "drilled[2d]"),
    (" > 0\n", " >= 0\n"),
    ("    max by (receiver_name) (\n", "    min by (receiver_name) (\n"),
    ("              - alertmanager_not", "              - 0 * alertmanager_not"),
    ("} offset 5m", "} offset 20h"),
    ('receiver_name=~"drill-.+"', 'receiver_name=~".+"'),
    ('job="alertmanager",', ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def daily(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The rules of drills that are asked for every day, and their proofs."""
    return _made(tmp_path_factory.mktemp("daily"), "1d")


def _made(folder: Path, every: str, scrape: str = "15s") -> tuple[str, str]:
    (folder / "spec.yml").write_text(_SPEC.replace("EVERY", every).replace("SCRAPE", scrape))
    plan = load_plan(folder / "spec.yml")
    proofs = render_proofs(plan, root="..")
    (proof,) = (text for path, text in proofs.items() if "alerts-" in path)
    rules = render_files(plan)[_RULES]
    # The alerts between the recorded series and this one are not what the proof is about.
    first, own = rules.index("      - alert:"), rules.index(f"      - alert: {naming.DRILL_OVERDUE}")
    return rules[:first] + rules[own:], proof


def passes(rules: str, proof: str, folder: Path) -> bool:
    """Return whether promtool finds that the rules keep what the proof says."""
    for place, text in ((folder / _RULES, rules), (folder / "proofs" / "watchkeeper" / "proof.yml", proof)):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    run = [need_tool("promtool"), "test", "rules", str(place)]
    return subprocess.run(run, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("every", "scrape"), [("1d", "15s"), ("25h", "2m"), ("30d", "15s")])
def test_it_fires_once_drills_are_overdue(every: str, scrape: str, tmp_path: Path) -> None:
    assert passes(*_made(tmp_path, every, scrape), tmp_path)


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_each_change_of_its_rules_is_noticed(
    old: str, new: str, daily: tuple[str, str], tmp_path: Path
) -> None:
    rules, proof = daily
    assert old in rules
    assert not passes(rules.replace(old, new), proof, tmp_path)
