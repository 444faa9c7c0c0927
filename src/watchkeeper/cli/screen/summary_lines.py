"""The first lines of every page: the summary in one line, sources that do not answer, and services."""

from __future__ import annotations

import time
from collections.abc import Iterator

from watchkeeper.cli.screen.styled_lines import STATE_STYLES, Line, Look, Span, line, plain, printable
from watchkeeper.overview.maintenance_rows import maintenance_text
from watchkeeper.overview.numbers_text import lasts
from watchkeeper.overview.snapshot import Snapshot, Source, services


def summary(seen: Snapshot, look: Look) -> Line:
    """Return how many objectives are in each state, how many alerts fire and how many targets answer."""
    spans: list[Span] = []
    for state, number in seen.states.items():
        spans += [(f"{look.shapes[state]} {number} {state}", STATE_STYLES[state]), ("  ", "")]
    if not spans:
        spans = [("no objectives", "dim"), ("  ", "")]
    firing = sum(alert.is_firing for alert in seen.alerts)
    fault = any(alert.is_fault for alert in seen.alerts)
    alerts = f"{firing or 'no'} alert{'' if firing == 1 else 's'} firing"
    spans += [(f"{look.dot} ", "dim"), (alerts, "bold red" if fault else ""), (f" {look.dot} ", "dim")]
    spans += [(f"{seen.up} of {seen.total} targets up", "" if seen.up == seen.total else "red")]
    return tuple(spans)


def source_lines(seen: Snapshot, *, now: float) -> Iterator[Line]:
    """Yield a line for each source that does not answer."""
    for source in seen.sources:
        if source.problem:
            yield ((f"{source.name} {staleness(source, now)}: {printable(source.problem)}", "bold yellow"),)


def maintenance_lines(seen: Snapshot, width: int) -> Iterator[Line]:
    """Yield a line for each open window of planned work."""
    for one in seen.maintenance:
        text = printable(maintenance_text(one, now=seen.time))
        yield line((("MAINTENANCE", "bold"), (f"  {text}", "bold yellow")), width)


def staleness(source: Source, now: float) -> str:
    """Return since when a source's answer is stale."""
    if not source.answered:
        return "does not answer"
    seconds = max(0, int(now - source.answered))
    return f"stale since {f'{seconds} s' if seconds < 120 else lasts(seconds)}"


def service_line(seen: Snapshot, look: Look, width: int) -> Line:
    """Return the services, worst first, as many as fit."""
    spans: list[Span] = [("SERVICES", "bold")]
    rows = services(seen)
    for index, row in enumerate(rows):
        up = f" {row.up}/{row.total} up" if row.total else ""
        text = f"  {look.shapes[row.state]} {printable(row.name)}{up}"
        rest = f"  +{len(rows) - index} more"
        if len(plain(tuple(spans))) + len(text) + (0 if index == len(rows) - 1 else len(rest)) > width:
            return line((*spans, (rest, "dim")), width)
        style = STATE_STYLES[row.state] if row.up == row.total else "red"
        spans.append((text, style))
    return line(spans if rows else (*spans, ("  none", "dim")), width)


def receiver_lines(seen: Snapshot, width: int) -> Iterator[Line]:
    """Yield a line about the receivers that no drill proves, if there are some."""
    unproven = [one for one in seen.receivers if one.problem]
    if not unproven:
        return
    first, *others = unproven
    count = f"{len(seen.receivers) - len(unproven)} of {len(seen.receivers)} proven"
    rest = f", and {len(others)} more" if others else ""
    text = f"  {count}; {printable(first.receiver)}: {printable(first.problem)}{rest}"
    yield line((("RECEIVERS", "bold"), (text, "bold yellow")), width)


def idle_lines(seen: Snapshot, width: int) -> Iterator[Line]:
    """Yield a line about the silences that match no alert of the spec and none that fires, if there are some."""
    if not seen.idle:
        return
    first, *others = seen.idle
    count = "1 matches no alert" if not others else f"{len(seen.idle)} match no alert"
    matchers = " ".join(map(str, first.matchers))
    text = f"  {count}: {first.id[:8]}  {printable(matchers)} by {printable(first.author)}"
    rest = f", and {len(others)} more" if others else ""
    yield line((("SILENCES", "bold"), (f"{text}{rest}", "bold yellow")), width)


def headed(left: Line, right: str, width: int) -> Line:
    """Return a line with a text at its right end, if both fit."""
    gap = width - len(plain(left)) - len(right)
    return line(left if gap < 1 else (*left, (" " * gap, ""), (right, "dim")), width)


def clock(moment: float) -> str:
    """Return the local time of day."""
    return time.strftime("%H:%M:%S", time.localtime(moment))
