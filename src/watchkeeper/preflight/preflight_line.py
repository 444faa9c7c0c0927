"""One line of the table: what was checked, what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LineState = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Line:
    """The result of one check; a line that is not ok has a remedy. With `fail`, the stack will not start or not work."""

    check: str
    state: LineState
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that runs already: what it uses is not missing. `prometheus` is its address."""

    prometheus: str
    data_bytes: int


def good(check: str, found: str) -> Line:
    """Return a line without a remedy."""
    return Line(check, "ok", found)
