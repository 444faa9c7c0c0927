"""For each threshold, guard and window of an alert there is a scenario that fails without it, whatever the objective.

These mutants of the rules of `objectives.yml` passed all proofs once. Each is one that a person could write by mistake.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.mutants.__main__ import rule_files
from scripts.mutants.mutant import Mutant, mutants_of
from scripts.mutants.proofs import Proof, proofs_of
from scripts.mutants.run import all_pass, tried, workshop
from tests.loading import load_plan
from watchkeeper.backends import proofs, rules

SPEC = Path(__file__).with_name("objectives.yml")
# slo: the changes, each as (the end of the rule's name, how the mutant's words begin, which of them).
WITNESSED: dict[str, tuple[tuple[str, str, int], ...]] = {
    "avail-week": (
        ("FastBurn", "0.084 → 0.0672", 0),  # the short window of the first page tier
        ("FastBurn", "0.028 → 0.0224", 0),  # of the second
        ("SlowBurn", "0.014 → 0.0112", 0),  # of the first ticket tier
        ("SlowBurn", "0.014 → 0.0175", 0),
        ("SlowBurn", "0.01 → 0.008", 0),  # of the second
        ("SlowBurn", "0.01 → 0.0125", 0),
        ("SlowBurn", "1.5 → 3", 0),  # the guard of the first ticket tier
        ("FastBurn", "1h → 7200s", 0),  # the windows of the guards
        ("FastBurn", "6h → 43200s", 0),
        ("FastBurn", "6h → 10800s", 0),
        ("FastBurn", "slo:bad:rate_base → slo:total:rate_base", 1),  # what a guard counts
        ("BudgetExhausted", "0 → 0.05", 0),
        ("slo:total:rate_base", "1h → 7200s", 0),  # the hour before an outage
    ),
    "jobs-one": (
        ("FastBurn", "0.5 → 0.625", 0),  # a guard of one event
        ("FastBurn", "0.5 → 0.4", 0),
        ("FastBurn", "1h → 1800s", 0),
        ("FastBurn", "30s → 60s", 0),
        ("FastBurn", "slo:bad:rate_base → slo:total:rate_base", 0),
        ("SlowBurn", "0.5 → 0.625", 0),
        ("SlowBurn", "0.5 → 0.625", 1),
        ("SlowBurn", "0.5 → 0.4", 1),
        ("SlowBurn", "and max(last_over_time(slo:ba", 1),
    ),
    "avail-month": (
        ("SlowBurn", "0.003 → 0.0024", 0),
        ("SlowBurn", "0.003 → 0.00375", 1),  # the long window, which the second tier shares
    ),
    "health": (("FastBurn", "0.0144 → 0.01152", 0), ("SlowBurn", "0.003 → 0.0024", 0)),
}


def _rendered(root: Path) -> list[Proof]:
    """Write the rules to the root, and return the proofs as they would be beside them."""
    plan = load_plan(SPEC)
    for path, text in rules.render(plan).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    folder = Path("monitoring/proofs")
    return proofs_of({folder / path: text for path, text in proofs.render(plan, root="../..").items()})


def _mutant(mutants: list[Mutant], rule: str, words: str, which: int) -> Mutant:
    found = [one for one in mutants if one.rule.endswith(rule) and one.words.startswith(words)]
    assert len(found) > which, (rule, words, [one.words for one in mutants if one.rule.endswith(rule)])
    return found[which]


@pytest.mark.tools
@pytest.mark.parametrize("slo", WITNESSED)
def test_a_changed_threshold_guard_or_window_is_noticed(slo: str, promtool: str, tmp_path: Path) -> None:
    proven = _rendered(tmp_path)
    path = Path(f"monitoring/prometheus/rules/shop/{slo}.yml")
    texts = rule_files(tmp_path)
    every = list(mutants_of(path, texts[path]))
    mutants = [_mutant(every, *change) for change in WITNESSED[slo]]
    mine = [proof for proof in proven if path in proof.rules]
    with workshop(2, promtool, {path: texts[path]}, mine) as shop:
        all_pass(shop, mine)
        verdicts = tried(shop, mutants, mine, lambda _: None)
    assert [f"{one.mutant.id} {one.mutant.words}" for one in verdicts if one.fate != "killed"] == []
