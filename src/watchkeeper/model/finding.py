"""A finding of the plan about the spec; the room that reads the spec turns it into a problem."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.model.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, where, and what would be right; `code` is one of the problem codes."""

    where: Position
    code: str
    message: str
    remedy: str = ""
