"""What several stories look at: how long to wait for a page, what windows show, what nothing looks like."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.plan.proofs.expectations.timeline import Phase, Timeline
from watchkeeper.plan.proofs.scenarios.profile import Cast, first_page
from watchkeeper.plan.proofs.scenarios.scenario import ValueCheck
from watchkeeper.plan.slo.base_window import FROM_BASE

MINUTE, HOUR = 60, 3600
TINY = 1e-6
_LONGEST_WAIT = 7 * HOUR


def wait(cast: Cast, before: tuple[Phase, ...], *, reset: bool = False) -> float:
    """Return how long a total outage must last until the page is out, with a margin; ten minutes without pages."""
    long = Timeline((*before, Phase(_LONGEST_WAIT, cast.rate, 1.0, reset=reset)))
    page = first_page(cast, long)
    since = sum(phase.seconds for phase in before)
    return 10 * MINUTE if page is None else page - since + cast.fine.lag + 2 * cast.fine.step


def windows(cast: Cast, timeline: Timeline, at: int, ratio: float) -> Iterator[ValueCheck]:
    """Yield what the windows from the base show while the share `ratio` is bad."""
    budget = float(cast.shape.budget)
    for window in cast.shape.windows:
        if window > FROM_BASE:
            continue
        seconds = float(window.seconds)
        want, tolerance = timeline.error_ratio(seconds, at), cast.fine.lag / seconds * ratio
        yield ValueCheck(at, naming.error_ratio(str(window)), want, tolerance)
        if str(window) in ("1h", "6h"):
            yield ValueCheck(at, naming.burn_rate(str(window)), want / budget, tolerance / budget)


def quiet(cast: Cast) -> float:
    """Return how long nothing must happen until the shortest window has forgotten what did."""
    return float(cast.shape.windows[0].seconds) + cast.fine.lag + 2 * MINUTE


def idle(cast: Cast, at: int) -> Iterator[ValueCheck]:
    yield ValueCheck(at, naming.TOTAL_BASE, 0.0, TINY)
    yield ValueCheck(at, naming.BAD_BASE, 0.0, TINY)
    yield ValueCheck(at, naming.error_ratio(str(cast.shape.windows[0])), 0.0, TINY)
