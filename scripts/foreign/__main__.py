"""Run Starlette's and FastAPI's own test suites, plain and with every application instrumented, and compare.

Each suite runs once as it is and once a mode: metrics alone, with traces, and with Sentry, the latter two to a
closed port. A test whose outcome differs is run again alone, both ways. Exits with 1 when a difference is left that
scripts/foreign/differences.txt does not explain, with 3 when the suites cannot be installed here.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

from scripts.foreign.compare import Difference, differences, listed, unexplained
from scripts.foreign.run import MODES, PLAIN, STDERR, Broken, Outcomes, outcomes
from scripts.foreign.suites import NAMES, Suite, Unavailable, prepare

_COLUMNS = ("passed", "failed", "error", "skipped", "xfailed")


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line, parsed."""
    parser = argparse.ArgumentParser(prog="python -m scripts.foreign", description=__doc__)
    parser.add_argument("--suite", action="append", choices=NAMES, help="only this one")
    parser.add_argument("--mode", action="append", choices=MODES, help="only this one, beside the plain run")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="test processes at once"
    )
    parser.add_argument("tests", nargs="*", metavar="TEST", help="files or ids below the suite's folder")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    args = arguments(words)
    try:
        reasons = listed()
        suites = [one for one in prepare(say) if one.name in (args.suite or NAMES)]
        found = [
            each for suite in suites for each in compared(suite, args.mode or MODES, args.tests, args.jobs)
        ]
    except Unavailable as problem:
        say(f"error: the suites cannot be had here: {problem}")
        return 3
    except (Broken, ValueError) as problem:
        say(f"error: {problem}")
        return 2
    left = unexplained(found, reasons)
    for one in found:
        sign = "DIFFERENT" if one in left else "explained"
        print(
            f"{sign} {one.suite}, {one.mode}: {one.test}: {one.plain} plain, {one.instrumented} instrumented"
        )
    print(f"{len(left)} differences, {len(found) - len(left)} explained")
    return 1 if left else 0


def compared(suite: Suite, modes: Sequence[str], tests: Sequence[str], jobs: int) -> list[Difference]:
    """Run the suite plain and in the modes, print a line for each, and return what differs."""
    plain = told(suite, PLAIN, tests, jobs)
    found: list[Difference] = []
    for mode in modes:
        run = told(suite, mode, tests, jobs)
        found += differences(suite.name, mode, plain, run, lambda way, again: outcomes(suite, way, again))
    return found


def told(suite: Suite, mode: str, tests: Sequence[str], jobs: int) -> Outcomes:
    """Run the suite in that mode, and print its line of the table."""
    say(f"{time.strftime('%H:%M:%S')} {suite.name} {suite.version}, {mode} ...")
    run = outcomes(suite, mode, tests, jobs=jobs)
    counts = Counter(outcome for test, outcome in run.tests.items() if test != STDERR)
    numbers = ", ".join(f"{counts[name]} {name}" for name in _COLUMNS)
    print(f"{suite.name:10} {mode:8} {numbers}  {run.seconds:.0f} s", flush=True)
    return run


def say(line: str) -> None:
    """Tell how far the work is."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
