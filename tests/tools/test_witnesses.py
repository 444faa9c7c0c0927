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
# slo: the scenario that notices, by a part of its title: the changes, each as (the end of the rule's name, how the
# mutant's words begin, which of them). Trying all scenarios until one fails would take several times as long.
WITNESSED: dict[str, dict[str, tuple[tuple[str, str, int], ...]]] = {
    "avail-week": {
        "burning just above the threshold of 1h/5m": (("FastBurn", "0.084 → 0.0672", 0),),  # the short window
        "burning just above the threshold of 6h/30m": (
            ("FastBurn", "0.028 → 0.0224", 0),
        ),  # of the second page tier
        "the short window of 1d/2h is too healthy": (
            ("SlowBurn", "0.014 → 0.0112", 0),  # of the first ticket tier
            ("SlowBurn", "0.014 → 0.0175", 0),
            ("SlowBurn", "1.5 → 3", 0),  # its guard
        ),
        "a little more than 3d/6h asks for": (
            ("SlowBurn", "0.01 → 0.008", 0),  # of the second
            ("SlowBurn", "0.01 → 0.0125", 0),
        ),
        "one failure long ago and again now in thin traffic": (
            ("FastBurn", "1h → 7200s", 0),
        ),  # a guard's window
        "three times too few bad events": (
            ("FastBurn", "6h → 43200s", 0),
            ("FastBurn", "6h → 10800s", 0),
            ("FastBurn", "slo:bad:rate_base → slo:total:rate_base", 1),  # what a guard counts
        ),
        "until the error budget is spent": (("BudgetExhausted", "0 → 0.05", 0),),
        "the mean of the hour before replaces it": (("slo:total:rate_base", "1h → 7200s", 0),),
    },
    "jobs-one": {
        "0.45 failures long ago and again now": (
            ("FastBurn", "0.5 → 0.625", 0),  # a guard of one event
            ("FastBurn", "0.5 → 0.4", 0),
            ("FastBurn", "1h → 1800s", 0),
            ("FastBurn", "30s → 60s", 0),
            ("FastBurn", "slo:bad:rate_base → slo:total:rate_base", 0),
        ),
        "the short window of 1d/2h is too healthy": (("SlowBurn", "0.5 → 0.625", 0),),
        "too few bad events for the minimum-events guard of 3d/6h": (
            ("SlowBurn", "0.5 → 0.625", 1),
            ("SlowBurn", "0.5 → 0.4", 1),
            ("SlowBurn", "and max(last_over_time(slo:ba", 1),
        ),
    },
    "avail-month": {
        "the short window of 1d/2h is too healthy": (
            ("SlowBurn", "0.003 → 0.0024", 0),
            ("SlowBurn", "0.003 → 0.00375", 1),  # the long window, which the second tier shares
        ),
    },
    "health": {
        "burning just above the threshold of 1h/5m": (("FastBurn", "0.0144 → 0.01152", 0),),
        "the short window of 1d/2h is too healthy": (("SlowBurn", "0.003 → 0.0024", 0),),
    },
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


def _titled(proofs: list[Proof], rules: Path, part: str) -> Proof:
    (found,) = (one for one in proofs if rules in one.rules and part in one.title)
    return found


@pytest.mark.tools
@pytest.mark.parametrize("slo", WITNESSED)
def test_a_changed_threshold_guard_or_window_is_noticed(slo: str, promtool: str, tmp_path: Path) -> None:
    proven = _rendered(tmp_path)
    path = Path(f"monitoring/prometheus/rules/shop/{slo}.yml")
    texts = rule_files(tmp_path)
    every = list(mutants_of(path, texts[path]))
    mine = {part: _titled(proven, path, part) for part in WITNESSED[slo]}
    with workshop(2, promtool, {path: texts[path]}, list(mine.values())) as shop:
        all_pass(shop, list(mine.values()))
        verdicts = [
            verdict
            for part, changes in WITNESSED[slo].items()
            for verdict in tried(
                shop, [_mutant(every, *change) for change in changes], [mine[part]], lambda _: None
            )
        ]
    assert [f"{one.mutant.id} {one.mutant.words}" for one in verdicts if one.fate != "killed"] == []
