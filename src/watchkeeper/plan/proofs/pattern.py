"""A text that a regular expression of a label matcher matches, for series that proofs make up."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

_LONGEST = 200
# The standard library's own reader of patterns; it moved in Python 3.11.
_parser = import_module("re._parser" if hasattr(re, "_parser") else "sre_parse")


def matching(pattern: str) -> str | None:
    """Return a short text that the whole pattern matches; None when none was found.

    Prometheus' RE2 and Python's re agree on what label matchers are made of; where they do not, the check at the end
    fails and nothing is returned.
    """
    try:
        text: str = _sequence(_parser.parse(pattern))
        return text if len(text) <= _LONGEST and re.fullmatch(pattern, text) else None
    except (re.error, RecursionError, OverflowError, KeyError, IndexError):
        return None


def _sequence(items: Any) -> str:
    return "".join(_one(str(code), value) for code, value in items)


def _one(code: str, value: Any) -> str:
    match code:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return "a" if value != ord("a") else "b"
        case "ANY":
            return "0"
        case "IN":
            return _member(value)
        case "BRANCH":
            return _sequence(value[1][0])
        case "SUBPATTERN":
            return _sequence(value[3])
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _sequence(value[2]) * int(max(value[0], 1 if value[1] else 0))
    return ""


def _member(options: Any) -> str:
    codes = [(str(code), value) for code, value in options]
    if codes[0][0] == "NEGATE":
        taken = {chr(value) for code, value in codes[1:] if code == "LITERAL"}
        return next(one for one in "a0-_z" if one not in taken)
    code, value = codes[0]
    if code == "LITERAL":
        return chr(value)
    if code == "RANGE":
        return chr(value[0])
    category: str = {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " "}.get(str(value), "a")
    return category
