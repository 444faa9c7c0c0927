"""Lines of styled text, their width, and the shapes that states and bars have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper.overview.objective_rows import State

# A style is one or more of: red, green, yellow, magenta, cyan, bold, dim, reverse.
Span = tuple[str, str]
Line = tuple[Span, ...]

STATE_STYLES: dict[State, str] = {
    "firing": "bold red",
    "spent": "red",
    "burning": "yellow",
    "no data": "magenta",
    "idle": "dim",
    "ok": "green",
}


@dataclass(frozen=True, slots=True)
class Look:
    """The characters of shapes and bars; a state has a shape of its own, so that it is seen without colors."""

    shapes: dict[State, str]
    full: str
    empty: str
    cut: str
    cursor: str
    met: str
    arrow: str
    dot: str


UNICODE = Look(
    {"firing": "■", "spent": "✖", "burning": "▲", "no data": "?", "idle": "○", "ok": "●"},
    full="█",
    empty="░",
    cut="…",
    cursor="▸",
    met="✔",
    arrow="→",
    dot="·",
)
ASCII = Look(
    {"firing": "#", "spent": "X", "burning": "!", "no data": "?", "idle": "o", "ok": "."},
    full="#",
    empty="-",
    cut="~",
    cursor=">",
    met="*",
    arrow="->",
    dot="|",
)


def look_for(encoding: str | None) -> Look:
    """Return the characters that a stream of that encoding can show."""
    try:
        "".join((*UNICODE.shapes.values(), UNICODE.full, UNICODE.empty, UNICODE.cursor, UNICODE.met)).encode(
            encoding or "ascii"
        )
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def printable(text: str) -> str:
    """Return the text on one line, without characters that could change the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text.replace("\n", " "))


def clipped(text: str, width: int, look: Look) -> str:
    """Return the text, without its middle if it is too long: names differ at their ends."""
    if len(text) <= width:
        return text
    if width < 3:
        return text[: max(width, 0)]
    tail = (width - 1) // 2
    return text[: width - 1 - tail] + look.cut + text[len(text) - tail :]


def line(spans: Iterable[Span], width: int) -> Line:
    """Return the spans cut to a width."""
    found: list[Span] = []
    left = width
    for text, style in spans:
        if left > 0 and text:
            found.append((text[:left], style))
            left -= len(text)
    return tuple(found)


def plain(spans: Line) -> str:
    """Return the text of a line."""
    return "".join(text for text, _ in spans)


def bar(left: float, width: int, look: Look) -> str:
    """Return what is left of a budget as a bar; only a whole budget is full, and only a spent one is empty."""
    cells = round(max(0.0, min(1.0, left)) * width)
    if 0 < left < 1:
        cells = max(1, min(width - 1, cells))
    return look.full * cells + look.empty * (width - cells)
