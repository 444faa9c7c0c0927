"""Matchers are found at their own place in a text, and quotes where they were opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchkeeper.spec.problem import Problem, SpecRejected
from watchkeeper.spec.promql.matcher_places import matcher_places, unclosed_quote
from watchkeeper.spec.read import read_spec

TEXT = """\
# a comment with a{b="c"}
sum by (le) (rate(first{a='x}',b!~`{y"`}[5m]))
  / ignoring (z) second{ a = "x", le="1" } > 2 == bool 1"""


def problems(folder: Path, body: str) -> list[Problem]:
    """Return the errors of a spec that is read without promtool."""
    path = folder / "spec.yml"
    path.write_text(f"version: watchkeeper/v1\nservice: shop\n{body}")
    try:
        read_spec(path)
    except SpecRejected as rejected:
        return [problem for problem in rejected.problems if problem.level == "error"]
    return []


def test_each_matcher_has_its_metric_and_its_offset() -> None:
    found = [(metric, matcher, TEXT[at:].split()[0][:2]) for metric, matcher, at in matcher_places(TEXT)]
    assert found == [
        ("first", ("a", "=", "x}"), "a="),
        ("first", ("b", "!~", '{y"'), "b!"),
        ("second", ("a", "=", "x"), "a"),
        ("second", ("le", "=", "1"), "le"),
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [('"a\\\\.b"', "a\\.b"), ("'it\\'s'", "it's"), ("'a\"b'", 'a"b'), ('"\\u00e9"', "é"), ("`a\\b`", "a\\b")],
)
def test_the_value_is_what_the_string_means(written: str, value: str) -> None:
    ((_, (_, _, found), _),) = matcher_places(f"m{{l={written}}}")
    assert found == value


@pytest.mark.parametrize(
    ("text", "offset"),
    [('up{a="b} > 1', 5), ("up{a='b'} + up{a='b} > 1", 17), ("up{a=`b} > 1", 5), ('up{a="b\\"} > 1', 5), ('up{a="b"}', None)],
)  # fmt: skip
def test_a_quote_that_nothing_closes_is_found_where_it_opens(text: str, offset: int | None) -> None:
    assert unclosed_quote(text) == offset


def test_without_promtool_too_an_open_string_is_reported_at_its_quote(tmp_path: Path) -> None:
    body = 'alerts:\n  - name: A\n    expr: |\n      sum(up)\n        > up{job="b}\n'
    (problem,) = problems(tmp_path, body)
    assert (problem.code, problem.where.line, problem.where.column) == ("WK205", 7, 18)


def test_of_equal_matchers_the_one_that_is_wrong_is_reported(tmp_path: Path) -> None:
    body = (
        "metrics: [{name: free_total, type: counter, labels: [method]}]\n"
        "alerts:\n  - name: A\n    expr: >-\n"
        '      sum(rate(free_total{method="get"}[5m]))\n'
        '      > sum(rate(http_requests_total{method="get"}[5m]))\n'
    )
    (problem,) = problems(tmp_path, body)
    assert (problem.code, problem.where.line, problem.where.column) == ("WK224", 8, 38)


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("'sum(up)\n      > sum(up{job=\"b\"})'", 6, 16),
        ('sum(up)\n\n      > sum(up{job="b"})', 5, 11),
        ('sum(up)\n      > sum(up)\n        + sum(up{job="b"})', 7, 18),
        ('>\n      sum(up)\n      > sum(up{job="b"})', 7, 16),
        ('>\n      sum(up{job="b"})', 6, 14),
        ('|\n\n      sum(up)\n      > sum(up{job="b"})', 8, 16),
    ],
    ids=["quoted", "plain with a blank line", "plain", "folded", "folded, first line", "literal"],
)
def test_a_text_of_several_lines_is_reported_in_its_own_line(
    written: str, line: int, column: int, tmp_path: Path
) -> None:
    (problem,) = problems(tmp_path, f"alerts:\n  - name: A\n    expr: {written}\n")
    assert (problem.code, problem.where.line, problem.where.column) == ("WK224", line, column)


@pytest.mark.parametrize(
    "bad", ["http_requests_total{%s}", "sum(http_requests_total{%s})", "sum by () (http_requests_total{%s})"]
)
def test_a_plain_sum_is_allowed_in_events(bad: str, tmp_path: Path) -> None:
    query = bad % 'status_code=~"5.."'
    events = f"{{bad: '{query}', total: http_requests_total}}"
    assert problems(tmp_path, f"slos: [{{name: o, objective: 99%, sli: {{events: {events}}}}}]\n") == []
