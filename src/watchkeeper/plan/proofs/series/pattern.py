"""A text that a regular expression of a label matcher matches, for series that proofs make up."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from importlib import import_module
from typing import Any

_LONGEST = 200
# What both read, and RE2 otherwise: a class of POSIX' within a set, and a repetition without its lower end.
_READ_OTHERWISE = re.compile(r"\[:\^?[a-z]+:\]|\{,")
# The standard library's own reader of patterns; it moved in Python 3.11.
_parser = import_module("re._parser" if hasattr(re, "_parser") else "sre_parse")


@lru_cache(maxsize=1024)
def is_read_alike(pattern: str) -> bool:
    """Return whether Python's re reads a pattern at all, and as Prometheus' RE2 does.

    They agree on what label matchers are usually made of; `[[:alpha:]]`, `a{,3}` and `\\pL` are what they differ on.
    """
    if _READ_OTHERWISE.search(pattern):
        return False
    with warnings.catch_warnings():
        # Python warns of sets that a later version may read otherwise.
        warnings.simplefilter("error", FutureWarning)
        try:
            re.compile(pattern)
        except (re.error, FutureWarning, RecursionError, OverflowError):
            return False
    return True


def matching(pattern: str) -> str | None:
    """Return a short text that the whole pattern matches; None when none was found."""
    if not is_read_alike(pattern):
        return None
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
