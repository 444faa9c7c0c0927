"""What a format raises, and the simplest kind of format: a pattern."""

from __future__ import annotations

import re
from collections.abc import Callable


class Malformed(ValueError):
    """A value is not in its form; carries the problem's code, message and remedy."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        self.code, self.message, self.remedy = code, message, remedy
        super().__init__(message)


# A line with a whole wrong text would hide what is wrong with it.
_MOST_SHOWN = 60


def quoted(text: str) -> str:
    """Return a wrong text for a message, on one line and not longer than a name may be."""
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}...")


def pattern(code: str, regex: str, what: str, remedy: str) -> Callable[[str], str]:
    """Return a check that raises Malformed for a text which a regular expression does not match whole."""
    compiled = re.compile(regex)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise Malformed(code, f"{quoted(text)} is not {what}", remedy)
        return text

    return check
