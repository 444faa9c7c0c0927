"""The page of one objective: its budget, windows, and what each alert needs to fire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchkeeper.cli.screen.objective_lines import BAR, budget
from watchkeeper.cli.screen.styled_lines import STATE_STYLES, Line, Look, Span, bar, printable
from watchkeeper.model.calendar_window import window_length
from watchkeeper.overview.numbers_text import burn, count, lasts, objective_text, percent
from watchkeeper.overview.objective_detail import AlertNeeds, Condition, Detail, Window
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.overview.value_rows import is_counted, shown_name, value_of

_BAR = 16
# At this burn rate the bar of a window is full: the fastest tier of most policies.
_FULL_BURN = 14.4
_NAME, _STATE = 17, 9
_WORDS = {
    "metric_missing": "a target answers without the objective's metric",
    "idle": "there is nothing to count",
}


def objective_page(row: Objective, detail: Detail | None, look: Look) -> list[Line]:
    """Return the lines of the page; `detail` is None until it was read."""
    lines = [*_head(row, look), (), *_values(row, look)]
    if detail is None:
        return [*lines, (("reading ...", "dim"),)]
    if detail.problem:
        lines += [((f"Prometheus: {printable(detail.problem)}", "bold yellow"),), ()]
    if detail.windows:
        lines += [*_windows(detail.windows, look), ()]
    if detail.alerts:
        lines += _alerts(detail.alerts, look)
    elif not detail.problem:
        lines.append((("This server does not list the rules of the objective's alerts.", "dim"),))
    return lines


def _head(row: Objective, look: Look) -> Iterator[Line]:
    yield (
        (printable(shown_name(row)), "bold"),
        ("  ", ""),
        (f"{look.shapes[row.state]} {row.state}", STATE_STYLES[row.state]),
    )
    if row.description:
        yield ((printable(row.description), ""),)
    others = [
        f"{name} {printable(value)}"
        for name, value in sorted(row.labels.items())
        if name not in ("slo", "slo_id")
    ]
    window = f" over {row.period or row.window}" if row.window else ""
    yield (
        (f"{objective_text(row.target)}{window}", ""),
        (f" {look.dot} {f' {look.dot} '.join(others)}", "dim"),
    )
    rates = f"{count(row.events)} events/s, {count(row.bad)} bad" if row.events is not None else "no events"
    yield (("budget left ", ""), *budget(row, look), (f" {look.dot} {rates}{_ends(row, look)}", ""))


def _values(row: Objective, look: Look) -> Iterator[Line]:
    """Yield each value of an objective's label; what follows them on the page is about the first, which is the worst."""
    if not row.values:
        return
    yield ((f"{'STATE':<10}{'BUDGET LEFT':<{BAR + 7}}{'BURN 1h':>8}  {row.by}", "bold"),)
    for one in row.values:
        state = f"{look.shapes[one.state]} {one.state}"
        gone = "" if is_counted(one) else "  (no events of late)"
        yield (
            (f"{state:<10}", STATE_STYLES[one.state]),
            *budget(one, look),
            (f"{burn(one.burn_1h):>8}  {printable(value_of(one))}{gone}", ""),
        )
    yield ()


def _ends(row: Objective, look: Look) -> str:
    if row.exhaustion is None or row.remaining is None or row.remaining <= 0:
        return ""
    return f" {look.dot} lasts {lasts(row.exhaustion)}"


def _windows(windows: Sequence[Window], look: Look) -> Iterator[Line]:
    yield ((f"{'WINDOW':<8}{'ERRORS':>8}{'BURN':>8}", "bold"),)
    for window in windows:
        rate = window.burn or 0.0
        style = "yellow" if rate > 1 else ""
        shown = bar(min(1.0, rate / _FULL_BURN), _BAR, look) if rate > 0.05 else look.empty * _BAR
        yield (
            (f"{window.name:<8}{percent(window.error_ratio):>8}{burn(window.burn):>8}", style),
            (f"  {shown}", style or "dim"),
        )


def _alerts(alerts: Sequence[AlertNeeds], look: Look) -> Iterator[Line]:
    yield ((f"{'ALERT':<{_NAME}}{'STATE':<{_STATE}}  NEEDS ALL OF (now)", "bold"),)
    for alert in alerts:
        name = alert.kind.replace("_", " ") or printable(alert.name)
        style = "bold red" if alert.state == "firing" else "yellow" if alert.state == "pending" else ""
        start: Line = ((f"{name[: _NAME - 1]:<{_NAME}}", ""), (f"{alert.state:<{_STATE}}", style))
        for way in alert.ways:
            yield (*start, *_way(way, look))
            start = ((f"{'or':>{_NAME + _STATE - 1}} ", "dim"),)
        if not alert.ways:
            yield (*start, (f"  {_WORDS.get(alert.kind, 'see its rule')}", "dim"))


def _way(way: Sequence[Condition], look: Look) -> Iterator[Span]:
    # The long window first, as tiers are written.
    for condition in sorted(way, key=_rank):
        mark = look.met if condition.is_met else " "
        yield (f"{mark} {_needs(condition):<18}", "bold" if condition.is_met else "")


def _rank(condition: Condition) -> tuple[bool, int]:
    length = window_length(condition.window).milliseconds if condition.window else 0
    return (condition.what == "events", -length)


def _needs(condition: Condition) -> str:
    if condition.what == "events":
        value = None if condition.value is None else round(condition.value)
        return f"{condition.least:.0f} bad ({count(value)})"
    if condition.what == "budget":
        return f"{percent(condition.limit)} left ({percent(condition.value)})"
    return f"{condition.window} >{percent(condition.limit)} ({percent(condition.value)})"
