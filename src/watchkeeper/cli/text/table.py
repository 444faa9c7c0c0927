"""Aligned columns, with colors from the caller's painter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Painter = Callable[[str, str], str]


def columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], paint: Painter, colours: Sequence[str]
) -> list[str]:
    """Return the header and the rows as lines; each row's second cell has the row's color, if any."""
    widths = [max(len(row[index]) for row in (header, *rows)) for index in range(len(header))]
    lines = [paint(_aligned(header, widths), "dim")]
    for row, colour in zip(rows, colours, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if colour:
            # Painted after padding: the invisible codes must not count.
            cells[1] = paint(cells[1], colour)
        lines.append("  ".join(cells).rstrip())
    return lines


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
