"""A text that a regular expression of a label matcher matches, for the input series of proofs.

The reader knows what label matchers are made of: literals, alternations, groups, `.`, character classes, repetitions.
It refuses everything else, and every text that it finds is checked with Python's re.
"""

from __future__ import annotations

import re

from watchkeeper.exposed.label_pattern import is_read_alike

_LONGEST = 200
_FLAGS = re.compile(r"\(\?[ims]+\)")
_GROUP = re.compile(r"\((?:\?:|\?P<[A-Za-z_]\w*>|(?!\?))")
_CLASS = re.compile(r"\[\^?\]?(?:\\[dswDSW]|\\[ -/:-@\[-`{-~]|[^\]\\])*\]")
_REPETITION = re.compile(r"(?:\{([0-9]+)(,[0-9]*)?\}|([*+?]))\??")
_ESCAPES = {"d": "0", "s": " ", "w": "a", "D": "a", "S": "a", "W": "-", "n": "\n", "t": "\t", "r": "\r"}
_SAMPLES = "a0-_z "


def matching(pattern: str) -> str | None:
    """Return a short text that the whole pattern matches; None where the reader finds none."""
    if not is_read_alike(pattern):
        return None
    try:
        text = _Reader(pattern).whole()
    except (_Unreadable, RecursionError):
        return None
    return text if len(text) <= _LONGEST and re.fullmatch(pattern, text) else None


class _Unreadable(Exception):
    """The pattern has a part that the reader does not know."""


class _Reader:
    """Reads one pattern from left to right; each method returns a text that its part matches."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        flags = _FLAGS.match(pattern)
        self.at = flags.end() if flags else 0

    def whole(self) -> str:
        text = self._alternation()
        if self.at < len(self.pattern):
            raise _Unreadable
        return text

    def _alternation(self) -> str:
        first = self._sequence()
        while self._next() == "|":
            self.at += 1
            self._sequence()
        return first

    def _sequence(self) -> str:
        parts: list[str] = []
        while self._next() not in ("", "|", ")"):
            part = self._part()
            repetition = self._take(_REPETITION)
            parts.append(part if repetition is None else part * _times(repetition))
            if len(parts[-1]) > _LONGEST:
                raise _Unreadable
        return "".join(parts)

    def _part(self) -> str:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        if char in "*+?":
            raise _Unreadable
        self.at += 1
        # The anchors match no character: a matcher of Prometheus is anchored anyway.
        return {".": "0", "^": "", "$": ""}.get(char, char)

    def _group(self) -> str:
        if self._take(_GROUP) is None:
            raise _Unreadable
        text = self._alternation()
        self.at += 1
        return text

    def _class(self) -> str:
        match = self._take(_CLASS)
        if match is None:
            raise _Unreadable
        members = match[0][1:-1]
        candidates = _SAMPLES + members if members.startswith("^") else members + _SAMPLES
        found = next((one for one in candidates if re.fullmatch(match[0], one)), None)
        if found is None:
            raise _Unreadable
        return found

    def _escape(self) -> str:
        char = self.pattern[self.at + 1]
        self.at += 2
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char.isascii() and not char.isalnum():
            return char
        raise _Unreadable

    def _next(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self, what: re.Pattern[str]) -> re.Match[str] | None:
        match = what.match(self.pattern, self.at)
        if match is not None:
            self.at = match.end()
        return match


def _times(repetition: re.Match[str]) -> int:
    """Return how often to repeat: as seldom as the pattern allows, but once where it may be once."""
    least, further, sign = repetition.groups()
    if sign is not None:
        return 1
    # Longer texts are refused anyway, and a huge number would exhaust the memory.
    times = min(int(least), _LONGEST + 1)
    return 1 if times == 0 and further not in (None, ",0") else times
