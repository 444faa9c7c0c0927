"""Measures the cost of instrumentation per request: ours, its peers, the floor and none, interleaved in one run.

Each variant is a process of its own, called in turn; its cost is the difference to the bare application in the same
round. CPU counts all threads of a process; p50 and p99 are wall time. All three are medians over the rounds. "least"
compares the fastest tenth of each variant's quietest round, which other load on the machine changes least; the
multiples refer to it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any, Final

WORKER: Final = Path(__file__).with_name("bench_worker.py")
LIKE_OURS: Final = ("none", "floor", "ours")
COLUMNS: Final = ("cpu", "p50", "p99", "least")

Row = dict[str, float]


@dataclass
class Worker:
    """A process that answers requests of one variant on command."""

    name: str
    process: subprocess.Popen[str]

    @classmethod
    def started(cls, name: str, routes: int) -> Worker:
        command = [sys.executable, str(WORKER), name, str(routes)]
        process = subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True)
        return cls(name, process)

    def ask(self, **question: Any) -> Row:
        """Return the worker's answer; raises RuntimeError when the worker has ended."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None or self.process.poll() is not None:
            raise RuntimeError(self.name)
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(self.name)
        answer: Row = json.loads(line)
        return answer

    def stop(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(30)


def measure(names: Iterable[str], routes: int, path: str, rounds: int, requests: int) -> dict[str, Row]:
    """Return each variant's cost over the bare application, in microseconds per request."""
    workers = [Worker.started(name, routes) for name in names]
    rows: dict[str, list[Row]] = {}
    try:
        alive = [worker for worker in workers if _answers(worker, path, requests)]
        for number in range(rounds):
            # The order alternates by round: the machine's frequency and its other load drift.
            for worker in alive if number % 2 else reversed(alive):
                rows.setdefault(worker.name, []).append(worker.ask(path=path, requests=requests))
    finally:
        for worker in workers:
            worker.stop()
    return {worker.name: _added(rows[worker.name], rows["none"]) for worker in alive}


def _answers(worker: Worker, path: str, requests: int) -> bool:
    try:
        worker.ask(path=path, requests=requests)
    except RuntimeError:
        print(f"{worker.name}: left out, it cannot run here", file=sys.stderr)
        return False
    return True


def _added(taken: list[Row], bare: list[Row]) -> Row:
    least = min(row["p10"] for row in taken)
    if taken is bare:
        return {"least": least, **{key: statistics.median(row[key] for row in bare) for key in bare[0]}}
    added = {
        key: statistics.median(row[key] - base[key] for row, base in zip(taken, bare, strict=True))
        for key in bare[0]
    }
    return {"least": least - min(row["p10"] for row in bare), **added}


def table(title: str, added: Mapping[str, Row], floor: float) -> None:
    """Print one line per variant: CPU, p50 and p99 over the bare application, and the least as a multiple."""
    print(f"\n{title}")
    print(f"{'':<36}{'CPU us':>9}{'p50 us':>9}{'p99 us':>9}{'least':>9}{'x floor':>9}{'x ours':>9}")
    for name, row in added.items():
        figures = "".join(f"{row[key]:>9.1f}" for key in COLUMNS)
        ratios = (
            ""
            if name == "none"
            else f"{row['least'] / floor:>9.1f}{row['least'] / added['ours']['least']:>9.1f}"
        )
        print(f"{name + (' (absolute)' if name == 'none' else ''):<36}{figures}{ratios}")


def memory(requests: int) -> None:
    """Print what remains after that many requests to unknown paths, with invented methods, and to one route."""
    worker = Worker.started("ours", 200)
    try:
        before = worker.ask(path="/r199/items/1", requests=2000, memory=True)
        after = worker.ask(path="/r199/items/1", requests=requests, memory=True, hostile=True)
    finally:
        worker.stop()
    print(f"\nours, 200 routes, {requests} hostile requests: series {before['series']:.0f} -> {after['series']:.0f}, "
          f"resident memory {before['rss']:.1f} -> {after['rss']:.1f} MB")  # fmt: skip


def scrape(series: int) -> None:
    """Print how late the event loop runs while that many series are scraped, compared with an idle loop."""
    print(f"\nevent loop delay in ms while {series} series are scraped: p50, p99, max")
    for name in ("idle", "ours", "prometheus-client in a thread", "prometheus-client inline"):
        command = [sys.executable, str(WORKER.with_name("bench_scrape.py")), name, str(series)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(f"{name:<36}{done.stdout.strip()}")


def main() -> None:
    from bench_variants import VARIANTS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--requests", type=int, default=300, help="a round")
    parser.add_argument("--only", default=",".join(VARIANTS), help="variants, by comma")
    parser.add_argument("--memory", type=int, default=0, metavar="REQUESTS", help="also: series and memory")
    parser.add_argument("--series", type=int, default=20000, help="of the scrape")
    options = parser.parse_args()
    names = [name for name in VARIANTS if name in options.only.split(",") or name in LIKE_OURS]
    floor = 0.0
    for title, routes, path, share in (
        ("1 route, success (x floor: of this table in all)", 1, "/r0/items/1", 1),
        ("200 routes, the last, success", 200, "/r199/items/1", 1),
        ("1 route, an exception", 1, "/fail/1", 5),
    ):
        added = measure(names, routes, path, options.rounds, options.requests // share)
        floor = floor or added["floor"]["least"]
        table(title, added, floor)
    if options.series:
        scrape(options.series)
    if options.memory:
        memory(options.memory)


if __name__ == "__main__":
    main()
