"""A name swapped in one rule of the last of twenty objectives is found, though one proof is played for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need_tool
from watchkeeper.cli import main

MANY = 20
SPEC = """\
version: watchkeeper/v1
stack: {scrape_interval: 30s, evaluation_interval: 1m, self_monitoring: {enabled: false}}
services:
%s
notify:
  receivers: {slack: {webhook_file: secrets/s, channel: "#a"}}
  routes: {critical: [slack], warning: [slack]}
"""
SERVICE = """\
  - service: shop-%(n)s
    team: team-%(n)s
    slos: [{name: answers-%(n)s, objective: 99.5%%, window: 1d, sli: {availability: http}}]
"""
RULES = Path("out/monitoring/prometheus/rules/shop-20/answers-20.yml")
SLO = 'slo_id="shop-20-answers-20"'


@dataclass(frozen=True)
class Proven:
    """A folder with the rendered spec, a cache that knows the proof of its shape, and the report of `verify`."""

    folder: Path
    document: Any


@contextmanager
def _in(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("watchkeeper.verify.proof_cache.cache_root", lambda: folder / "cache")
        yield


def _verify() -> tuple[int, Any]:
    with redirect_stdout(StringIO()) as out:
        code = main(["verify", "spec.yml", "--out", "out", "--format", "json"])
    return code, json.loads(out.getvalue())


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Proven:
    """Render the spec and verify it once."""
    for tool in ("promtool", "amtool", "jaeger"):
        need_tool(tool)
    folder = tmp_path_factory.mktemp("shapes")
    services = "".join(SERVICE % {"n": number} for number in range(1, MANY + 1))
    (folder / "spec.yml").write_text(SPEC % services)
    with _in(folder):
        assert main(["render", "spec.yml", "--out", "out"]) == 0
        code, document = _verify()
    assert code == 0
    return Proven(folder, document)


@pytest.fixture
def proven(published: Proven) -> Iterator[Any]:
    """Give the report of the rendered rules as they are, in their folder."""
    with _in(published.folder):
        yield published.document


@pytest.mark.tools
def test_one_proof_is_played_for_all_and_the_report_says_so(
    proven: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    proofs = proven["proofs"]
    assert proofs["scenarios"] == MANY * (proofs["scenarios"] // MANY)
    assert proofs["scenarios_by_shape"] == proofs["scenarios"] - proofs["scenarios"] // MANY
    # Four of the objective, and the one on metrics whose names are taken.
    assert proofs["alerts_by_shape"] == 5 * (MANY - 1)
    assert main(["verify", "spec.yml", "--out", "out"]) == 0
    assert f"{5 * (MANY - 1)} alerts proven by equal shape" in capsys.readouterr().out


@pytest.mark.tools
@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("slo:error_ratio:1h", SLO, 'slo_id="shop-19-answers-19"'),
        ("slo:total:rate_base", '{service="shop-20"}', "{}"),
        ("Shop20Answers20FastBurn", "> 0.024", "> 0.09"),
        ("slo:error_ratio:6h", "          slo: answers-20", "          slo: shop-20"),
    ],
    ids=[
        "a slo_id swapped",
        "a matcher dropped",
        "a number",
        "two names exchanged",
    ],
)
def test_a_change_in_one_rule_of_the_last_objective_is_found(
    rule: str, old: str, new: str, proven: Any
) -> None:
    text = RULES.read_text()
    head, found, rest = text.partition(f"- {'alert' if 'Burn' in rule else 'record'}: {rule}\n")
    if old.startswith("          slo: "):
        rest = rest.replace("          service: shop-20", "          service: answers-20", 1)
    assert old in rest.partition("      # ")[0]
    RULES.write_text(head + found + rest.replace(old, new, 1))
    try:
        code, document = _verify()
    finally:
        RULES.write_text(text)
    failures = document["proofs"]["failures"]
    assert code == 1
    assert failures
    for failure in failures:
        assert failure["title"].startswith("shop-20-answers-20: ")
        for miss in failure["misses"]:
            path, _, line = miss["where"].rpartition(":")
            assert Path("out", path) == RULES
            assert miss["rule"] in (head + found + rest).splitlines()[int(line) - 1]
    assert any(failure["misses"] for failure in failures)


@pytest.mark.tools
def test_rules_that_are_all_wrong_in_the_same_way_all_fail(proven: Any) -> None:
    files = sorted(Path("out/monitoring/prometheus/rules").glob("*/*.yml"))
    texts = {path: path.read_text() for path in files}
    for path, text in texts.items():
        path.write_text(text.replace("> 0.024", "> 0.5"))
    try:
        code, document = _verify()
    finally:
        for path, text in texts.items():
            path.write_text(text)
    assert code == 1
    wrong = {alert["alert"] for alert in document["alerts"] if alert["fires"] is False}
    assert wrong == {f"Shop{n}Answers{n}FastBurn" for n in range(1, MANY + 1)}
    places = {miss["where"] for one in document["proofs"]["failures"] for miss in one["misses"]}
    assert len({place.rpartition(":")[0] for place in places}) == MANY
