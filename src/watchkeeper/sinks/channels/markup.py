"""The text that an HTML mail shows, in time linear in its length.

The standard library's HTML parser takes minutes over 100 kB of hostile markup, and can raise.
"""

from __future__ import annotations

import html
import re

_UNSEEN = frozenset({"script", "style", "head", "title"})
_LINE_ENDS = frozenset({"br", "p", "div", "tr", "li", "table", "h1", "h2", "h3", "h4"})
_NAME = re.compile(r"/?([a-z][a-z0-9]{0,15})", re.IGNORECASE)


def text_of_html(markup: str) -> str:
    """Return the text that a browser would show, a line for each block, without blank lines."""
    first, *pieces = markup.split("<")
    shown, inside = [first], ""
    for piece in pieces:
        tag, closed, following = piece.partition(">")
        found = _NAME.match(tag)
        name = found[1].lower() if found else ""
        if inside:
            # Only the end of the hiding element matters.
            ended = tag.startswith("/") and name == inside
            inside = "" if ended else inside
            shown.append(following if ended else "")
        elif closed and name in _UNSEEN:
            inside = "" if tag.startswith("/") else name
        else:
            shown.append("\n" if name in _LINE_ENDS else "")
            shown.append(following if closed else f"<{piece}")
    lines = (" ".join(line.split()) for line in html.unescape("".join(shown)).splitlines())
    return "\n".join(line for line in lines if line)
