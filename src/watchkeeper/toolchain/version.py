"""Versions as tuples of numbers, and the ranges of them that are accepted."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def parse_version(text: str) -> tuple[int, int, int] | None:
    """Return the first dotted version number in the text, or None; suffixes such as `-rc.1` are ignored."""
    match = _NUMBERS.search(text)
    if match is None:
        return None
    major, minor, patch = match.groups(default="0")
    return int(major), int(minor), int(patch)


@dataclass(frozen=True, slots=True)
class VersionRange:
    """The versions from `at_least` on and, where `below` is given, under it."""

    at_least: tuple[int, ...]
    below: tuple[int, ...] | None = None

    def accepts(self, version: str) -> bool:
        """Return whether the version is inside the range; False for text without a version."""
        numbers = parse_version(version)
        if numbers is None or numbers < self.at_least:
            return False
        return self.below is None or numbers < self.below

    def __str__(self) -> str:
        text = ">=" + ".".join(map(str, self.at_least))
        return text if self.below is None else f"{text},<" + ".".join(map(str, self.below))
