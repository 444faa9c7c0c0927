"""Decides which requests are not counted: by path or route template, or by a regular expression."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final

REGULAR: Final = "re:"
_NO_PATH: Final = re.compile(r"[\^$*\\|\[\]?]")
Entry = str | re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Patterns:
    exact: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    def __contains__(self, path: object) -> bool:
        return path in self.exact or (
            isinstance(path, str) and any(each.search(path) for each in self.patterns)
        )


def excluding(entries: Iterable[Entry]) -> Container[str]:
    """Return a container of all paths and templates that are left out; it is a plain set without patterns."""
    found = frozenset(entries)
    patterns = tuple(each for each in found if isinstance(each, re.Pattern))
    exact = frozenset(each for each in found if isinstance(each, str))
    return _Patterns(exact, patterns) if patterns else exact


def entries_of(given: object, left_out: list[str]) -> frozenset[Entry]:
    """Return the usable entries: paths, templates, compiled patterns, and `re:` with a pattern, compiled.

    An entry that cannot be used, and one that looks like a pattern without `re:`, is left out and named.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        left_out.append(f"exclude: {given!r} is no list of paths and patterns")
        return frozenset()
    found = (_entry(each, left_out) for each in given)
    return frozenset(each for each in found if each is not None)


def _entry(given: object, left_out: list[str]) -> Entry | None:
    if isinstance(given, re.Pattern) and isinstance(given.pattern, str):
        return given
    if not isinstance(given, str):
        left_out.append(f"exclude: {given!r} is neither a path nor a pattern of text")
        return None
    if given.startswith(REGULAR):
        try:
            return re.compile(given.removeprefix(REGULAR))
        except (re.error, RecursionError, OverflowError) as error:
            left_out.append(f"exclude: {given!r} is no regular expression: {error}")
            return None
    if _NO_PATH.search(given):
        left_out.append(f"exclude: {given!r} is no path; write '{REGULAR}{given}' for a regular expression")
        return None
    return given
