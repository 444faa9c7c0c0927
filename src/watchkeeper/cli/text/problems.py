"""Show problems: `file:line:column: CODE message`, the source line with a caret on a terminal, or JSON."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TextIO

from watchkeeper.cli.text.console import is_colourful, paint
from watchkeeper.spec.problem import Problem

# A line that may contain a secret is never shown.
_SENSITIVE = re.compile(r"webhook|password|passwd|secret|token|key|auth|://|@", re.IGNORECASE)
_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


def show_problems(problems: Sequence[Problem], *, output_format: str = "text") -> None:
    """Print the problems in order: text on standard error, JSON on standard output."""
    if output_format == "json":
        print(
            json.dumps({"problems": [as_dict(problem) for problem in problems]}, indent=2, ensure_ascii=False)
        )
        return
    for problem in problems:
        for line in _lines(problem, sys.stderr):
            print(line, file=sys.stderr)
    if problems:
        print(_sum(problems), file=sys.stderr)


def as_dict(problem: Problem) -> dict[str, str | int]:
    """Return a problem for programs."""
    where = problem.where
    return {
        "code": problem.code,
        "level": problem.level,
        "file": where.file,
        "line": where.line,
        "column": where.column,
        "message": problem.message,
        "remedy": problem.remedy,
        "docs": f"docs/problems/{problem.code}.md",
    }


def _lines(problem: Problem, stream: TextIO) -> Iterable[str]:
    level = paint(problem.level, _COLOURS[problem.level], stream)
    where = paint(str(problem.where), "bold", stream)
    remedy = f"; {problem.remedy}" if problem.remedy else ""
    # What the spec contains may have line breaks, and a problem is one line.
    words = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in f"{problem.message}{remedy}")
    yield f"{where}: {level}: {words} [{problem.code}]"
    if is_colourful(stream):
        yield from _caret(problem)


def _caret(problem: Problem) -> Iterable[str]:
    lines = _source(problem.where.file)
    number = problem.where.line
    if 0 < number <= len(lines) and not _SENSITIVE.search(lines[number - 1]):
        gutter = f"{number:>5} | "
        text = lines[number - 1].replace("\t", " ")[:160]
        yield paint(gutter, "dim", sys.stderr) + text
        yield " " * (len(gutter) + problem.where.column - 1) + paint("^", "red", sys.stderr)


@cache
def _source(file: str) -> Sequence[str]:
    try:
        with Path(file).open(encoding="utf-8", errors="replace") as stream:
            return stream.read(4_000_000).splitlines()
    except OSError:
        return ()


def _sum(problems: Sequence[Problem]) -> str:
    counts = {level: sum(problem.level == level for problem in problems) for level in _COLOURS}
    return ", ".join(f"{count} {level}{'s' if count > 1 else ''}" for level, count in counts.items() if count)
