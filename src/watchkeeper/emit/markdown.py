"""Markdown (CommonMark and GitHub's tables) in which user text stays text.

A plain string is text and gets escaped; a `Markdown` is markup already and does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_MEANINGFUL = re.compile(
    r"""[\\`*\[\]<>&|~$]            # markup anywhere in a line
      | (?<![^\W_])_ | _(?![^\W_])  # an underscore inside a word is only itself
      | \A [#+=:-]                  # markup at the beginning of a line""",
    re.VERBOSE,
)
_NUMBERED = re.compile(r"\A([0-9]+)([.)])(?= |\Z)")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+.-]*")
_ADDRESS = re.compile(r"https?://|[^:]*(?:[/?#]|\Z)", re.IGNORECASE)
# The tables of all runbooks have the same few hundred cells.
_REMEMBERED = 2048
_LINK_SAFE = "/?#:@!$&'*+,;=%~-._"


class Markdown(str):
    """Text that is Markdown already, and safe in a table cell."""

    __slots__ = ()


def inline(text: str) -> Markdown:
    """Return `text` on one line, shown as it is wherever inline Markdown is allowed, table cells too."""
    return text if isinstance(text, Markdown) else _inline(text)


@lru_cache(_REMEMBERED)
def _inline(text: str) -> Markdown:
    line = _MEANINGFUL.sub(lambda match: "\\" + match[0], _BLANKS.sub(" ", text).strip())
    return Markdown(_NUMBERED.sub(r"\1\\\2", line))


def code(text: str) -> Markdown:
    """Return `text` on one line in the fixed-width face, whatever backticks and pipes are in it."""
    line = _BLANKS.sub(" ", text).strip()
    if "|" in line or not line:
        # In a table no code span can hold a pipe after a backslash: GitHub and markdown-it part there.
        entities = re.sub(r"[^\w\s]", lambda match: f"&#{ord(match[0])};", line)
        return Markdown(f"<code>{entities.replace('_', '&#95;')}</code>")
    ticks = "`" * (1 + _longest_run(line))
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{ticks}{edge}{line}{edge}{ticks}")


@lru_cache(_REMEMBERED)
def link(text: str, address: str) -> Markdown:
    """Return a link shown as `text`; raise ValueError unless it is relative or http(s)."""
    if not _ADDRESS.match(address):
        raise ValueError(f"{address!r} is neither a relative nor an http address")
    return Markdown(f"[{inline(text)}]({quote(address, safe=_LINK_SAFE)})")


def fence(text: str, *, language: str = "") -> Markdown:
    """Return a fenced block that no run of backticks inside can close."""
    if not _LANGUAGE.fullmatch(language):
        raise ValueError(f"{language!r} cannot name the language of a code block")
    ticks = "`" * max(3, 1 + _longest_run(text))
    body = text if not text or text.endswith("\n") else text + "\n"
    return Markdown(f"{ticks}{language}\n{body}{ticks}\n")


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text))) if "`" in text else 0


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, aligned: bool = True) -> str:
    """Return a table; raise ValueError for a row of another length.

    Without aligned pipes a longer cell changes its own line only.
    """
    lines = [[inline(cell) for cell in row] for row in (headers, *rows)]
    for line in lines:
        if len(line) != len(headers):
            raise ValueError(f"the table has {len(headers)} columns, a row has {len(line)}: {line}")
    widths = [
        max(3, *(len(cell) for cell in column)) if aligned else 3 for column in zip(*lines, strict=True)
    ]
    lines.insert(1, [Markdown("-" * width) for width in widths])
    return "".join(_row(line, widths) for line in lines)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |\n"
