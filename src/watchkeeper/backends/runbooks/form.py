"""Templates in a sandbox whose values stay text: whatever an expression yields is escaped for Markdown.

Jinja2 escapes for HTML or not at all. `finalize` sees every value on its way out, so no filter can be forgotten there.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from watchkeeper.emit import markdown
from watchkeeper.emit.characters import UNSEEN
from watchkeeper.emit.markdown import Markdown
from watchkeeper.model.finding import Finding
from watchkeeper.model.position import Position
from watchkeeper.model.text_file import TextFile

FORM = "RUNBOOK_TEMPLATE.md"
_OWN = "the team's template"
# A page of a template that repeats itself would fill the disk, thousands of times.
_LONGEST = 200_000
_REMEMBERED = 1024


class TemplateFailed(Exception):
    """A team's template cannot be read, or fails for an alert; `finding` says where."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(finding.message)


class Form:
    """A compiled form; `fill` makes a page of it."""

    def __init__(self, own: TextFile | None) -> None:
        """Compile the bundled form, or the team's; raise TemplateFailed."""
        self._own = own
        try:
            self._template = _environment().from_string(own.text) if own is not None else bundled(FORM)
        except TemplateSyntaxError as error:
            raise self._failed(error.lineno, error.message or "cannot be read") from None

    def fill(self, values: dict[str, object]) -> str:
        """Return the page with these values; raise TemplateFailed."""
        try:
            page = self._template.render(values)
        # A template is a small program of others: it can divide by zero too.
        except Exception as error:
            if self._own is None:
                raise
            line, words = _line_of(error), str(error).partition("\n")[0]
            of = f"{values['name']} of {values['service']}"
            raise self._failed(line, f"{words or type(error).__name__}, for {of}") from None
        if len(page) > _LONGEST:
            raise self._failed(1, f"the page of {values['name']} has {len(page)} characters")
        return page

    def _failed(self, line: int, words: str) -> TemplateFailed:
        assert self._own is not None
        return TemplateFailed(
            Finding(
                where=Position(self._own.file, line),
                code="WK012",
                message=f"the template of the runbooks fails: {words}",
                remedy="monitoring/RUNBOOK_TEMPLATE.md lists what a template may use",
            )
        )


def bundled(name: str) -> Template:
    """Return one of the package's own templates."""
    return _environment().get_template(name)


def source(name: str) -> str | None:
    """Return the text of one of the package's own templates, None for an unknown name."""
    if "/" in name or not name.endswith(".md"):
        return None
    file = resources.files("watchkeeper.backends.runbooks").joinpath("forms").joinpath(name)
    return file.read_text(encoding="utf-8") if file.is_file() else None


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(source),
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters |= {"code": _code, "fence": _fence, "link": markdown.link}
    environment.globals |= {"table": _table}
    return environment


def _shown(value: Any) -> str:
    """Return a value as the page contains it: Markdown as it is, everything else escaped."""
    if type(value) is Markdown:
        return value
    if isinstance(value, StrictUndefined):
        return str(value)  # raises, with its name
    text = value if isinstance(value, str) else str(value)
    # What nobody sees, such as a mark that reverses the text after it, has no place on a page.
    return markdown.inline(text if text.isascii() else UNSEEN.sub(" ", text))


def _code(value: object) -> Markdown:
    return markdown.code(str(value))


def _fence(value: object, language: str = "") -> Markdown:
    return Markdown(markdown.fence(str(value), language=language).rstrip("\n"))


def _table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> Markdown:
    return _table_of(tuple(headers), tuple(map(tuple, rows)))


@lru_cache(_REMEMBERED)
def _table_of(headers: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Markdown:
    return Markdown(markdown.table(headers, rows, aligned=False).rstrip("\n"))


def _line_of(error: Exception) -> int:
    """Return the line of the team's template in which an error happened; Jinja2 makes it a frame of the traceback."""
    if isinstance(error, TemplateError) and (line := getattr(error, "lineno", None)):
        return int(line)
    frames = traceback.extract_tb(error.__traceback__)
    return next(
        (frame.lineno for frame in reversed(frames) if frame.filename == "<template>" and frame.lineno), 1
    )
