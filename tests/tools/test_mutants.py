"""The mutator changes what it says, and the rendered proofs notice mutants of every kind; the full run is `make mutants`."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.mutants.__main__ import (
    ROOT,
    SPECS,
    Counter,
    listed,
    proof_files,
    rendered,
    rule_files,
)
from scripts.mutants.accepted import Accepted, accepted, reason_for
from scripts.mutants.clocks import clock_proofs
from scripts.mutants.mutant import Mutant, mutants_of, sampled
from scripts.mutants.proofs import Proof, proofs_of
from scripts.mutants.report import Outcome
from scripts.mutants.run import tried, workshop
from scripts.mutants.shapes import alike
from scripts.mutants.trial import Bench, Fate, Verdict
from tests.conftest import need_tool
from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.backends import rules

ALERTS = Path("monitoring/prometheus/alerts/helloagents.yml")
OBJECTIVES = Path(__file__).with_name("objectives.yml")
SLO = Path("monitoring/prometheus/rules/helloagents/api-availability.yml")
RULE = """\
groups:
  - name: shop
    rules:
      # Too many.
      - alert: Many
        expr: |-
          max(sum(rate(a_total{service="shop",code=~"5.."}[5m])) or 0 * b) > 0.5
          and
          clamp_min(slo:bad:rate_base, 1e-9) > 2
        for: 5m
        labels:
          severity: critical
          slo_id: shop-a
"""
BY_LABEL = """\
groups:
  - name: shop
    rules:
      - record: a:ratio
        expr: sum by (x) (a) / on (x) label_replace(b, "y", "other", "", "")
"""
# Kind, and what must be found in the changed text and not in the original.
CHANGES = [
    ("number", "> 0.625"),
    ("number", "> 0.4"),
    ("number", "clamp_min(slo:bad:rate_base, 1)"),
    ("window", "[600s]"),
    ("comparison", "< 0.5"),
    ("comparison", "or 0 * b)\n"),
    ("condition", "or 0 * b) > 0.5\n        for"),
    ("guard", "          slo:bad:rate_base > 2"),
    ("guard", '[5m]))) > 0.5'),
    ("wrapper", '          sum(rate(a_total{service="shop",code=~"5.."}[5m])) or 0 * b >'),
    ("aggregation", "min(sum("),
    ("operator", "0 / b"),
    ("service matcher", '{code=~"5.."}'),
    ("matcher", 'service="shop"}'),
    ("matcher", 'code!~"5.."'),
    ("swapped", "slo:total:rate_base"),
    ("severity", "severity: warning"),
    ("rule's slo_id", "slo_id: shop-ax"),
    ("for", "for: 600s"),
    ("for", "> 2\n        labels"),
    ("keep_firing_for", "keep_firing_for: 10m"),
    ("rule dropped", "# Too many.\n"),
]  # fmt: skip
# These notice most of the mutants below, so they are tried first: the others would take most of the time.
NOTICING = (
    "half of all events are bad from the first minute",
    "a total outage three minutes after the service first started",
    "rollups of more than the longest window",
    "nothing to count from the start, and no failure ever",
    "no target has answered yet, and those of another service do",
    "then the process is down for an hour",
    "a decoy service fails throughout",
    "ServiceDown: no target answers",
    "HighErrorRate: steadily just above the limit",
    "SandboxPoolDepleted: healthy, then just past the limit",
)


@pytest.mark.parametrize(("kind", "text"), CHANGES)
def test_the_mutator_makes_the_change(kind: str, text: str) -> None:
    made = [one for one in mutants_of(Path("shop.yml"), RULE) if one.kind == kind and text in one.text]
    assert len(made) == 1, [one.words for one in mutants_of(Path("shop.yml"), RULE) if one.kind == kind]
    assert text not in RULE or kind == "rule dropped"


@pytest.mark.parametrize(
    ("kind", "expr"),
    [
        ("grouping", 'sum (a) / on (x) label_replace(b, "y", "other", "", "")'),
        ("grouping", 'sum by (x) (a) / label_replace(b, "y", "other", "", "")'),
        ("aggregation", 'max by (x) (a) / on (x) label_replace(b, "y", "other", "", "")'),
        ("wrapper", 'a / on (x) label_replace(b, "y", "other", "", "")'),
        ("swapped", 'label_replace(b, "y", "other", "", "") / on (x) sum by (x) (a)'),
        ("text", 'sum by (x) (a) / on (x) label_replace(b, "yx", "other", "", "")'),
        ("text", 'sum by (x) (a) / on (x) label_replace(b, "y", "otherx", "", "")'),
    ],
)
def test_the_mutator_reads_clauses_of_labels(kind: str, expr: str) -> None:
    made = [one.text for one in mutants_of(Path("shop.yml"), BY_LABEL) if one.kind == kind]
    assert any(" ".join(text.split()).endswith(f"expr: {expr}") for text in made), made


def test_mutants_differ_from_the_original_and_from_each_other() -> None:
    made = list(mutants_of(Path("shop.yml"), RULE))
    assert len({one.text for one in made} | {RULE}) == len(made) + 1
    assert len({one.id for one in made}) == len(made)
    assert made == list(mutants_of(Path("shop.yml"), RULE))


def test_a_mutant_tells_its_line() -> None:
    changed = next(one for one in mutants_of(Path("shop.yml"), RULE) if "shop-ax" in one.text)
    assert RULE.splitlines()[changed.line - 1].strip() == "slo_id: shop-a"


def test_a_sample_has_every_kind() -> None:
    every = [one for path, text in rule_files(ROOT).items() for one in mutants_of(path, text)]
    some = sampled(every, 200)
    assert {one.kind for one in some} == {one.kind for one in every}
    assert 200 <= len(some) < 350 < len(every)


def _mutant(path: Path, rule: str, kind: str, words: str) -> Mutant:
    text = (ROOT / path).read_text(encoding="utf-8")
    return next(m for m in mutants_of(path, text) if (m.rule, m.kind) == (rule, kind) and words in m.words)


def _fates(promtool: str, mutants: list[Mutant]) -> list[str]:
    every = proofs_of(proof_files(ROOT))
    proofs = sorted(every, key=lambda proof: not any(part in proof.title for part in NOTICING))
    with workshop(2, promtool, rule_files(ROOT), proofs) as shop:
        return [one.fate for one in tried(shop, mutants, proofs, lambda _: None)]


@pytest.mark.tools
def test_the_proofs_notice_mutants_of_many_kinds(promtool: str) -> None:
    fast = "HelloagentsApiAvailabilityFastBurn"
    mutants = [
        _mutant(SLO, "slo:total:rate_base", "window", "75s → 150s"),
        _mutant(SLO, "slo:bad:rate_base", "matcher", "status_code"),
        _mutant(SLO, "slo:error_ratio:1h", "wrapper", "sum_over_time"),
        _mutant(SLO, "slo:error_ratio:5m", "guard", "clamp_min"),
        _mutant(SLO, "slo:bad_events_tile:1d", "window", "1d"),
        _mutant(SLO, fast, "slo_id matcher", "dropped"),
        _mutant(SLO, fast, "rule dropped", ""),
        # A page of another service, its targets, and a mean of two series.
        _mutant(SLO, fast, "service matcher", "dropped"),
        # How long a page that has ended keeps back each tier, and one that was never more than pending; for how long
        # an alert goes on.
        _mutant(SLO, fast, "window", "8m → 960s"),
        _mutant(SLO, fast, "matcher", 'alertstate="firing" dropped'),
        _mutant(SLO, fast, "keep_firing_for", "2m → 60s"),
        _mutant(SLO, "HelloagentsApiAvailabilityMetricMissing", "service matcher", "dropped"),
        _mutant(SLO, "slo:total:rate_base", "aggregation", "avg → sum"),
        _mutant(ALERTS, "ServiceDown", "for", "dropped"),
        _mutant(ALERTS, "HighErrorRate", "number", "0.05 → 0.0625"),
        _mutant(ALERTS, "SandboxPoolDepleted", "comparison", "<"),
    ]
    assert _fates(promtool, mutants) == ["killed"] * len(mutants)


def test_no_mutant_of_the_bundled_rules_has_their_shape() -> None:
    rules = rule_files(ROOT)
    # `make mutants` looks at all of them.
    every = sampled([one for path, text in rules.items() for one in mutants_of(path, text)], 1000)
    same = replace(every[0], text=rules[every[0].path])
    assert alike(ROOT, rules, [*every, same]) == [same]


@pytest.mark.tools
def test_a_survivor_and_a_refusal_are_told_apart(promtool: str) -> None:
    same = _mutant(ALERTS, "HighErrorRate", "comparison", "> 0 dropped")
    broken = replace(same, id="broken", rule="ServiceDown", text=same.text.replace("absent(", "absent(("))
    assert _fates(promtool, [same, broken]) == ["survived", "refused"]


def test_the_count_of_survivors_leaves_out_those_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    hole, same = itertools.islice(mutants_of(Path("shop.yml"), RULE), 2)
    count = Counter(3, (Accepted(same.id, "*", "it is the same"),))
    fates: tuple[tuple[Mutant, Fate], ...] = ((same, "survived"), (same, "killed"), (hole, "survived"))
    for mutant, fate in fates:
        count(Verdict(mutant, fate))
    assert capsys.readouterr().err == f"3/3 mutants, 1 alive: {hole.id}\n"


@pytest.mark.parametrize(
    ("killed", "survived", "known", "is_good"),
    [
        (95, 5, True, True),
        (95, 5, False, False),
        (90, 10, True, True),
        (0, 0, True, False),
        (0, 9, True, False),
    ],
)
def test_a_run_is_good_with_enough_killed_and_a_reason_for_each_survivor(
    killed: int, survived: int, known: bool, is_good: bool
) -> None:
    mutant = next(mutants_of(Path("shop.yml"), RULE))
    verdicts = [Verdict(mutant, "killed")] * killed + [Verdict(mutant, "survived")] * survived
    reasons = (Accepted("shop/*", "*", "it is the same"),) if known else ()
    assert Outcome((*verdicts, Verdict(mutant, "refused")), reasons).is_good is is_good


def test_every_accepted_survivor_is_a_mutant_of_the_rules() -> None:
    texts = {
        **rule_files(ROOT),
        **{Path(path): text for path, text in rules.render(load_plan(OBJECTIVES)).items()},
    }
    every = [one for path, text in texts.items() for one in mutants_of(path, text)]
    for one in accepted():
        assert any(one.fits(mutant) for mutant in every), f"{one.id} fits no mutant any more"
        assert reason_for(next(m for m in every if one.fits(m)), [one]) == one.reason


@pytest.mark.parametrize("spec", SPECS)
def test_every_accepted_survivor_of_a_further_spec_is_a_mutant_of_its_rules(
    spec: str, tmp_path: Path
) -> None:
    texts = rule_files(rendered(spec, tmp_path))
    every = [one for path, text in texts.items() for one in mutants_of(path, text)]
    for one in accepted(listed(spec)):
        assert any(one.fits(mutant) for mutant in every), f"{one.id} fits no mutant any more"
    for part in {"windows": ("calendar", "maintenance"), "labels": ("own_budget",)}[spec]:
        assert any(part in one.id for one in every)


def test_the_clocks_of_windows_are_proven_and_a_lost_hour_is_noticed(tmp_path: Path) -> None:
    root = rendered("windows", tmp_path / "rendered")
    texts = rule_files(root)
    plan = load_plan(root / "monitoring" / "SLO_DEFINITIONS.yml")
    proofs = [one for one in clock_proofs(plan) if one.title == "shop-calendar"]
    bench = Bench(tmp_path / "bench", need_tool("promtool"), texts, proofs)
    path = Path(naming.calendar_path("shop"))
    mutant = next(one for one in mutants_of(path, texts[path]) if "service:calendar:begins/number" in one.id)
    assert not bench.fails(proofs[0])
    assert bench.tried(mutant, proofs).fate == "killed"


def test_proofs_are_cut_into_one_test_each() -> None:
    files = proof_files(ROOT)
    proofs: list[Proof] = proofs_of(files)
    written = sum(text.count("  - name: '") for text in files.values())
    assert len(proofs) == written
    assert all(proof.text.count("  - name: '") == 1 and proof.rules for proof in proofs)
    assert [one.evaluations for one in proofs] == sorted(one.evaluations for one in proofs)
