"""`watchkeeper drill --all`: every alert of the spec on one private stack."""

from __future__ import annotations

import argparse
import sys

from watchkeeper.cli.text.console import note, paint, say
from watchkeeper.cli.text.drill_table import json_text, junit_text, table_lines
from watchkeeper.cli.text.verify_machines import legal
from watchkeeper.drill.every.run_every import Shown, drill_every
from watchkeeper.stack.progress import Progress
from watchkeeper.toolchain.interrupt import orderly_end

_BAR = 24


def drill_all(args: argparse.Namespace) -> int:
    """Run the drills and print the outcome; 0 when all was right, else 1."""
    bar = _Bar()
    # A drill that receives SIGTERM still removes its faults and stops what it started.
    with orderly_end():
        try:
            outcome = drill_every(args.spec, fast=args.fast, only=args.only, show=bar.show)
        finally:
            bar.clear()
    match args.format:
        case "json":
            print(json_text(outcome))
        case "junit":
            print(junit_text(outcome, legal))
        case _:
            for line in table_lines(outcome, _painted):
                say(line)
    return 0 if outcome.passed else 1


def _painted(text: str, colour: str) -> str:
    return paint(text, colour, sys.stdout)


class _Bar:
    """A bar on a terminal; elsewhere a line for each round."""

    def __init__(self) -> None:
        self._progress = Progress() if sys.stderr.isatty() else None
        self._words = ""

    def show(self, now: Shown) -> None:
        """Show how many alerts are done, and what happens."""
        if self._progress is None:
            if now.words != self._words:
                note(now.words)
            self._words = now.words
            return
        cells = now.done * _BAR // max(1, now.total)
        bar = f"[{'#' * cells}{'-' * (_BAR - cells)}]"
        self._progress.show(f"{bar} {now.done}/{now.total} alerts · {now.words}")

    def clear(self) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.clear()
