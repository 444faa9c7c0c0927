"""What the tool chain hands out: a found tool, a candidate it passed over, and its one kind of error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Origin = Literal["explicit", "path", "cache", "built", "image"]


class ToolchainError(Exception):
    """A tool cannot be had; each line of the message says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class Tool:
    """An executable that exists, with the version that it reports and where it came from."""

    name: str
    path: Path
    version: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Skipped:
    """A candidate that was passed over, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Search:
    """The outcome of looking for one tool: the tool if there is one, and every candidate passed over."""

    name: str
    tool: Tool | None
    skipped: tuple[Skipped, ...]
