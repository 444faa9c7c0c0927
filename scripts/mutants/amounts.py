"""Mutations of amounts: numbers, windows, steps, holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from scripts.mutants.edit import Edit
from scripts.mutants.rules import Rule

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"(\d+)(ms|[smhdw])")
_TINY = Decimal("1e-6")


def seconds(text: str) -> float:
    """Return a duration's seconds."""
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))


def numbers(rule: Rule) -> Iterator[Edit]:
    """Yield each ratio a quarter larger and a fifth smaller, each count doubled and halved; 0 a little more; a
    guard's epsilon a whole. The minimum-events guards are half an event off a whole number on purpose, so that a quarter
    is too little to show in a count.
    """
    for word in rule.words:
        if word.kind != "number":
            continue
        value = Decimal(word.text)
        if value == 0:
            yield Edit("number", word.start, word.end, "0.05")
        elif value < _TINY:
            yield Edit("number", word.start, word.end, "1")
        else:
            for factor in ("1.25", "0.8") if value < 1 else ("2", "0.5"):
                new = format((value * Decimal(factor)).normalize(), "f")
                yield Edit("number", word.start, word.end, new)


def windows(rule: Rule) -> Iterator[Edit]:
    """Yield each range, each step of a subquery and each offset, doubled and halved."""
    for word in rule.words:
        if word.kind == "duration":
            for factor in (2.0, 0.5):
                yield Edit("offset", word.start, word.end, _scaled(word.text, factor))
        if word.kind != "range":
            continue
        start = word.start + 1
        for kind, part in zip(("window", "step"), word.text[1:-1].split(":"), strict=False):
            for factor in (2.0, 0.5):
                yield Edit(kind, start, start + len(part), _scaled(part, factor))
            start += len(part) + 1


def other_windows(rule: Rule) -> Iterator[Edit]:
    """Yield each error ratio that is read taken over the next window of the file."""
    all_of_them = rule.windows()
    for word in rule.words:
        name, _, window = word.text.rpartition(":")
        if name not in ("slo:error_ratio", "slo:error_ratio_tile", "slo:bad_events_tile"):
            continue
        # A month has no length in its name, and is made of rollups.
        tiled = [
            one
            for one in all_of_them
            if name == "slo:error_ratio" or one.isalpha() or seconds(one) > seconds("6h")
        ]
        at = tiled.index(window)
        other = tiled[at + 1] if at + 1 < len(tiled) else tiled[at - 1]
        yield Edit("other window", word.start, word.end, f"{name}:{other}")


def times(rule: Rule) -> Iterator[Edit]:
    """Yield each hold doubled, halved and dropped, and a hold where there is none."""
    for entry in rule.times:
        for factor in (2.0, 0.5):
            end = entry.value_start + len(entry.value)
            yield Edit(entry.name, entry.value_start, end, _scaled(entry.value, factor))
        yield Edit(entry.name, entry.start, entry.end, "")
    if rule.is_alert:
        for name in {"for", "keep_firing_for"} - {entry.name for entry in rule.times}:
            yield Edit(name, rule.after_expression, rule.after_expression, f"        {name}: 10m\n")


def _scaled(duration: str, factor: float) -> str:
    scaled = seconds(duration) * factor
    return f"{scaled:.0f}s" if scaled >= 1 else f"{scaled * 1000:.0f}ms"
