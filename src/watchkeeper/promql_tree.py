"""Expressions as trees: what the rooms that read PromQL share. It decides nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import promql_parser

# A raw string in backticks, or a quoted one, in which a backtick means nothing.
_STRING = re.compile(r"""`([^`]*)`|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)
_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


def parse(text: str) -> Any:
    """Return the tree of an expression; raise ValueError. Raw strings are read as the quoted ones that they mean."""
    return promql_parser.parse(_STRING.sub(_quoted, text))


def matchers(node: Any) -> list[tuple[str, str, str]]:
    """Return the label matchers of a vector selector: name, operator, value."""
    return [(m.name, _OPERATORS[str(m.op).rsplit(".", 1)[-1]], m.value) for m in node.matchers.matchers]


def _quoted(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else json.dumps(match[1], ensure_ascii=False)
