"""PromQL as text with places: words, calls, selectors and binary operators, each with its place.

The parser of the render has no places in its tree, so this reads what our own rules use and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")|(?P<range>\[[^\]]*\])|(?P<name>[A-Za-z_:][\w:]*)"""
    r"""|(?P<duration>(?:\d+(?:ms|[smhdw]))+)|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)"""
    r"""|(?P<mark>=~|!~|!=|==|>=|<=|[-+*/%^<>=(){},])|(?P<space>\s+)"""
)
_LEVELS = (("or",), ("and", "unless"), ("==", "!=", ">", "<", ">=", "<="), ("+", "-"), ("*", "/", "%"))
LEVEL = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
COMPARISONS = _LEVELS[2]
# What stands with its labels between an aggregation and its operand, or after an operator.
_MODIFIERS = ("by", "without", "on", "ignoring", "group_left", "group_right")


class Unreadable(Exception):
    """The text is not of the kind that our rules are made of."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an expression; `start` and `end` are places in the whole file."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function or aggregation and its arguments, each as a span."""

    name: Token
    end: int
    arguments: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """`by`, `on` or another clause that says which labels count, with its labels."""

    name: Token
    end: int


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator with its operands, as spans. `depth` is 0 outside of all parentheses."""

    operator: Token
    left: tuple[int, int]
    right: tuple[int, int]
    depth: int


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label matcher; `start` and `end` take in what goes when it is dropped, with one comma."""

    label: str
    operator: Token
    value: Token
    start: int
    end: int


def tokens(text: str, start: int, end: int) -> list[Token]:
    """Return the words between two places without the white space; raise Unreadable."""
    found: list[Token] = []
    at = start
    while at < end:
        match = _TOKEN.match(text, at, end)
        if match is None or match.lastgroup is None:
            raise Unreadable(f"cannot read {text[at : at + 20]!r}")
        at = match.end()
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), match.start(), at))
    return found


def calls(words: list[Token]) -> Iterator[Call]:
    """Yield every call, outer ones before those inside."""
    for index, word in enumerate(words[:-1]):
        if word.kind != "name" or word.text in LEVEL or word.text in _MODIFIERS:
            continue
        opening = _after_clauses(words, index + 1)
        if opening < len(words) and words[opening].text == "(":
            close = _closing(words, opening)
            parts = _split(words[opening + 1 : close])
            yield Call(word, words[close].end, tuple((part[0].start, part[-1].end) for part in parts if part))


def clauses(words: list[Token]) -> Iterator[Clause]:
    """Yield every clause of labels."""
    for index, word in enumerate(words[:-1]):
        if word.text in _MODIFIERS and words[index + 1].text == "(":
            yield Clause(word, words[_closing(words, index + 1)].end)


def _after_clauses(words: list[Token], at: int) -> int:
    """Return the place of the first word from here on that is in no clause; the brackets may be in one piece."""
    while at + 1 < len(words) and words[at].text in _MODIFIERS:
        at = (_closing(words, at + 1) if words[at + 1].text == "(" else at + 1) + 1
    return at


def matchers(words: list[Token]) -> Iterator[Matcher]:
    """Yield every matcher of every selector."""
    for index, word in enumerate(words):
        if word.kind != "string":
            continue
        label, operator, after = words[index - 2], words[index - 1], words[index + 1]
        if operator.text not in ("=", "!=", "=~", "!~"):
            continue
        before = words[index - 3]
        start = before.start if before.text == "," else label.start
        end = after.end if after.text == "," and before.text != "," else word.end
        yield Matcher(label.text, operator, word, start, end)


def texts(words: list[Token]) -> Iterator[Token]:
    """Yield every text that is no matcher's, but for empty ones."""
    for index, word in enumerate(words):
        if word.kind == "string" and word.text != '""' and words[index - 1].text in ("(", ","):
            yield word


def binaries(words: list[Token], depth: int = 0) -> Iterator[Binary]:
    """Yield every binary operator, outer ones first."""
    for part in _split(words):
        flat, inside = _flat(part)
        for index, word in enumerate(flat):
            if 0 < index < len(flat) - 1 and word.text in LEVEL and flat[index - 1].text not in LEVEL:
                left, right = _operands(flat, index)
                yield Binary(word, left, right, depth)
        for group in inside:
            yield from binaries(group, depth + 1)


def _operands(flat: list[Token], at: int) -> tuple[tuple[int, int], tuple[int, int]]:
    level = LEVEL[flat[at].text]
    first, last = at - 1, at + 1
    while first > 0 and LEVEL.get(flat[first - 1].text, 9) >= level:
        first -= 1
    while last < len(flat) - 1 and LEVEL.get(flat[last + 1].text, 9) > level:
        last += 1
    right = _after_clauses(flat, at + 1)
    return (flat[first].start, flat[at - 1].end), (flat[right].start, flat[last].end)


def _flat(words: list[Token]) -> tuple[list[Token], list[list[Token]]]:
    """Return the words with each bracket in one piece, and the contents of the parentheses."""
    flat: list[Token] = []
    inside: list[list[Token]] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word.text in ("(", "{"):
            close = _closing(words, at)
            if word.text == "(":
                inside.append(words[at + 1 : close])
            flat.append(Token("group", "", word.start, words[close].end))
            at = close
        else:
            flat.append(word)
        at += 1
    return flat, inside


def _split(words: list[Token]) -> list[list[Token]]:
    """Return the parts between commas that are outside of all brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for word in words:
        depth += (word.text in ("(", "{")) - (word.text in (")", "}"))
        if word.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def _closing(words: list[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(words)):
        depth += (words[index].text in ("(", "{")) - (words[index].text in (")", "}"))
        if depth == 0:
            return index
    raise Unreadable(f"{words[opening].text} at {words[opening].start} is never closed")
