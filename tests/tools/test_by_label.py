"""The proofs of an objective by a label hold, and notice when values lose their places or are no longer apart."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from tests.loading import render_with_proofs

pytestmark = pytest.mark.tools
SPEC = """\
version: watchkeeper/v1
service: shop
slos: [{name: o, objective: 95%, window: 1d, sli: {availability: http}, by: [handler], at_most: 2}]
alerts: [{preset: service_down, for: 2m, severity: critical}]
notify:
  receivers: {pagerduty: {routing_key_file: secrets/p}}
  routes: {critical: [pagerduty], warning: [pagerduty]}
"""
# What is taken away, and the scenarios that must notice it by words of their titles; all of them without a change.
PARTS = {
    "places by traffic": (
        r"1e18 \* group by \(handler\) \(.*?\[10m\]\)\)\n +or\n +",
        "is away while busier ones",
    ),
    "no bound": (r"topk\(2,", "a value that has no place"),
    "rest is left out": (r"label_replace\(\n +sum\(", "a value that has no place"),
    "a renamed value": (
        r"\n +and\n +max by \(handler\) \(slo:error_ratio:6h\{[^}]*\}\)(?=\n +keep)",
        "is renamed",
    ),
    "another service's values": (
        r'http_requests_total\{service="shop"\}(?=\[75s\]\)\) > 0)',
        "a value that has no place",
    ),
    "a place for twice as long": (r"\[6h\]\) or last", "keep their places"),
    "a place for half as long": (r"\[10m\]", "keep their places"),
    "a place for what is over": (r"\[75s\](?=\)\) > 0)", "keep their places"),
    "all values as one": (r"max by \(handler\) \(slo:error_ratio:5m", "a total outage"),
}
OF_DAYS = ("is renamed", "keep their places")
INSTEAD = {
    "no bound": "topk(3,",
    "rest is left out": "label_replace(\n                  0 * sum(",
    "another service's values": "http_requests_total",
    "a place for twice as long": "[12h]) or last",
    "a place for half as long": "[5m]",
    "a place for what is over": "[150s]",
    "all values as one": "max(slo:error_ratio:5m",
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of a rendered objective by a label, with its proofs."""
    folder = tmp_path_factory.mktemp("by-label")
    (folder / "spec.yml").write_text(SPEC)
    render_with_proofs(folder)
    yield folder


def _failing(promtool: str, folder: Path, pace: str, words: str) -> list[str]:
    (proof,) = folder.glob(f"proofs/**/o-{pace}.yml")
    document = yaml.safe_load(proof.read_text())
    document["tests"] = [one for one in document["tests"] if words in one["name"]]
    assert document["tests"], words
    proof.write_text(yaml.safe_dump(document))
    done = subprocess.run(
        [promtool, "test", "rules", str(proof)], capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).splitlines() if done.returncode else []


@pytest.mark.parametrize("pace", ["minutes", "days"])
def test_the_proofs_hold(pace: str, bundle: Path, tmp_path: Path, promtool: str) -> None:
    copied = copytree(bundle, tmp_path / "copy")
    assert _failing(promtool, copied, pace, "a value") == []


@pytest.mark.parametrize("part", PARTS)
def test_they_notice(part: str, bundle: Path, tmp_path: Path, promtool: str) -> None:
    pattern, words = PARTS[part]
    copied = copytree(bundle, tmp_path / "copy")
    rules = copied / "monitoring/prometheus/rules/shop/o.yml"
    text, count = re.subn(pattern, INSTEAD.get(part, ""), rules.read_text(), flags=re.DOTALL)
    assert count, part
    rules.write_text(text)
    assert _failing(promtool, copied, "days" if words in OF_DAYS else "minutes", words)
