"""Write the report in its format, whole or not at all, and turn its verdict into an exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.text.console import error_line, note

if TYPE_CHECKING:
    from watchkeeper.report.figures import Report

_FORMATS = {".html": "html", ".htm": "html", ".md": "md", ".json": "json", ".csv": "csv"}


def deliver(report: Report, *, output_format: str | None, out: str | None, silent: bool) -> int:
    """Write to a file, or else to standard output unless silent; return 0, 1 for a missed promise, 2 for no file."""
    from watchkeeper.report.words import headline

    is_empty = not any(one.sums.rollups for one in report.objectives)
    if is_empty:
        error_line(
            f"{report.source} has no rollups of ours in this period; the first is recorded 5 minutes after a start"
        )
    if out is not None:
        text = _text(report, output_format or _FORMATS.get(Path(out).suffix.lower(), "md"))
        if not _written(out, text):
            return 2
        note(f"{headline(report)} {out}")
    elif not silent:
        sys.stdout.write(_text(report, output_format or "md"))
        sys.stdout.flush()
    return 1 if report.is_missed or is_empty else 0


def _text(report: Report, output_format: str) -> str:
    if output_format == "html":
        from watchkeeper.report.as_html import as_html

        return as_html(report)
    if output_format == "json":
        from watchkeeper.report.document import as_json

        return as_json(report)
    if output_format == "csv":
        from watchkeeper.report.as_csv import as_csv

        return as_csv(report)
    from watchkeeper.report.as_markdown import as_markdown

    return as_markdown(report)


def _written(path: str, text: str) -> bool:
    from watchkeeper.export.whole_file import whole_file

    try:
        with whole_file(Path(path)) as file:
            file.stream.write(text)
            file.keep = True
    except OSError as error:
        error_line(f"--out: {path} cannot be written: {error.strerror or error}")
        return False
    return True
