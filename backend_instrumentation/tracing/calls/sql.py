"""Removes the literals from a query, so that its text can be exported."""

from __future__ import annotations

import re
from typing import Final

_MOST_QUERY: Final = 8192
MOST_TEXT: Final = 2048

# One alternative per kind of token; all other text stays as it is. Whether a backslash escapes a quote depends on the
# database: after a backslash before a quote, everything counts as a literal.
_TOKEN: Final = re.compile(
    r"""
    (?P<comment>  --[^\n]* | /\*.*?(?:\*/|\Z) | \#(?![>-])[^\n]* )
    | (?P<dollar> \$(?P<tag>[A-Za-z_]\w*|)\$ .*? (?:\$(?P=tag)\$|\Z) )
    | (?P<string> (?:\b[eExXbBnN]|\b[uU]&)? '(?:[^'\\]|''|\\[^'])*(?:'|\\'.*|\\?\Z) )
    | (?P<quoted> "(?:[^"\\]|""|\\[^"])*(?:"|\\".*|\\?\Z) )
    | (?P<kept>   `[^`]*` | \[[A-Za-z_]\w*\] | [:@$%][A-Za-z_0-9]+ | [A-Za-z_][\w$]* )
    | (?P<number> (?:0[xX][0-9a-fA-F]+ | (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?) )
    """,
    re.VERBOSE | re.DOTALL,
)
_LIST: Final = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")
_NAMING: Final = re.compile(r"(?:\.|\b(?:from|join|into|update|table|as))\s*\Z", re.IGNORECASE)


def without_literals(query: str) -> str:
    """Return the query with `?` for each literal, without comments, cut at 2,048 characters.

    Strings, numbers, dollar quotes and double-quoted text are removed. Double-quoted text stays where only a name
    can be (after FROM, JOIN, INTO, UPDATE, TABLE, AS or a dot, or before a dot): MySQL quotes strings that way.
    """
    # A query that was cut inside a literal ends with an unterminated one, which extends to the end.
    query = query[:_MOST_QUERY]
    text = _TOKEN.sub(lambda found: _replaced(found, query), query)
    return _LIST.sub("(?)", " ".join(text.split()))[:MOST_TEXT]


def _replaced(found: re.Match[str], query: str) -> str:
    if found["comment"] is not None:
        return " "
    if found["kept"] is not None:
        return found[0]
    if found["quoted"] is not None and _is_name(found, query):
        return found[0]
    return "?"


def _is_name(found: re.Match[str], query: str) -> bool:
    return query[found.end() : found.end() + 1] == "." or _NAMING.search(query, 0, found.start()) is not None
