"""Time the first screen of `watchkeeper status`, the dashboard of all objectives and the front page's incidents.

A real Prometheus has an hour of many objectives, of which every tenth had an outage of ten minutes.

Run it in the repository's folder: python -m scripts.bench_status
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.integration.recorded import History, objective_series, prometheus
from watchkeeper import naming
from watchkeeper.front_page.recent_incidents import read_recent
from watchkeeper.local_http import get_json
from watchkeeper.overview.reader import Addresses, Reader
from watchkeeper.verify.dashboards.shown_panels import Content

_SIZES = (3, 100, 1000)
_RUNS = 7
# What Chromium and Firefox open to one server.
_AT_ONCE = 6
_PAGE = Path("monitoring/grafana/dashboards/watchkeeper/all-objectives.json")
_PATIENCE = 30.0
_HOUR, _EVALUATION = 3_600, 30
_BASE = (naming.OBJECTIVE, naming.BAD_BASE, naming.TOTAL_BASE)
_TILES = (naming.BAD_TILE, naming.TOTAL_TILE)
# The footer is the last line that is drawn.
_COMPLETE = b"? help"


@dataclass(frozen=True)
class Fleet:
    """An hour of what the rules record of so many objectives, and some minutes more, so that nothing is stale."""

    objectives: int
    now: int

    def lines(self) -> Iterator[str]:
        """Yield it as OpenMetrics."""
        for number in range(self.objectives):
            slo_id = f"service{number % 50}-slo{number}"
            series = objective_series(slo_id, bad=0.0001 * (number % 7))
            labels = next(iter(series))[1]
            yield from History({key: value for key, value in series.items() if key[0] not in _BASE},
                               self.now - 120, self.now + 240, 60).body()  # fmt: skip
            hour = {key: value for key, value in series.items() if key[0] in _BASE}
            tiles = {(name, labels): hour[base, labels] for name, base in zip(_TILES, _BASE[1:], strict=True)}
            if number % 10 == 0:
                for bad in (hour, tiles):
                    bad |= {key: self._outage for key in bad if key[0] in (naming.BAD_BASE, naming.BAD_TILE)}
            yield from History(hour, self.now - _HOUR, self.now + 240, _EVALUATION).body()
            yield from History(tiles, self.now - _HOUR, self.now + 240, 300).body()
        yield "# EOF\n"

    def _outage(self, when: float) -> float:
        return 5.0 if self.now - 1_800 < when <= self.now - 1_200 else 0.0


def first_screen(server: str) -> tuple[float, float]:
    """Return the seconds from the start of the process to the last line of its first screen, in a terminal.

    The second number is the processor's seconds of the process, which other work on the machine does not change much.
    """
    start = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", LINES="24", COLUMNS="80", PYTHONUTF8="1")
        os.execv(sys.executable, [sys.executable, "-m", "watchkeeper", "status", "--prometheus", server])  # noqa: S606
    seen = b""
    try:
        while _COMPLETE not in seen:
            if not select.select([terminal], [], [], _PATIENCE)[0]:
                raise RuntimeError(f"no screen after {_PATIENCE:g} s: {seen[-500:]!r}")
            seen += os.read(terminal, 65_536)
        taken = time.perf_counter() - start
    finally:
        os.kill(child, signal.SIGKILL)
        used = os.wait4(child, 0)[2]
        os.close(terminal)
    return taken, used.ru_utime + used.ru_stime


def reading(server: str) -> Iterator[float]:
    """Yield the seconds of one reading in a process that runs, the first of which also reads the windows."""
    reader = Reader(Addresses(server))
    for _ in range(_RUNS):
        start = time.perf_counter()
        reader.read()
        yield time.perf_counter() - start


def requests_of_page(server: str) -> list[str]:
    """Return what the dashboard of all objectives asks: the values of its two variables, and its queries."""
    content = Content(json.loads(_PAGE.read_text(encoding="utf-8")), "")
    known = {"match[]": naming.OBJECTIVE}
    variables = [f"{server}/api/v1/label/{name}/values?{urlencode(known)}" for name in ("team", "service")]
    return variables + [
        f"{server}/api/v1/query?{urlencode({'query': query.expr})}" for query in content.queries
    ]


def page(server: str) -> Iterator[float]:
    """Yield the seconds of each request of the dashboard, one after the other."""
    for address in requests_of_page(server):
        start = time.perf_counter()
        get_json(address)
        yield time.perf_counter() - start


def whole_page(server: str) -> Iterator[float]:
    """Yield the seconds until the dashboard has all answers, when as many are asked at once as a browser does."""
    addresses = requests_of_page(server)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in range(_RUNS):
            start = time.perf_counter()
            list(pool.map(get_json, addresses))
            yield time.perf_counter() - start


def recent(server: str, now: int) -> Iterator[float]:
    """Yield the seconds of reading the last hour's incidents for the front page."""
    for _ in range(_RUNS):
        start = time.perf_counter()
        read_recent(server, end=now, windows={})
        yield time.perf_counter() - start


def main() -> int:
    """Print one line for each number of objectives; milliseconds are minimum, median and maximum of all runs."""
    heads = (
        "first screen, ms",
        "its processor, ms",
        "one reading, ms",
        "a query of the page, ms",
        "the whole page, ms",
        "incidents, ms",
    )
    print("  ".join([f"{'objectives':>10}", *(f"{head:>23}" for head in heads)]))
    for size in _SIZES:
        now = int(time.time())
        with tempfile.TemporaryDirectory() as folder, prometheus(Path(folder), Fleet(size, now)) as server:
            screens, processor = zip(*(first_screen(server) for _ in range(_RUNS)), strict=True)
            pages = list(page(server)), list(whole_page(server))
            found = (screens, processor, list(reading(server)), *pages, list(recent(server, now)))
        print("  ".join([f"{size:>10}", *(f"{_spread(one):>23}" for one in found)]), flush=True)
    return 0


def _spread(seconds: Sequence[float]) -> str:
    return " / ".join(f"{1000 * one:.0f}" for one in (min(seconds), statistics.median(seconds), max(seconds)))


if __name__ == "__main__":
    sys.exit(main())
