"""Each part of the condition that an outage is paged already is proven: without it, the proofs of an objective fail."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.loading import render_with_proofs
from tests.tools.test_paged_outage import SPEC

pytestmark = pytest.mark.tools

PARTS = {
    "nothing": "",
    "the whole condition": r"\n +unless\n +\(\n +max\(.*?\n +\)\n(?= +\))",
    "the time after": r"max_over_time\((ALERTS\{[^}]*\})\[\d+m\]\)",
    "the page that is pending": r"\n +or\n +ALERTS\{[^}]*\}",
    "the burn that fires already": r"\n +unless\n +max\(ALERTS\{[^}]*\}\)",
}


HOLD = {"the hold of a burn": r"\n +or\n +\(\n +0 \* max\(.*?\n +\)"}


@pytest.mark.parametrize("part", PARTS)
def test_the_proofs_miss_each_part(tmp_path: Path, promtool: str, part: str) -> None:
    pattern, text = PARTS[part], r'ALERTS{alertname="no"}' if part == "the time after" else ""
    assert proven_without(tmp_path, promtool, pattern, text, "bad") is (part == "nothing")


@pytest.mark.parametrize("part", ["nothing", "the burn that fires already", *HOLD])
def test_they_miss_it_where_downtime_is_a_gap_too(tmp_path: Path, promtool: str, part: str) -> None:
    pattern = {**PARTS, **HOLD}[part]
    assert proven_without(tmp_path, promtool, pattern, "", "gap") is (part == "nothing")


@pytest.mark.parametrize("tier", [0, 1])
@pytest.mark.parametrize("downtime", ["bad", "gap"])
def test_they_miss_the_burn_that_fires_already_in_each_tier(
    tmp_path: Path, promtool: str, tier: int, downtime: str
) -> None:
    pattern = PARTS["the burn that fires already"]
    assert not proven_without(tmp_path, promtool, pattern, "", downtime, tier=tier)


def proven_without(
    folder: Path, promtool: str, pattern: str, instead: str, downtime: str, *, tier: int | None = None
) -> bool:
    """Return whether the proofs hold after a part of the published rule was replaced, in one tier or in each."""
    (folder / "spec.yml").write_text(
        SPEC.format(objective="99.5%", severity="critical", downtime=downtime), encoding="utf-8"
    )
    render_with_proofs(folder)
    path = folder / "monitoring" / "prometheus" / "rules" / "shop" / "availability.yml"
    if pattern:
        text = path.read_text(encoding="utf-8")
        found = [match.span() for match in re.finditer(pattern, text, flags=re.DOTALL)]
        assert len(found) == (1 if pattern in HOLD.values() else 2)
        for start, end in reversed(found if tier is None else found[tier : tier + 1]):
            text = text[:start] + instead + text[end:]
        path.write_text(text, encoding="utf-8")
    (proof,) = folder.glob("proofs/**/availability-minutes.yml")
    document = yaml.safe_load(proof.read_text(encoding="utf-8"))
    words = ("the page that the service is down", "an outage with its page")
    document["tests"] = [one for one in document["tests"] if any(part in one["name"] for part in words)]
    assert len(document["tests"]) == (4 if downtime == "bad" else 5)
    proof.write_text(yaml.safe_dump(document), encoding="utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", str(proof)], capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    return done.returncode == 0
