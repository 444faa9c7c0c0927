"""`watchkeeper drill`: does the page arrive, does it resolve, and is nobody else told?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.drill.stopwatch import Stopwatch


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper drill                                  stop the demo, wait for ServiceDown\n"
        "  watchkeeper drill --alert HighErrorRate --fast     seconds instead of minutes, in a stack of its own\n"
        "  watchkeeper drill --private                        leave the running stack alone\n",
    )
    add_spec(parser)
    parser.add_argument(
        "--alert", default="ServiceDown", metavar="NAME", help="the alert to trip (default: ServiceDown)"
    )
    parser.add_argument(
        "--fast", action="store_true", help="shorten `for`, intervals and grouping in a private render"
    )
    parser.add_argument(
        "--private", action="store_true", help="use a stack of the drill's own, though one is running"
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return drill(args.spec, alert=args.alert, fast=args.fast, private=args.private, output_format=args.format)


def drill(spec_path: Path, *, alert: str, fast: bool, private: bool, output_format: str) -> int:
    """Run one drill; 0 when every step was right, 1 when one was not, 2 when it cannot be run."""
    from watchkeeper.cli.console import note, say
    from watchkeeper.drill.run import drill_private, drill_running
    from watchkeeper.drill.stopwatch import Stopwatch

    watch = Stopwatch(say if output_format == "text" else note)
    passed = None if fast or private else drill_running(spec_path, alert, watch, note)
    if passed is None:
        passed = drill_private(spec_path, alert, watch, note, fast=fast)
    if output_format == "json":
        _print_json(alert, watch, passed)
    else:
        say(f"{'passed' if passed else 'FAILED'}: {alert}")
    return 0 if passed else 1


def _print_json(alert: str, watch: Stopwatch, passed: bool) -> None:
    import json
    from dataclasses import asdict

    print(
        json.dumps(
            {"alert": alert, "passed": passed, "steps": [asdict(step) for step in watch.steps]}, indent=2
        )
    )
