"""The proof of a filtered objective fails when one selector of its rules loses the filter, or a part of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.loading import render_with_proofs

OBJECTIVES = {
    "items": r'{availability: http, where: {handler: ["/items/{id}", /v1.0/cart]}}',
    "fast": "{latency: http, threshold: 200ms, where: {handler: {not: [/events, /stream]}}}",
    "reads": "{latency: database_query_duration_seconds, threshold: 100ms, where: {operation: select}}",
}
# What is changed, in which of its occurrences, and into what.
MUTANTS = [
    ("items", 0, ',handler=~"[^"]*"', ""),
    ("items", 1, ',handler=~"[^"]*"', ""),
    ("items", 0, r"\|/v1[^\"]*", ""),
    ("items", 1, r"\|/v1[^\"]*", ""),
    ("items", 0, r"cart", "cart.*|.*decoy"),
    ("items", 0, r"v1\\\\\.0", "v1.0"),
    ("fast", 0, ',handler!~"[^"]*"', ""),
    ("fast", 1, ',handler!~"[^"]*"', ""),
    ("fast", 0, r"\|/stream", ""),
    ("fast", 1, r"\|/stream", ""),
    ("reads", 0, ',operation="select"', ""),
    ("reads", 1, ',operation="select"', ""),
]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a bundle of filtered objectives and their proofs."""
    folder = tmp_path_factory.mktemp("filtered")
    lines = (f"  - {{name: {name}, objective: 99%, sli: {sli}}}" for name, sli in OBJECTIVES.items())
    text = "version: watchkeeper/v1\nservice: shop\nsignals: [http, database]\nslos:\n" + "\n".join(lines)
    # Half as many evaluations as usual: a filter is read at each of them.
    (folder / "spec.yml").write_text(f"{text}\nstack: {{scrape_interval: 30s, evaluation_interval: 1m}}\n")
    render_with_proofs(folder)
    return folder


def _passes(promtool: str, folder: Path, name: str) -> bool:
    proof = folder / f"proofs/shop/{name}-minutes.yml"
    # The scenario with decoys is enough, and saves most of the time.
    command = [promtool, "test", "rules", "--run", "a decoy service fails throughout", str(proof)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_filtered_rules_pass(name: str, rendered: Path, promtool: str) -> None:
    assert _passes(promtool, rendered, name)


@pytest.mark.parametrize(("name", "number", "pattern", "instead"), MUTANTS)
def test_a_selector_that_lost_a_part_of_its_filter_fails(
    name: str, number: int, pattern: str, instead: str, rendered: Path, promtool: str
) -> None:
    rules = rendered / f"monitoring/prometheus/rules/shop/{name}.yml"
    text = rules.read_text()
    found = list(re.finditer(pattern, text))[number]
    rules.write_text(text[: found.start()] + instead + text[found.end() :])
    try:
        assert not _passes(promtool, rendered, name)
    finally:
        rules.write_text(text)
