"""Whatever is dumped is read back as it was, by readers that are not ours."""

from __future__ import annotations

import json as stdlib
import re
from decimal import Decimal
from html import unescape
from typing import Any

import promql_parser
import yaml as pyyaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from watchkeeper.emit import json, markdown, promql, yaml

# Half of all text is made of what YAML, PromQL, Markdown and templates give a meaning to.
MARKS = st.text(
    " \n\t:#-?,[]{}&*!|>'\"%@`\\/~=<+._()$0123456789abefinoxyENTZ\r\x00\x85\xa0\u2028\ufeff😀é", max_size=12
)
TEXT = MARKS | st.text(st.characters(codec="utf-8"), max_size=30)
TRAILING_BLANK = re.compile(r"[ \t](?:\n|\Z)")
YAML_TEXT = TEXT.filter(lambda text: "\n" not in text or not TRAILING_BLANK.search(text))
DECIMALS = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=9)


def nested(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Any nesting of what the dumpers take."""
    leaves = text | st.integers() | st.booleans() | st.none() | DECIMALS
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(text, inner, max_size=4)
        ),
        max_leaves=25,
    )


def as_read(value: Any) -> Any:
    """The value with lists for tuples and floats for decimals."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [as_read(item) for item in value]
    return {key: as_read(item) for key, item in value.items()} if isinstance(value, dict) else value


class Core(pyyaml.SafeLoader):
    """A reader of YAML 1.2's core schema, as Go's and JavaScript's are at heart."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for tag, pattern in {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}.items():
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"), None)


@given(nested(YAML_TEXT))
@settings(max_examples=400, deadline=None)
def test_yaml_1_1_reads_back_what_was_dumped(value: Any) -> None:
    assert pyyaml.safe_load(yaml.dump(value)) == as_read(value)


@given(nested(YAML_TEXT))
@settings(max_examples=200, deadline=None)
def test_yaml_1_2_reads_back_what_was_dumped(value: Any) -> None:
    assert pyyaml.load(yaml.dump(value), Core) == as_read(value)


@given(st.lists(st.tuples(YAML_TEXT, TEXT), min_size=1, max_size=4), TEXT)
@settings(max_examples=200, deadline=None)
def test_comments_of_any_text_change_nothing(items: list[tuple[str, str]], header: str) -> None:
    plain = {"list": [text for text, _ in items], "map": {str(n): text for n, (text, _) in enumerate(items)}}
    marked: yaml.Value = {
        "list": [yaml.Commented(text, comment) for text, comment in items],
        "map": {str(n): yaml.Commented(text, comment) for n, (text, comment) in enumerate(items)},
    }
    assert pyyaml.safe_load(yaml.dump(marked, header=header)) == plain


@given(nested(TEXT))
@settings(max_examples=300, deadline=None)
def test_json_reads_back_exactly_what_was_dumped(value: Any) -> None:
    def lists(inner: Any) -> Any:
        if isinstance(inner, (list, tuple)):
            return [lists(item) for item in inner]
        return {key: lists(item) for key, item in inner.items()} if isinstance(inner, dict) else inner

    assert stdlib.loads(json.dump(value), parse_float=Decimal) == lists(value)


NAMES = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,6}", fullmatch=True) | st.sampled_from(
    ["by", "inf", "NaN", "sum", "bool", "offset", "on", "and", "group_left", "start", "my.metric", "é", "a b"]
)
LABELS = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,6}", fullmatch=True) | st.sampled_from(
    ["by", "inf", "on", "sum"]
)
KINDS = {"=": promql_parser.MatchOp.Equal, "!=": promql_parser.MatchOp.NotEqual}


@given(NAMES, st.lists(st.tuples(LABELS, st.sampled_from(["=", "!="]), TEXT), max_size=4))
@settings(max_examples=400, deadline=None)
def test_a_selector_is_parsed_to_the_same_name_and_matchers(
    metric: str, matchers: list[tuple[str, str, str]]
) -> None:
    assume(all(name != "__name__" for name, _, _ in matchers))
    tree: Any = promql_parser.parse(promql.selector(metric, matchers))
    found = [(matcher.name, matcher.op, matcher.value) for matcher in tree.matchers.matchers]
    named = [value for name, _, value in found if name == "__name__"]
    assert (tree.name or named[0]) == metric
    assert sorted(map(repr, (parts for parts in found if parts[0] != "__name__"))) == sorted(
        repr((name, KINDS[op], value)) for name, op, value in matchers
    )


@given(DECIMALS)
def test_a_number_is_parsed_to_the_same_value(value: Decimal) -> None:
    text = promql.number(value)
    assert Decimal(text) == value
    tree: Any = promql_parser.parse(text.removeprefix("-"))
    assert tree.val == float(abs(value))


def seen(html: str) -> str:
    """What a reader sees of a page: its text, with blanks as one."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def expected(text: str) -> str:
    """What a reader should see of user text on one line."""
    return " ".join(re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).split())


PAGE = MarkdownIt("gfm-like", {"linkify": False})


@given(TEXT)
@settings(max_examples=400, deadline=None)
def test_a_reader_of_markdown_sees_the_text_and_no_markup(text: str) -> None:
    assume(expected(text))
    assert PAGE.render(markdown.inline(text)).count("<") == 2
    assert seen(PAGE.render(markdown.inline(text))) == expected(text)
    assert seen(PAGE.render(f"Before {markdown.inline(text)} after")) == f"Before {expected(text)} after"
    assert seen(PAGE.render(markdown.code(text))) == expected(text)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_a_reader_of_a_table_sees_each_cell_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    cells = [(left, markdown.code(middle), markdown.link(right, "a.md")) for left, middle, right in rows]
    html = PAGE.render(markdown.table(["one", "two|2", "three"], cells))
    found = [seen(cell) for cell in re.findall(r"<td>(.*?)</td>", html, re.DOTALL)]
    assert found == [expected(text) for row in rows for text in row]


@given(TEXT)
@settings(deadline=None)
def test_a_fence_holds_its_text_and_ends_behind_it(text: str) -> None:
    assume(not re.search(r"[\r\x00]", text))
    html = PAGE.render(markdown.fence(text, language="sh") + "\nafter\n")
    body = text if not text or text.endswith("\n") else text + "\n"
    shown = re.fullmatch(r'<pre><code class="language-sh">(.*)</code></pre>\n<p>after</p>\n', html, re.DOTALL)
    assert shown is not None
    assert unescape(shown[1]) == body
