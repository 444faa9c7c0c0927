"""Time the first screen of `watchkeeper status` and the dashboard of all objectives on a real Prometheus with many.

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
from pathlib import Path
from urllib.parse import urlencode

from tests.integration.recorded import History, objective_series, prometheus
from watchkeeper.local_http import get_json
from watchkeeper.overview.reader import Addresses, Reader
from watchkeeper.verify.dashboards.shown_panels import Content

_SIZES = (3, 100, 1000)
_RUNS = 7
_PAGE = Path("monitoring/grafana/dashboards/watchkeeper/all-objectives.json")
_PATIENCE = 30.0
# The footer is the last line that is drawn.
_COMPLETE = b"? help"


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


def page(server: str) -> Iterator[float]:
    """Yield the seconds of each query of the dashboard of all objectives."""
    content = Content(json.loads(_PAGE.read_text(encoding="utf-8")), "")
    for query in content.queries:
        start = time.perf_counter()
        get_json(f"{server}/api/v1/query?{urlencode({'query': query.expr})}")
        yield time.perf_counter() - start


def main() -> int:
    """Print one line for each number of objectives; milliseconds are minimum, median and maximum of all runs."""
    print(
        f"{'objectives':>10}  {'first screen, ms':>22}  {'its processor, ms':>22}  {'one reading, ms':>22}"
        f"  {'a query of the page, ms':>23}"
    )
    for size in _SIZES:
        now = int(time.time())
        series = {}
        for number in range(size):
            series |= objective_series(f"service{number % 50}-slo{number}", bad=0.0001 * (number % 7))
        # Longer than the benchmark takes, so that samples are not stale at its end.
        history = History(series, now - 120, now + 240, 60)
        with tempfile.TemporaryDirectory() as folder, prometheus(Path(folder), history) as server:
            screens, processor = zip(*(first_screen(server) for _ in range(_RUNS)), strict=True)
            readings, queries = list(reading(server)), list(page(server))
        print(
            f"{size:>10}  {_spread(screens):>22}  {_spread(processor):>22}  {_spread(readings):>22}  {_spread(queries):>23}",
            flush=True,
        )
    return 0


def _spread(seconds: Sequence[float]) -> str:
    return " / ".join(f"{1000 * one:.0f}" for one in (min(seconds), statistics.median(seconds), max(seconds)))


if __name__ == "__main__":
    sys.exit(main())
