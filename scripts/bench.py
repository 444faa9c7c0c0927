"""Time what the README promises: commands as whole processes, median of several runs, beside the bare interpreter."""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
WATCHKEEPER = Path(sys.executable).with_name("watchkeeper")
SLIS = (
    "{availability: http}",
    "{latency: http, threshold: 250ms}",
    "{events: {bad: 'sandbox_executions_total{status!=\"success\"}', total: sandbox_executions_total}}",
)
SPEC = ROOT / "monitoring" / "SLO_DEFINITIONS.yml"


def seconds(command: Sequence[str | Path], runs: int) -> list[float]:
    """Return the wall seconds of each run."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        taken.append(time.perf_counter() - start)
        if done.returncode != 0:
            sys.exit(
                f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr.strip()[-500:]}"
            )
    return taken


def row(name: str, taken: Sequence[float], goal: str) -> None:
    """Print one line: minimum, median, maximum in milliseconds, and the goal."""
    low, middle, high = (1000 * value for value in (min(taken), statistics.median(taken), max(taken)))
    print(f"{name:<34}{low:>9.0f}{middle:>9.0f}{high:>9.0f}   {goal}")


def commands(runs: int) -> None:
    """Time the short commands."""
    with tempfile.TemporaryDirectory() as folder:
        row("python -c pass", seconds([sys.executable, "-c", "pass"], runs), "the floor")
        row("watchkeeper --help", seconds([WATCHKEEPER, "--help"], runs), "150")
        row(
            "watchkeeper render, first",
            seconds([WATCHKEEPER, "render", SPEC, "--out", Path(folder, "a")], 1),
            "",
        )
        row(
            "watchkeeper render, unchanged",
            seconds([WATCHKEEPER, "render", SPEC, "--out", Path(folder, "a")], runs),
            "350",
        )
        row("watchkeeper check", seconds([WATCHKEEPER, "check", SPEC, "--out", Path(folder, "a")], runs), "")
        row("watchkeeper verify", seconds([WATCHKEEPER, "verify", SPEC, "--out", Path(folder, "a")], 3), "")
        for services in (10, 100, 1000):
            row(f"render of {services} services, first", _many(services, 0, Path(folder)), "")
        for services, slos in ((100, 10), (1000, 1)):
            row(f"render of {services} x {slos} SLOs, first", _many(services, slos, Path(folder)), "2500")
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"the largest command took {largest} MiB (goal 300)")


def _many(services: int, slos: int, folder: Path) -> list[float]:
    alerts = (
        "[{preset: service_down, severity: critical}, {preset: error_ratio, above: 5%}, "
        "{preset: latency_quantile, above: 500ms}]"
    )
    promises = ", ".join(
        f"{{name: slo{n}, objective: 99.5%, window: 30d, sli: {SLIS[n % len(SLIS)]}}}" for n in range(slos)
    )
    lines = [
        f"  - {{service: s{n}, signals: [http, sandbox], targets: ['s{n}:8000'], alerts: {alerts}, "
        f"slos: [{promises}]}}"
        for n in range(services)
    ]
    name = f"many{services}x{slos}"
    spec = folder / f"{name}.yml"
    spec.write_text("version: watchkeeper/v1\nservices:\n" + "\n".join(lines) + "\n")
    return seconds([WATCHKEEPER, "render", spec, "--out", folder / name], 1)


def up() -> None:
    """Time `up` with the tools cached, and a second one that has nothing to do."""
    with tempfile.TemporaryDirectory() as state:
        command = [WATCHKEEPER, "up", SPEC, "--mode", "native", "--state", state]
        try:
            row("watchkeeper up, tools cached", seconds(command, 1), "20000, demo scraped")
            row("watchkeeper up, nothing changed", seconds(command, 3), "")
        finally:
            down = seconds([WATCHKEEPER, "down", SPEC, "--state", state, "--volumes"], 1)
        row("watchkeeper down", down, "")


def cold() -> None:
    """Time `make up` from nothing: a new clone, empty caches of tools, Go and pip. Takes about ten minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["git", "clone", "-q", ROOT, folder / "clone"], check=True)
        caches = {
            "WATCHKEEPER_CACHE": "tools",
            "GOCACHE": "go",
            "GOMODCACHE": "modules",
            "PIP_CACHE_DIR": "pip",
        }
        os.environ.update({variable: str(folder / place) for variable, place in caches.items()})
        # The Go module cache is read-only otherwise, and could not be removed.
        os.environ["GOFLAGS"] = f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip()
        make = ["make", "-C", folder / "clone"]
        try:
            row("make up, from nothing", seconds([*make, "up"], 1), "600000")
        finally:
            seconds([*make, "down", "ARGS=--volumes"], 1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--no-up", action="store_true", help="leave the stack alone")
    parser.add_argument(
        "--cold", action="store_true", help="also time `make up` from nothing, about ten minutes"
    )
    args = parser.parse_args()
    print(f"{'milliseconds':<34}{'min':>9}{'median':>9}{'max':>9}   goal")
    commands(args.runs)
    if not args.no_up:
        up()
    if args.cold:
        cold()


if __name__ == "__main__":
    main()
