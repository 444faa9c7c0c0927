"""Errors of the YAML parser as problems, at the place where the mistake was made."""

from __future__ import annotations

import yaml

from watchkeeper.model.position import Position
from watchkeeper.spec.problem import Problem

MAX_DEPTH = 40


def syntax_problem(error: yaml.MarkedYAMLError, shown_as: str, text: str) -> Problem:
    """Return the problem of a text that is not YAML."""
    if "nesting depth" in (error.problem or ""):
        # Newer libyaml parses ahead and stops at its own depth limit, before the builder reaches ours.
        return too_deep(_first_deep_bracket(text, shown_as))
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    opened = _opened_quote(error, text)
    if opened is not None:
        return _unclosed(opened, line, shown_as, text)
    message = (error.problem or "cannot be read as YAML").replace("\n", " ")
    if error.context and error.context_mark and error.context_mark.line + 1 != line:
        message += f" ({error.context}, line {error.context_mark.line + 1})"
    lines = text.split("\n")
    around = lines[line - 1] if line <= len(lines) else ""
    remedy = "indent with spaces, because YAML does not allow tabs" if "\t" in around else ""
    return Problem(Position(shown_as, line, column), "WK004", f"not YAML: {message}", remedy)


def too_deep(where: Position) -> Problem:
    """Return the problem of a text that nests too deep."""
    return Problem(
        where, "WK007", f"the YAML is nested deeper than {MAX_DEPTH} levels", "a spec needs about ten"
    )


def _first_deep_bracket(text: str, shown_as: str) -> Position:
    depth = 0
    for offset, character in enumerate(text):
        depth += (character in "[{") - (character in "]}")
        if depth > MAX_DEPTH:
            line_start = text.rfind("\n", 0, offset) + 1
            return Position(shown_as, text.count("\n", 0, offset) + 1, offset - line_start + 1)
    return Position(shown_as)


def _unclosed(opened: yaml.Mark, noticed: int, shown_as: str, text: str) -> Problem:
    line = text.split("\n")[opened.line]
    quote = line[opened.column : opened.column + 1]
    message = f"not YAML: the quote {quote} that opens here is not closed in its line"
    remedy = f"close it with {quote}; the parser noticed in line {noticed}"
    return Problem(Position(shown_as, opened.line + 1, opened.column + 1), "WK004", message, remedy)


def _opened_quote(error: yaml.MarkedYAMLError, text: str) -> yaml.Mark | None:
    """Return where the quote was opened that caused an error; None when the cause is another one.

    Either nothing closes it, or the next quote does, lines below, and what follows that quote makes no sense.
    """
    if error.context == "while scanning a quoted scalar" and "unexpected" in (error.problem or ""):
        return error.context_mark
    if error.problem_mark is None:
        return None
    last = _last_quoted_before(error.problem_mark, text)
    if last is None or last.start_mark.line == last.end_mark.line:
        return None
    return last.start_mark if last.end_mark.line == error.problem_mark.line else None


def _last_quoted_before(mark: yaml.Mark, text: str) -> yaml.ScalarToken | None:
    last = None
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if (token.start_mark.line, token.start_mark.column) >= (mark.line, mark.column):
                break
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                last = token
    except yaml.YAMLError:
        # The scanner stops where the parser did.
        pass
    return last
