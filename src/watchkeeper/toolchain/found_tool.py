"""The results of the tool chain: a found tool, a skipped candidate, and its one kind of error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Origin = Literal["explicit", "path", "cache", "built", "image"]


class ToolchainError(Exception):
    """A tool is not available; each line of the message says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class Tool:
    """An executable that exists, with the version that it reports and its origin."""

    name: str
    path: Path
    version: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Skipped:
    """A skipped candidate and the reason."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Search:
    """The result of the search for one tool: the tool if there is one, and every skipped candidate."""

    name: str
    tool: Tool | None
    skipped: tuple[Skipped, ...]
