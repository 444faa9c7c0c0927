"""A team's own notes in a runbook: their Markdown as it is, their HTML as text, inside a quote that ends with them."""

from __future__ import annotations

import re

from watchkeeper.emit.characters import UNSEEN
from watchkeeper.emit.markdown import Markdown

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)|<")


def quoted(text: str) -> Markdown:
    """Return notes as a quote: nothing that they open, such as a code block, can reach beyond it."""
    lines, fence = [], ""
    for raw in text.replace("\t", "    ").splitlines():
        line = UNSEEN.sub("", raw).rstrip()
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and line.strip() == mark[1]:
            fence = ""
        elif not fence:
            line = _SPAN.sub(lambda found: "\\<" if found[0] == "<" else found[0], line)
        lines.append(f"> {line}".rstrip())
    return Markdown("\n".join(lines).strip("\n> ") and "\n".join(lines))
