"""Where each label matcher of a PromQL text begins, because the parser's tree has no positions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

# Strings and comments first, so that nothing inside them is taken for a brace or a matcher.
_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?P<comment>\#[^\n]*)"""
    r"""|(?P<word>[a-zA-Z_:][\w:]*)|(?P<op>=~|!~|!=|==|=)|(?P<other>\S)""",
    re.DOTALL,
)
Place = tuple[str, tuple[str, str, str], int]


def matcher_places(text: str) -> Iterator[Place]:
    """Yield the metric, the matcher and the offset of each matcher; the metric is empty where only matchers name it."""
    tokens = [match for match in _TOKEN.finditer(text) if match.lastgroup != "comment"]
    metric, inside = "", False
    for index, token in enumerate(tokens):
        if token["other"] in ("{", "}"):
            before = tokens[index - 1] if index else None
            metric = (before["word"] or "") if before is not None else ""
            inside = token["other"] == "{"
        elif inside and token["op"] and 0 < index < len(tokens) - 1:
            label, value = tokens[index - 1], tokens[index + 1]
            name = label["word"] or _unquoted(label["string"] or "")
            yield metric, (name, token["op"], _unquoted(value["string"] or "")), label.start()


def unclosed_quote(text: str) -> int | None:
    """Return the offset of a quote that nothing closes; None when every quote is closed."""
    for token in _TOKEN.finditer(text):
        if token["other"] is not None and token["other"] in "\"'`":
            return token.start()
    return None


def _unquoted(text: str) -> str:
    if text[:1] in ("`", ""):
        return text[1:-1]
    inner = text[1:-1] if text[0] == '"' else text[1:-1].replace("\\'", "'").replace('"', '\\"')
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        # An escape of Go that JSON lacks: the value stays as written.
        return inner
