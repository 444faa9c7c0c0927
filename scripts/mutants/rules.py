"""A rendered rule file as text with places: which lines a rule is, and where its parts are in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.mutants.expression import Token, Unreadable, tokens

_RULE = re.compile(r"^ {6}- (?P<kind>record|alert): (?P<name>\S+)\n(?:(?: {8}.*)?\n)+", re.MULTILINE)
_EXPR = re.compile(r"^ {8}expr: (?:\|-\n(?P<block>(?: {10}.*\n)+)|(?P<line>[^\"'|>\n].*)\n)", re.MULTILINE)
_TIME = re.compile(r"^ {8}(?P<name>for|keep_firing_for): (?P<value>\S+)\n", re.MULTILINE)
_LABELS = re.compile(r"^ {8}labels:\n(?P<lines>(?: {10}.*\n)+)", re.MULTILINE)
_LABEL = re.compile(r"^ {10}(?P<name>\w+): (?P<value>.*)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the rule that is a name with a value: the whole line and the value, as spans."""

    name: str
    value: str
    start: int
    end: int
    value_start: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One recording or alert of a file; all places count from the beginning of `text`, the whole file."""

    path: Path
    text: str
    name: str
    is_alert: bool
    start: int
    end: int
    words: tuple[Token, ...]
    times: tuple[Entry, ...]
    labels: tuple[Entry, ...]

    @property
    def after_expression(self) -> int:
        """Return where the line after the expression begins."""
        return self.text.index("\n", self.words[-1].end) + 1

    def windows(self) -> list[str]:
        """Return the windows that the file has error ratios of, shortest first."""
        return re.findall(r"- record: slo:error_ratio:(\w+)\n", self.text)


def rules_of(path: Path, text: str) -> Iterator[Rule]:
    """Yield the rules of a file in its order; raise Unreadable for what was not rendered by us."""
    for match in _RULE.finditer(text):
        expr = _EXPR.search(text, match.start(), match.end())
        if expr is None:
            raise Unreadable(f"{path}: the expression of {match['name']} is written in another way")
        words = tokens(text, *expr.span("block" if expr["block"] else "line"))
        labels = _LABELS.search(text, match.start(), match.end())
        yield Rule(
            path,
            text,
            match["name"],
            match["kind"] == "alert",
            match.start(),
            match.end(),
            tuple(words),
            tuple(_entries(_TIME, text, match.start(), match.end())),
            tuple(_entries(_LABEL, text, *labels.span("lines"))) if labels else (),
        )


def _entries(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[Entry]:
    for match in pattern.finditer(text, start, end):
        yield Entry(match["name"], match["value"], match.start(), match.end(), match.start("value"))
