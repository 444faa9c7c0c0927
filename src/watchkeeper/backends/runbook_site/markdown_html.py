"""The Markdown of our pages as HTML: their links lead to the HTML pages, and foreign HTML stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from watchkeeper import naming

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_OURS = ("<code>", "</code>")
_PROOFS = f"../../{naming.PROOF_PAGES.rpartition('/')[2]}/"


def html_of(text: str) -> Markup:
    """Return a page's content as HTML."""
    reader = _reader()
    tokens = reader.parse(text)
    for token in _links(tokens):
        token.attrSet("href", _address(str(token.attrGet("href"))))
    # Every value in it has been escaped by the renderer.
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704


def _links(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from (child for child in token.children or () if child.type == "link_open")


def _address(address: str) -> str:
    """Return where a link of a Markdown page leads from its HTML page, which is one folder deeper."""
    if re.match(r"[a-z]+:|#", address, re.IGNORECASE):
        return address
    if address == "../README.md":
        return "../../index.html"
    if address.startswith(_PROOFS):
        return f"../../{naming.SITE_PROOFS}/{address.removeprefix(_PROOFS).removesuffix('.md')}.html"
    return "../" + re.sub(r"\.md(?=#|\Z)", ".md/index.html", address)


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark").enable("table")
    for kind in ("html_inline", "html_block"):
        reader.add_render_rule(kind, _only_ours)
    return reader


def _only_ours(_: Any, tokens: Sequence[Token], index: int, __: Any, ___: Any) -> str:
    """Return the few tags that our Markdown contains; comments go, and everything else is shown as text."""
    content = _COMMENT.sub("", tokens[index].content)
    return content if content in _OURS else escape(content.strip("\n"))
