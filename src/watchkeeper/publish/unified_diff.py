"""Unified diffs of rendered files, in the form that `patch -p1` reads."""

from __future__ import annotations

import difflib
import re

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_UNENDED = "\n\\ No newline at end of file\n"


def unified_diff(path: str, old: bytes | None, new: bytes | None) -> str:
    """Return the diff from `old` to `new`, None for no file; bytes that are not UTF-8 are escaped."""
    source = "/dev/null" if old is None else f"a/{path}"
    target = "/dev/null" if new is None else f"b/{path}"
    lines = difflib.unified_diff(_lines(old), _lines(new), source, target)
    return "".join(line if line.endswith("\n") else line + _UNENDED for line in lines)


def _lines(content: bytes | None) -> list[str]:
    return _LINE.findall((content or b"").decode("utf-8", "backslashreplace"))
