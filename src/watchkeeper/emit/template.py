"""Texts with slots: written once, split once, filled many times."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_SLOT = re.compile("\x02([A-Za-z0-9]+)\x03")


def slot(name: str) -> str:
    """Return what marks a slot in a text; no text that is written holds these two control characters."""
    return f"\x02{name}\x03"


def split(text: str) -> tuple[str, ...]:
    """Return a text in pieces for `fill`: the texts between the slots and the slots' names, in turn."""
    return tuple(_SLOT.split(text))


def fill(pieces: Sequence[str], values: Mapping[str, str]) -> str:
    """Return the text with a value in each slot; raise KeyError where one is missing."""
    parts = list(pieces)
    parts[1::2] = [values[name] for name in parts[1::2]]
    return "".join(parts)
