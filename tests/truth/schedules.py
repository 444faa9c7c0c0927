"""Strategies for schedules: uneven traffic, partial outages, bursts, idle minutes, any alignment to the scrapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from hypothesis import strategies as st

from tests.truth.schedule import HOUR, MINUTE, SECOND, Burst, Instance, Schedule, Stretch

Span = tuple[int, int]
START = 5 * MINUTE
"""Quiet at the beginning, where exactness is asked for: the first tile of a service is a young one."""
WARM = 1_000_000
INTERVALS = (250, 333, 500, 1_000, 1_700, 5_000, 20_000, 60_000)
"""Milliseconds between two requests, from a busy day to a night."""
RARE = (500, 1_000, 2_300, 5_000, 20_000, 60_000)
"""The same where each request gets bounds of its own."""
SPARSE = (2_000, 7_000, 20_000, 60_000)
"""The same for schedules of days."""
SHARES = ((0, 1), (0, 1), (1, 100), (1, 13), (1, 2), (1, 1))
"""How many of how many requests fail."""


@st.composite
def traffic(
    draw: st.DrawFn, begin: int, end: int, quiet: Sequence[Span] = (), intervals: Sequence[int] = INTERVALS
) -> tuple[Stretch | Burst, ...]:
    """Draw an instance's requests between two instants, none of them in the quiet spans."""
    cuts = draw(st.lists(st.integers(begin, end), max_size=6, unique=True))
    edges = [begin, *sorted(cuts), end]
    found: list[Stretch | Burst] = []
    for first, last in pairwise(edges):
        every = draw(st.sampled_from((None, *intervals)))
        bad, of = draw(st.sampled_from(SHARES))
        if every is not None:
            found += [Stretch(low, high, every, bad, of) for low, high in _outside(first, last, quiet)]
    for at in draw(st.lists(st.integers(begin, end - 1), max_size=3)):
        burst = Burst(at, draw(st.integers(1, 500)), draw(st.booleans()))
        if not any(low <= at < high for low, high in quiet):
            found.append(burst)
    return tuple(found)


def _outside(begin: int, end: int, quiet: Sequence[Span]) -> list[Span]:
    spans = [(begin, end)]
    for low, high in quiet:
        spans = [
            part
            for first, last in spans
            for part in ((first, min(last, low)), (max(first, high), last))
            if part[0] < part[1]
        ]
    return spans


def quiet_before(instants: Sequence[int], reach: int) -> tuple[Span, ...]:
    """Return the spans in which a base window is still filling when it is looked at."""
    return tuple((at - reach, at + 1) for at in instants)


def phases(scrape: int) -> st.SearchStrategy[int]:
    """Draw when after each full interval a target is scraped."""
    return st.integers(0, scrape // SECOND - 1).map(lambda seconds: seconds * SECOND)


def ends(least: int = HOUR, most: int = 3 * HOUR) -> st.SearchStrategy[int]:
    """Draw how long a schedule is: whole tiles."""
    return st.integers(least // START, most // START).map(lambda tiles: tiles * START)


@st.composite
def settled(
    draw: st.DrawFn,
    windows: Sequence[int],
    scrape: int = 15 * SECOND,
    evaluation: int = 30 * SECOND,
    reach: int = 75 * SECOND,
    length: st.SearchStrategy[int] | None = None,
    intervals: Sequence[int] = INTERVALS,
) -> Schedule:
    """Draw schedules that the rules must read exactly: long-lived counters, and quiet at the windows' edges."""
    end = draw(ends() if length is None else length)
    edges = [end, *(end - window for window in windows if window < end)]
    quiet = quiet_before(edges, reach)
    instances = tuple(
        Instance(name, draw(phases(scrape)), draw(traffic(START + 1, end, quiet, intervals)), counted=WARM)
        for name in "abc"[: draw(st.integers(1, 3))]
    )
    return Schedule(end, instances, scrape, evaluation)


@st.composite
def unsettled(draw: st.DrawFn) -> Schedule:
    """Draw schedules of long-lived counters with traffic at every edge of every window."""
    end = draw(ends(HOUR, 2 * HOUR))
    return Schedule(end, tuple(_lived(draw, name, end) for name in "ab"[: draw(st.integers(1, 2))]))


@st.composite
def newborn(draw: st.DrawFn) -> Schedule:
    """Draw the first hours of services whose counters begin at zero, with requests from the first moment."""
    end = draw(ends(10 * MINUTE, 2 * HOUR))
    return Schedule(end, tuple(_born(draw, name, draw(st.integers(0, 5 * MINUTE)), end) for name in "ab"))


@st.composite
def restarting(draw: st.DrawFn) -> Schedule:
    """Draw processes that restart, their counters with them; one target or two."""
    end = draw(ends(HOUR, 2 * HOUR))
    lived = [_lived(draw, name, end) for name in "ab"[: draw(st.integers(1, 2))]]
    times = st.lists(st.integers(START, end - START), min_size=1, max_size=3, unique=True).map(sorted)
    return Schedule(end, tuple(replace(one, restarts=tuple(draw(times))) for one in lived))


@st.composite
def failing(draw: st.DrawFn) -> Schedule:
    """Draw targets whose scrapes fail now and then, one or many in a row, while another target answers."""
    end = draw(ends(HOUR, 2 * HOUR))
    spans = st.tuples(st.integers(START, end - START), st.integers(15 * SECOND, 150 * SECOND))
    gaps = [(at, at + length) for at, length in draw(st.lists(spans, min_size=1, max_size=4))]
    return Schedule(end, (replace(_lived(draw, "a", end), unreachable=tuple(gaps)), _lived(draw, "b", end)))


@st.composite
def constant(draw: st.DrawFn) -> Schedule:
    """Draw targets that fail one of ten requests throughout, with failed scrapes and restarts."""
    end = draw(ends(HOUR, 90 * MINUTE))
    even = (Stretch(0, end, 500, 1, 10),)
    moments = st.lists(st.integers(START, end - START), min_size=1, max_size=4, unique=True).map(sorted)
    gaps = tuple((at, at + draw(st.integers(15 * SECOND, 100 * SECOND))) for at in draw(moments))
    one = Instance("a", draw(phases(15 * SECOND)), even, counted=WARM, unreachable=gaps)
    other = Instance("b", draw(phases(15 * SECOND)), even, counted=WARM, restarts=tuple(draw(moments)))
    return Schedule(end, (one, other))


@st.composite
def rolling(draw: st.DrawFn) -> Schedule:
    """Draw deployments: targets go away and new ones come, at zero, while one stays."""
    end = draw(ends(HOUR, 2 * HOUR))
    gone = draw(st.integers(10 * MINUTE, end - 10 * MINUTE))
    old = replace(_lived(draw, "old", end), gone=gone)
    new = _born(draw, "new", gone + draw(st.integers(-5 * MINUTE, 5 * MINUTE)), end)
    return Schedule(end, (old, new, _lived(draw, "stays", end)))


@st.composite
def out(draw: st.DrawFn) -> Schedule:
    """Draw outages of all targets, up to an hour long; the processes begin anew afterwards."""
    end = draw(ends(90 * MINUTE, 2 * HOUR))
    begin = draw(st.integers(20 * MINUTE, 35 * MINUTE))
    over = begin + draw(st.integers(30 * SECOND, 60 * MINUTE))
    instances = []
    for name in "ab"[: draw(st.integers(1, 2))]:
        phase = draw(phases(15 * SECOND))
        parts = (*draw(traffic(START, begin, (), RARE)), *draw(traffic(over, end, (), RARE)))
        instances.append(
            Instance(name, phase, parts, counted=WARM, restarts=(over,), unreachable=((begin, over),))
        )
    return Schedule(end, tuple(instances), outages=((begin, over),))


@st.composite
def unwatched(draw: st.DrawFn) -> Schedule:
    """Draw a Prometheus that is down for a while: nothing is scraped, nothing recorded, tiles are missed."""
    end = draw(ends(HOUR, 2 * HOUR))
    begin = draw(st.integers(START, end - 25 * MINUTE))
    hole = (begin, begin + draw(st.integers(10 * SECOND, 20 * MINUTE)))
    return Schedule(end, tuple(_lived(draw, name, end) for name in "ab"), hole=hole)


def _lived(draw: st.DrawFn, name: str, end: int) -> Instance:
    return Instance(name, draw(phases(15 * SECOND)), draw(traffic(START, end, (), RARE)), counted=WARM)


def _born(draw: st.DrawFn, name: str, born: int, end: int) -> Instance:
    return Instance(name, draw(phases(15 * SECOND)), draw(traffic(born, end, (), RARE)), born=born)
