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


@pytest.mark.parametrize("part", PARTS)
def test_the_proofs_miss_each_part(tmp_path: Path, promtool: str, part: str) -> None:
    (tmp_path / "spec.yml").write_text(SPEC.format(objective="99.5%", severity="critical"), encoding="utf-8")
    render_with_proofs(tmp_path)
    path = tmp_path / "monitoring" / "prometheus" / "rules" / "shop" / "availability.yml"
    text = path.read_text(encoding="utf-8")
    if PARTS[part]:
        replaced = r'ALERTS{alertname="no"}' if part == "the time after" else ""
        text, count = re.subn(PARTS[part], replaced, text, flags=re.DOTALL)
        assert count == 2
        path.write_text(text, encoding="utf-8")
    (proof,) = tmp_path.glob("proofs/**/availability-minutes.yml")
    document = yaml.safe_load(proof.read_text(encoding="utf-8"))
    document["tests"] = [
        one for one in document["tests"] if "the page that the service is down" in one["name"]
    ]
    assert len(document["tests"]) == 3
    proof.write_text(yaml.safe_dump(document), encoding="utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", str(proof)], capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) == (part == "nothing"), done.stdout + done.stderr
