"""How Markdown is spelt; what a reader of it sees is tested with markdown-it."""

from __future__ import annotations

import pytest

from watchkeeper.emit.markdown import Markdown, code, fence, inline, link, table


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("http_requests_total is 5.5 (of 7)", "http_requests_total is 5.5 (of 7)"),
        ("*bold* _it_ `code` ~gone~", r"\*bold\* \_it\_ \`code\` \~gone\~"),
        ("[x](http://a) <b> &amp; a|b", r"\[x\](http://a) \<b\> \&amp; a\|b"),
        ("# no heading", r"\# no heading"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("two\n\nlines\t and more ", "two lines and more"),
        ("$x$ \\", r"\$x\$ \\"),
    ],
)
def test_user_text_is_escaped_where_it_would_mean_something(text: str, markdown: str) -> None:
    assert inline(text) == markdown


def test_markdown_is_not_escaped_again() -> None:
    assert inline(inline("a*b")) == r"a\*b"
    assert inline(Markdown("**x**")) == "**x**"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("up == 0", "`up == 0`"),
        ("a`b", "``a`b``"),
        ("`a`", "`` `a` ``"),
        ("a | b\\|_c_", "<code>a &#124; b&#92;&#124;&#95;c&#95;</code>"),
        ("", "<code></code>"),
    ],
)
def test_code_shows_backticks_and_pipes(text: str, markdown: str) -> None:
    assert code(text) == markdown


def test_a_table_has_aligned_pipes_and_escapes_plain_text() -> None:
    rows = [["*Down*", code("a|b")], [link("x", "y.md"), "1"]]
    assert table(["alert", "n|m"], rows) == (
        "| alert     | n\\|m                  |\n"
        "| --------- | --------------------- |\n"
        "| \\*Down\\*  | <code>a&#124;b</code> |\n"
        "| [x](y.md) | 1                     |\n"
    )


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="2 columns, a row has 1"):
        table(["a", "b"], [["x"]])


def test_a_fence_outlasts_the_backticks_inside() -> None:
    assert fence("a\n````\nb", language="promql") == "`````promql\na\n````\nb\n`````\n"
    assert fence("x\n") == "```\nx\n```\n"
    assert fence("") == "```\n```\n"


@pytest.mark.parametrize("language", ["a b", "a\n", "`"])
def test_a_language_that_would_end_the_line_is_refused(language: str) -> None:
    with pytest.raises(ValueError, match="language"):
        fence("x", language=language)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:x", "JavaScript:x", "mailto:a"])
def test_a_link_leads_nowhere_but_to_pages(address: str) -> None:
    with pytest.raises(ValueError, match="neither a relative nor an http address"):
        link("x", address)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("runbooks/a b.md#c", "runbooks/a%20b.md#c"),
        ("https://h/(x)?q=<y>&z", "https://h/%28x%29?q=%3Cy%3E&z"),
        ("a.md", "a.md"),
        ("#top:1", "#top:1"),
    ],
)
def test_a_links_address_cannot_end_the_link(address: str, written: str) -> None:
    assert link("t[]", address) == rf"[t\[\]]({written})"
