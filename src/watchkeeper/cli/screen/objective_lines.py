"""The table of objectives: state, name, budget, burn rate, and how long the budget lasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchkeeper.cli.screen.styled_lines import STATE_STYLES, Line, Look, Span, bar, clipped, line, printable
from watchkeeper.overview.numbers_text import burn, lasts, objective_text, percent
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.overview.value_rows import shown_name

BAR = 12
_STATE = 9
_WITH_TARGET, _WITH_6H = 92, 104


def heading(width: int, *, name: str) -> Line:
    """Return the head of the table; `name` is what the second column says of its order and filter."""
    cells = [f"  {'STATE':<{_STATE}} {name[: _name_width(width)]:<{_name_width(width)}}"]
    if width >= _WITH_TARGET:
        cells.append(f"{'OBJECTIVE':<11}")
    cells += [f"{'BUDGET LEFT':<{BAR + 7}}", f"{'BURN 1h':>7}"]
    if width >= _WITH_6H:
        cells.append(f"{'6h':>6}")
    return line([(" ".join([*cells, f"{'LASTS':>6}"]), "bold")], width)


def rows(
    shown: Sequence[Objective], width: int, look: Look, *, first: int, number: int, selected: int | None
) -> Iterator[Line]:
    """Yield a line for each of `number` objectives from index `first`."""
    for index in range(first, min(len(shown), first + number)):
        yield _row(shown[index], width, look, is_selected=index == selected)


def _row(row: Objective, width: int, look: Look, *, is_selected: bool) -> Line:
    name = clipped(printable(shown_name(row)), _name_width(width), look)
    colour = STATE_STYLES[row.state]
    strong = "bold" if is_selected else ""
    spans: list[Span] = [
        (f"{look.cursor if is_selected else ' '} ", strong),
        (f"{look.shapes[row.state]} {row.state:<{_STATE - 2}} ", colour),
        (f"{name:<{_name_width(width)}} ", strong),
    ]
    if width >= _WITH_TARGET:
        spans.append((f"{objective_text(row.target)} {row.window}"[:11].ljust(12), ""))
    spans += [*budget(row, look), (f" {burn(row.burn_1h):>7}", _burn_style(row.burn_1h))]
    if width >= _WITH_6H:
        spans.append((f" {burn(row.burn_6h):>6}", _burn_style(row.burn_6h)))
    spans.append((f" {lasts(row.exhaustion):>6}", ""))
    return line(spans, width)


def budget(row: Objective, look: Look) -> tuple[Span, ...]:
    """Return the bar of what is left of a budget, and the number."""
    if row.remaining is None:
        return ((f"{'-':>{BAR + 7}}", "dim"),)
    style = "red" if row.remaining <= 0 else "yellow" if row.remaining < 0.25 else "green"
    return ((bar(row.remaining, BAR, look), style), (f"{percent(row.remaining):>7}", ""))


def _burn_style(rate: float | None) -> str:
    return "yellow" if rate is not None and rate > 1 else ""


def _name_width(width: int) -> int:
    taken = 2 + _STATE + 1 + 1 + BAR + 7 + 8 + 7
    taken += 12 if width >= _WITH_TARGET else 0
    taken += 7 if width >= _WITH_6H else 0
    return max(8, width - taken)
