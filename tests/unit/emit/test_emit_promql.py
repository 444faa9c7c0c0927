"""How PromQL is spelt."""

from __future__ import annotations

from decimal import Decimal

import pytest

from watchkeeper.emit import promql


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("plain", '"plain"'),
        ('say "x"', r'"say \"x\""'),
        ("a\\b", r'"a\\b"'),
        ("a\nb\tc\rd", r'"a\nb\tc\rd"'),
        ("\0\x1b\x85", r'"\u0000\u001b\u0085"'),
        ("\u2028\ufeff\U000e0041", r'"\u2028\ufeff\U000e0041"'),
        ("é😀'`{}", '"é😀\'`{}"'),
    ],
)
def test_a_string_is_quoted_so_that_it_means_itself(text: str, literal: str) -> None:
    assert promql.string(text) == literal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.0010", "0.001"),
        ("14.40", "14.4"),
        ("1E-9", "0.000000001"),
        ("6E+2", "600"),
        ("-0.5", "-0.5"),
        ("100", "100"),
    ],
)
def test_a_number_is_exact_plain_and_without_idle_zeros(value: str, text: str) -> None:
    assert promql.number(Decimal(value)) == text


@pytest.mark.parametrize("value", [0.5, True, "1"])
def test_inexact_numbers_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        promql.number(value)  # type: ignore[arg-type]


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        promql.number(Decimal("NaN"))


@pytest.mark.parametrize(
    ("metric", "matchers", "window", "text"),
    [
        ("up", [], None, "up"),
        ("up", [], "5m", "up[5m]"),
        ("x", [("job", "=", "a"), ("code", "!~", "5..")], "1h30m", 'x{job="a",code!~"5.."}[1h30m]'),
        ("slo:ratio", [("a.b", "=~", "")], None, 'slo:ratio{"a.b"=~""}'),
        ("http.server", [("job", "!=", "a")], None, '{__name__="http.server",job!="a"}'),
        ("Inf", [], None, '{__name__="Inf"}'),
        ("", [("job", "=", "a")], "250ms", '{job="a"}[250ms]'),
    ],
)
def test_selectors(metric: str, matchers: list[tuple[str, str, str]], window: str | None, text: str) -> None:
    assert promql.selector(metric, matchers, range=window) == text


@pytest.mark.parametrize(
    ("metric", "matchers", "window"),
    [
        ("", [], None),
        ("up", [("", "=", "a")], None),
        ("up", [("a", "==", "a")], None),
        ("up", [("a", "=", "\ud800")], None),
        ("up", [], "5"),
        ("up", [], "0s"),
        ("up", [], "m5"),
        ("up", [], "1s1m"),
        ("up", [], "5m] or x[5m"),
        ("up", [], ""),
    ],
)
def test_what_is_no_selector_is_refused(
    metric: str, matchers: list[tuple[str, str, str]], window: str | None
) -> None:
    with pytest.raises(ValueError, match=r"."):
        promql.selector(metric, matchers, range=window)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("{{ service }}", '{{ "{{" }} service }}'),
        ("a {b} c", "a {b} c"),
        ("{{{x", '{{ "{{{" }}x'),
        ("{x{", '{{ "{" }}x{{ "{" }}'),
        ("{", '{{ "{" }}'),
        ("", ""),
    ],
)
def test_template_actions_in_user_text_become_text(text: str, escaped: str) -> None:
    assert promql.alert_template_escape(text) == escaped
