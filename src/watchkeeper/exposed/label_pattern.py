"""Which texts a label matcher accepts, where Python's re and Prometheus' RE2 agree about its pattern."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

# Python and RE2 read these differently: a POSIX class within a set, and a repetition without its lower end.
_READ_OTHERWISE = re.compile(r"\[:\^?[a-z]+:\]|\{,")
_ESCAPED = re.compile(r"(?s)\\.")


@lru_cache(maxsize=1024)
def is_read_alike(pattern: str) -> bool:
    """Return whether Python's re accepts a pattern and means by it what Prometheus' RE2 does.

    They agree on usual label matchers; they differ on `[[:alpha:]]`, `a{,3}` and `\\pL`.
    """
    if _READ_OTHERWISE.search(_ESCAPED.sub("_", pattern)):
        return False
    with warnings.catch_warnings():
        # Python warns of sets and flags that a later version reads differently.
        warnings.simplefilter("error")
        try:
            re.compile(pattern)
        except (re.error, Warning, RecursionError, OverflowError):
            return False
    return True


@lru_cache(maxsize=4096)
def accepted(op: str, value: str, texts: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the texts that a matcher accepts; None for a pattern that only Prometheus can judge."""
    if op.endswith("~") and not is_read_alike(value):
        return None
    return tuple(text for text in texts if _is_equal(op, value, text) != op.startswith("!"))


def _is_equal(op: str, value: str, text: str) -> bool:
    if op in ("=", "!="):
        return text == value
    return re.fullmatch(value, text, re.DOTALL) is not None
