"""Text for people, with colors only on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36", "bold": "1", "dim": "2"}


def is_colourful(stream: TextIO) -> bool:
    """Return whether the stream is a terminal that shows colors."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def paint(text: str, colour: str, stream: TextIO) -> str:
    """Return the text in a color if the stream shows colors."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if is_colourful(stream) else text


def say(text: str) -> None:
    """Print a line on standard output."""
    print(text)


def note(text: str) -> None:
    """Print a line on standard error, where progress and remarks go."""
    print(text, file=sys.stderr)


def error_line(text: str) -> None:
    """Print an error on standard error."""
    print(f"{paint('error:', 'red', sys.stderr)} {text}", file=sys.stderr)


def error_lines(texts: Iterable[str]) -> bool:
    """Print each error on standard error; return whether there was one."""
    found = list(texts)
    for text in found:
        error_line(text)
    return bool(found)
