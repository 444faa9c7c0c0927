"""A file of the team's own that the spec names, with its text."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.model.position import Position


@dataclass(frozen=True, slots=True)
class TextFile:
    """`file` is the path as the user would type it, `where` the place in the spec that names it."""

    file: str
    text: str
    where: Position
