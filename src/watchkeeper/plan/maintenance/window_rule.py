"""One recording rule of the windows of planned work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowRule:
    """A rule that records 1 while a window is open, whose labels say which, why and by whom; or a clock that it reads."""

    record: str
    expr: str
    comment: str
    labels: tuple[tuple[str, str], ...]
