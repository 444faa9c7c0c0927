"""The writers of rule files and of proofs: the same documents as the YAML dumper's, read back as they were."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.emit import yaml
from watchkeeper.emit.promtool_yaml import ProofFile, quoted
from watchkeeper.emit.rules_yaml import RuleFile, label_lines
from watchkeeper.emit.yaml import Commented

MARKS = st.text(" :#-?,[]{}&*!|>'\"%@`\\/~=<+._()$0159abno😀é\u2028\x85", min_size=1, max_size=14)
LINE = MARKS | st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20)
LINES = st.lists(MARKS.map(str.rstrip).filter(bool), min_size=1, max_size=4).map("\n".join)


def pairs(*names: str) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    """Some of the names, each with any line."""
    found = st.lists(st.tuples(st.sampled_from(names), LINE), max_size=3)
    return found.map(lambda many: tuple(dict(many).items()))


@settings(max_examples=60, deadline=None)
@given(
    expr=LINES,
    comment=LINES,
    labels=pairs("severity", "team", "on"),
    annotations=pairs("query", "description"),
    name=LINE,
)
def test_a_rule_file_is_what_the_dumper_would_write(
    expr: str,
    comment: str,
    labels: tuple[tuple[str, str], ...],
    annotations: tuple[tuple[str, str], ...],
    name: str,
) -> None:
    labels, annotations = (("slo", "a"), *labels), (("summary", "b"), *annotations)
    out = RuleFile(f"Ours.\n{comment}")
    out.group(name, comment=comment, interval="5m")
    out.record("slo:x:y", expr, label_lines(labels), comment=comment)
    out.alert("A", expr, (("for", "2m"), ("keep_firing_for", "2m")), labels, annotations, comment=comment)
    record: dict[str, yaml.Value] = {"record": "slo:x:y", "expr": expr, "labels": dict(labels)}
    alert: dict[str, yaml.Value] = {"alert": "A", "expr": expr, "for": "2m", "keep_firing_for": "2m"}
    alert |= {"labels": dict(labels), "annotations": dict(annotations)}
    group: dict[str, yaml.Value] = {"name": name, "interval": "5m"}
    rules: list[yaml.Value] = [Commented(record, comment), Commented(alert, comment)]
    wanted: dict[str, yaml.Value] = {"groups": [Commented({**group, "rules": rules}, comment)]}
    assert out.text() == yaml.dump(wanted, header=f"Ours.\n{comment}")
    plain: dict[str, Any] = {"groups": [{**group, "rules": [record, alert]}]}
    assert pyyaml.safe_load(out.text()) == plain


def test_a_group_without_an_interval_says_none() -> None:
    out = RuleFile("x")
    out.group("g", comment="y")
    assert pyyaml.safe_load(out.text()) == {"groups": [{"name": "g", "rules": None}]}


@given(title=LINE, series=LINE, expr=LINE, labels=LINE)
def test_a_proof_is_read_back_as_it_was(title: str, series: str, expr: str, labels: str) -> None:
    seen = [
        re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]", "", text) for text in (title, series, expr, labels)
    ]
    title, series, expr, labels = ("".join(c for c in text if c < "\ud800") for text in seen)
    out = ProofFile("Ours.", ("../a.yml",), "30s", ("fast", "slow"))
    out.test(title, "15s", [(series, "0+1x5 _ stale")])
    out.expect(expr, "5m", [(labels, "1")])
    out.expect(expr, "6m", [])
    test = {"name": title, "interval": "15s", "input_series": [{"series": series, "values": "0+1x5 _ stale"}]}
    checks = [
        {"expr": expr, "eval_time": "5m", "exp_samples": [{"labels": labels, "value": 1}]},
        {"expr": expr, "eval_time": "6m", "exp_samples": []},
    ]
    assert pyyaml.safe_load(out.text()) == {
        "rule_files": ["../a.yml"],
        "evaluation_interval": "30s",
        "group_eval_order": ["fast", "slow"],
        "tests": [{**test, "promql_expr_test": checks}],
    }


@pytest.mark.parametrize("text", ["it's", "''", "", "#x", "a: b", "\\n"])
def test_single_quotes_hold_any_line(text: str) -> None:
    assert pyyaml.safe_load(quoted(text)) == text
