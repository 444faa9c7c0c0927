"""`watchkeeper verify` plays one proof of each shape, names the scenario of one that fails, and counts what ran."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from tests.conftest import need_tool
from watchkeeper.cli import main
from watchkeeper.plan.proofs.proof_text import ProofText

SPEC = Path("spec.yml")
CACHE = Path("cache")
RULES = Path("out/monitoring/prometheus/rules/shop/availability.yml")
# A window of a day, a slow evaluation and no rules on the stack itself: a fifth of the usual evaluations to play.
TEXT = """\
version: watchkeeper/v1
service: shop
slos: [{name: availability, objective: 99.5%, window: 1d, sli: {availability: http}}]
notify:
  receivers: {slack: {webhook_file: secrets/s, channel: "#a"}}
  routes: {critical: [slack], warning: [slack]}
stack: {scrape_interval: 30s, evaluation_interval: 1m, self_monitoring: {enabled: false}}
"""
FILES = 4


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the proofs of the small spec, rendered into `out`, have passed."""
    for tool in ("promtool", "amtool", "jaeger"):
        need_tool(tool)
    folder = tmp_path_factory.mktemp("passed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("watchkeeper.verify.proof_cache.cache_root", lambda: CACHE)
        SPEC.write_text(TEXT)
        assert main(["render", "spec.yml", "--out", "out"]) == 0
        assert main(["verify", "spec.yml", "--out", "out"]) == 0
    return folder


@pytest.fixture
def rendered(passed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of that folder; only what a test changes is played again."""
    monkeypatch.setattr("watchkeeper.verify.proof_cache.cache_root", lambda: CACHE)
    shutil.copytree(passed, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _verify(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main(["verify", "spec.yml", "--out", "out", "--format", "json", *words])
    return code, json.loads(capsys.readouterr().out)


def _proofs(document: Any) -> Any:
    return next(check for check in document["checks"] if check["check"] == "proofs")


def test_what_passed_once_is_not_played_again_unless_something_changed(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(CACHE)
    code, document = _verify(capsys)
    assert (code, document["proofs"]["from_cache"], document["proofs"]["files"]) == (0, 0, FILES)
    assert document["proofs"]["scenarios_played"] == document["proofs"]["scenarios"]
    code, document = _verify(capsys)
    assert (code, document["proofs"]["from_cache"]) == (0, FILES)
    assert document["proofs"]["scenarios_played"] == 0
    # The same rules as far as promtool is concerned: they are read again, and their shape is known.
    RULES.write_text(RULES.read_text().replace("# The objective.", "# Another comment."))
    assert _verify(capsys)[1]["proofs"]["from_cache"] == FILES
    assert _verify(capsys, "--no-cache")[1]["proofs"]["scenarios_played"] == document["proofs"]["scenarios"]


@pytest.mark.parametrize(
    ("guard", "without", "scenario"),
    [
        (r"clamp_min\((sum\(sum_over_time\(slo:total:[^\n]*\)), 1e-9\)", r"\1", "no traffic"),
        (r"\n +and\n +sum\(sum_over_time\(slo:bad[^\n]*", "", "thin traffic"),
    ],
    ids=["the divisor's", "the minimum-events guard"],
)
def test_a_lost_guard_fails_and_names_the_scenario(
    guard: str, without: str, scenario: str, rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, count = re.subn(guard, without, RULES.read_text())
    assert count > 0
    RULES.write_text(broken)
    code, document = _verify(capsys)
    assert (code, _proofs(document)["verdict"]) == (1, "failed")
    failures = document["proofs"]["failures"]
    assert any(scenario in failure["title"] for failure in failures)
    assert all(failure["series"] for failure in failures)
    miss = failures[0]["misses"][0]
    assert miss["where"].startswith("monitoring/prometheus/rules/shop/availability.yml:")
    number = int(miss["where"].rpartition(":")[2])
    assert miss["rule"] in broken.splitlines()[number - 1]


def test_the_text_says_scenario_series_and_line(rendered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    RULES.write_text(RULES.read_text().replace("> 0.024", "> 0.5"))
    capsys.readouterr()
    assert main(["verify", "spec.yml", "--out", "out"]) == 1
    out = capsys.readouterr().out
    assert "burning just above the threshold of 1h/5m" in out
    assert "availability.yml:" in out
    assert 'series: http_requests_total{handler="/proof"' in out
    row = next(line for line in out.splitlines() if line.startswith("ShopAvailabilityFastBurn"))
    assert "NO" in row


def test_a_rule_that_cannot_be_played_blames_every_alert_of_its_scenarios(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RULES.write_text(RULES.read_text().replace("groups:", "groups: [", 1))
    code, document = _verify(capsys)
    assert code == 1
    burned = [alert for alert in document["alerts"] if alert["alert"].startswith("ShopAvailability")]
    assert len(burned) == 4
    assert all(alert["fires"] is False for alert in burned)


def test_missing_rules_are_a_hole(rendered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    RULES.unlink()
    code, document = _verify(capsys)
    assert code == 1
    words = [failure["words"] for failure in document["proofs"]["failures"]]
    assert words == [f"{RULES.relative_to('out')} is missing; run: watchkeeper render"] * 3
    fires = {alert["alert"]: alert["fires"] for alert in document["alerts"]}
    assert fires.pop("MetricConflict") is True
    assert list(fires.values()) == [False] * 4


def test_a_proof_with_fewer_checks_than_planned_is_a_hole(
    rendered: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def emptied(proof: ProofText, *_: str) -> str:
        return "tests: []\n"

    shutil.rmtree(CACHE)
    monkeypatch.setattr(ProofText, "text", emptied)
    code, document = _verify(capsys)
    assert code == 1
    words = [failure["words"] for failure in document["proofs"]["failures"]]
    assert len(words) == FILES
    assert all("has 0 checks in 0 scenarios instead of" in text for text in words)


def test_only_failed_proofs_stay_in_the_cache_and_are_forgotten(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(capsys)[0] == 0
    assert list((CACHE / "proofs/files").glob("*")) == []
    good = RULES.read_text()
    RULES.write_text(good.replace("> 0.024", "> 0.5"))
    code, document = _verify(capsys)
    assert code == 1
    kept = {Path(failure["file"]) for failure in document["proofs"]["failures"]}
    assert kept == set((CACHE / "proofs/files").glob("*/*.yml"))
    (proof, *_) = kept
    assert proof.parent.stat().st_mode & 0o777 == 0o700
    assert str(RULES.absolute()) in proof.read_text()
    for path in CACHE.rglob("*"):
        os.utime(path, (0, 0))
    RULES.write_text(good)
    assert _verify(capsys)[1]["proofs"]["from_cache"] == 0
    assert list((CACHE / "proofs/files").glob("*")) == []


def test_an_expression_without_a_proof_is_told_and_fails_when_asked_to(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SPEC.write_text(
        TEXT.partition("slos:")[0]
        + "alerts: [{name: Up, expr: 'up > 2'}]\nnotify:"
        + TEXT.partition("notify:")[2]
    )
    assert main(["render", "spec.yml", "--out", "out"]) == 0
    code, document = _verify(capsys)
    assert (code, document["proofs"]["unproven"][0]["alert"]) == (0, "Up")
    assert "1 alert is UNPROVEN" in _proofs(document)["detail"]
    assert _verify(capsys, "--strict")[0] == 1


def test_junit_counts_a_case_for_each_scenario_and_the_failures(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RULES.write_text(RULES.read_text().replace("> 0.024", "> 0.5"))
    capsys.readouterr()
    assert main(["verify", "spec.yml", "--out", "out", "--format", "junit"]) == 1
    root = Xml.fromstring(capsys.readouterr().out)
    suites = {suite.get("name"): suite for suite in root}
    assert int(suites["scenarios"].get("tests", 0)) > 12
    assert int(suites["scenarios"].get("failures", 0)) > 0
    assert suites["routes"].get("failures") == "0"
