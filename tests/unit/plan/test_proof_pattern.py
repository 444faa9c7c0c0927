"""Texts for patterns of label matchers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.exposed.label_pattern import is_read_alike
from watchkeeper.plan.proofs.series.pattern import matching

USUAL = [
    "5..", "2..|3..", "[45]..", "4[0-8].", "/api/.*", "/api/.+", ".*", ".+", "(GET|HEAD)", "GET|POST|PUT",
    "50[0234]", r"\d{3}", r"\d+ms", r"[^/]+/health", "v[12]?", "(?:a|b)c{2,3}", r"checkout\.v1\..*", "(?i)get",
    "[^abc]x", "a{0}b", "a?", "", "ok", r"\w+", r"\s", "[a-z0-9_]+", "(read|write)_only", ".*?x", "é+",
    r"shop-\d-[ab]", "(?:|x)y", "/users/{id}/.*", "^5..$", "^(?:a|b)$", "(?P<kind>a|b)c", r"[\d.]+", "[]a]", "[^]a]",
    r"[\w-]+@x", r"[^\w]", "(?i)[^a]x", "(?s).", "((a|b)|c)+", "a{2,}?", "a{0,2}", "a{0,0}b", "a{", "}", r"\.\{\}\/\-",
    r"[\]\\]", "[^a0_ z-]", r"\{,",
]  # fmt: skip


@pytest.mark.parametrize("pattern", USUAL)
def test_the_text_matches_the_whole_pattern(pattern: str) -> None:
    text = matching(pattern)
    assert text is not None
    assert re.fullmatch(pattern, text)


@pytest.mark.parametrize("pattern", ["/api/.+", "5..", "v[12]?", "a*b+"])
def test_what_may_be_empty_is_shown_once(pattern: str) -> None:
    assert matching(pattern) == {"/api/.+": "/api/0", "5..": "500", "v[12]?": "v1", "a*b+": "ab"}[pattern]


@pytest.mark.parametrize(
    "pattern",
    ["(", "[a", "a{3}{4}(", r"\p{Lu}", "(?P<x>a)(?P=x)b(?=c)", "a{300}", r"a\bb", "x{99999999999999999999}"],
)
def test_no_text_is_returned_where_none_was_found(pattern: str) -> None:
    assert matching(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    ["[[:alpha:]]+", "[a[:^digit:]]", "a{,3}", r"\pL", r"\\{,3}", "a(?i)b", "[[x]", "[a&&b]", "(?s"],
)
def test_what_python_reads_otherwise_than_prometheus_is_left_alone(pattern: str) -> None:
    assert not is_read_alike(pattern)
    assert matching(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)a", "(?!b)a", "(?<=)a", "(?<!b)a", r"(a)\1", "(?>a)", "a*+", "a++", "a?+", "(?(1)a)", "(?#x)a", "(?x)a b", "(?a)a",
     r"\Aa", r"a\Z", r"\u0061", r"\x61", r"\101", r"\N{DIGIT ONE}", r"\bfoo", r"\é", r"[\b]", r"[\x61]", "a**",
     "((a{99}){99}){99}"],
)  # fmt: skip
def test_what_the_reader_does_not_know_is_refused(pattern: str) -> None:
    assert matching(pattern) is None


# What patterns are made of, so that a few hundred examples meet every pair of neighbors.
PIECES = st.sampled_from(
    ["a", "5", "é", "/", "-", ".", "|", "(", "(?:", ")", "[", "]", "^", "$", "*", "+", "?", "{2}", "{0,3}", "{", "}", ",",
     r"\d", r"\.", r"\w", r"\b", "[^/]", "[a-z]", "[", "\\", "(?i)", "(?=", "\n"]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_whatever_is_returned_matches(pattern: str) -> None:
    text = matching(pattern)
    assert text is None or re.fullmatch(pattern, text)


@pytest.mark.parametrize("pattern", USUAL)
def test_what_is_usual_is_read_alike(pattern: str) -> None:
    assert is_read_alike(pattern)


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5))
def test_alternations_of_literals_give_one_of_them(words: list[str]) -> None:
    assert matching("|".join(map(re.escape, words))) == words[0]
    assert matching(f"x({'|'.join(map(re.escape, words))})+") == f"x{words[0]}"
