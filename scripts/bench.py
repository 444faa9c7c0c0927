"""Time what the README promises: commands as whole processes, at scale, and what the rules cost in a real Prometheus."""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import bench_scale as scale
from rulebench import main as rules
from rulebench.peer_programs import sloth_program
from rulebench.sloth import spec as sloth_spec
from rulebench.stages import subjects

ROOT = Path(__file__).parents[1]
WATCHKEEPER = Path(sys.executable).with_name("watchkeeper")
Command = Sequence[str | Path]
SLIS = (
    "{availability: http}",
    "{latency: http, threshold: 250ms}",
    "{events: {bad: 'sandbox_executions_total{status!=\"success\"}', total: sandbox_executions_total}}",
)
SPEC = ROOT / "monitoring" / "SLO_DEFINITIONS.yml"


def seconds(command: Command, runs: int) -> list[float]:
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


@dataclass(frozen=True, slots=True)
class Timed:
    """The wall seconds of each run of one command, and what they should be in milliseconds."""

    name: str
    seconds: Sequence[float]
    goal: str = ""


def line(one: Timed) -> str:
    """Return one line: minimum, median, maximum in milliseconds, and the goal."""
    spread = (min(one.seconds), statistics.median(one.seconds), max(one.seconds))
    low, middle, high = (1000 * value for value in spread)
    return f"{one.name:<34}{low:>9.0f}{middle:>9.0f}{high:>9.0f}   {one.goal}"


def commands(runs: int) -> Iterator[Timed]:
    """Time the short commands."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "a")
        yield Timed("python -c pass", seconds([sys.executable, "-c", "pass"], runs), "the floor")
        yield Timed("watchkeeper --help", seconds([WATCHKEEPER, "--help"], runs), "150")
        render: Command = [WATCHKEEPER, "render", SPEC, "--out", out]
        yield Timed("watchkeeper render, first", seconds(render, 1))
        yield Timed("watchkeeper render, unchanged", seconds(render, runs), "350")
        yield Timed("watchkeeper check", seconds([WATCHKEEPER, "check", SPEC, "--out", out], runs))
        yield Timed("watchkeeper verify", seconds([WATCHKEEPER, "verify", SPEC, "--out", out], 3))
        for services in (10, 100, 1000):
            yield Timed(f"render of {services} services, first", _many(services, 0, Path(folder)))
        for services, slos in ((100, 10), (1000, 1)):
            taken = _many(services, slos, Path(folder))
            yield Timed(f"render of {services} x {slos} SLOs, first", taken, "2500")


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


def up() -> Iterator[Timed]:
    """Time `up` with the tools cached, and a second one that has nothing to do."""
    with tempfile.TemporaryDirectory() as state:
        command: Command = [WATCHKEEPER, "up", SPEC, "--mode", "native", "--state", state]
        try:
            yield Timed("watchkeeper up, tools cached", seconds(command, 1), "20000, demo scraped")
            yield Timed("watchkeeper up, nothing changed", seconds(command, 3))
        finally:
            down = seconds([WATCHKEEPER, "down", SPEC, "--state", state, "--volumes"], 1)
        yield Timed("watchkeeper down", down)


def cold() -> Iterator[Timed]:
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
        make: list[str | Path] = ["make", "-C", folder / "clone"]
        try:
            yield Timed("make up, from nothing", seconds([*make, "up"], 1), "600000")
        finally:
            seconds([*make, "down", "ARGS=--volumes"], 1)


def sloth_command(folder: Path) -> Command:
    """Return how Sloth generates the rules of as many objectives as we render, ten a service."""
    services = [f"s{number}" for number in range(scale.MOST_RENDERED // scale.SLOS_OF_A_SERVICE)]
    asked = folder / "sloth.yml"
    asked.write_text(sloth_spec(subjects(scale.MOST_RENDERED, tuple(services))))
    return [sloth_program(), "generate", "-i", asked, "-o", folder / "sloth-rules.yml"]


def parsed() -> argparse.Namespace:
    """Return the options, those of the rules among them."""
    parser = argparse.ArgumentParser(description=__doc__, parents=[rules.options()])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--no-up", action="store_true", help="leave the stack alone")
    parser.add_argument(
        "--no-rules", action="store_true", help="leave rule evaluation out, about five minutes"
    )
    parser.add_argument("--rules-only", action="store_true", help="measure rule evaluation and nothing else")
    parser.add_argument(
        "--cold", action="store_true", help="also time `make up` from nothing, about ten minutes"
    )
    return parser.parse_args()


def timed(args: argparse.Namespace) -> Iterator[Timed]:
    """Time the commands that are asked for."""
    yield from commands(args.runs)
    if not args.no_up:
        yield from up()
    if args.cold:
        yield from cold()


def told(head: str, every: Iterable[Any], line: Callable[[Any], str], out: TextIO) -> list[Any]:
    """Print each figure as soon as it is there; return them all."""
    print(head, file=out, flush=True)
    done = []
    for one in every:
        print(line(one), file=out, flush=True)
        done.append(one)
    print(file=out)
    return done


def _stopped(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Print the tables, or one JSON object with all of them; return 130 if it is stopped, which leaves nothing."""
    args = parsed()
    signal.signal(signal.SIGTERM, _stopped)
    try:
        return measured(args)
    except KeyboardInterrupt:
        print("interrupted; everything that was started is stopped", file=sys.stderr)
        return 130
    except RuntimeError as error:
        print(f"{error}; --no-peers leaves it out", file=sys.stderr)
        return 3


def measured(args: argparse.Namespace) -> int:
    """Measure and print; return what the part of the rules ends with."""
    as_json = args.format == "json"
    # Whoever reads the JSON may still see that something happens.
    out = sys.stderr if as_json else sys.stdout
    figures: dict[str, Any] = {}
    if not args.rules_only:
        head = f"{'milliseconds':<34}{'min':>9}{'median':>9}{'max':>9}   goal"
        figures["commands"] = [asdict(one) for one in told(head, timed(args), line, out)]
        with tempfile.TemporaryDirectory() as folder:
            few = [count for count in args.slos if count <= scale.MOST]
            sloth = None if args.no_peers or scale.MOST not in few else sloth_command(Path(folder))
            scaled = told(scale.HEAD, scale.scaled(Path(folder), few, sloth), scale.line, out)
        figures["scale"] = [asdict(one) for one in scaled]
    status = 0
    if not args.no_rules:
        status, report = rules.measured(args)
        figures["rules"] = report and report.as_json()
        if report and not as_json:
            print(report.as_text())
    if as_json:
        print(json.dumps(figures, indent=2))
    return status


if __name__ == "__main__":
    sys.exit(main())
