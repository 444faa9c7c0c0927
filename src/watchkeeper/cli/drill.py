"""`watchkeeper drill`: does the page arrive, does it resolve, and is nobody else notified?"""

from __future__ import annotations

import argparse
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.drill.stopwatch import Stopwatch
    from watchkeeper.stack.state import State


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper drill                                       stop the demo, wait for ServiceDown\n"
        "  watchkeeper drill --alert HighErrorRate --fast          seconds instead of minutes, on a private stack\n"
        "  watchkeeper drill --slo api-availability --errors 100%  burn a budget, check when the page fires\n"
        "  watchkeeper drill --all --fast                          every alert, on a private stack with short windows\n"
        "  watchkeeper drill --private                             use a private stack, not the running one\n"
        "  watchkeeper drill --receivers                           send a marked message to every real receiver\n",
    )
    add_spec(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--alert", default="ServiceDown", metavar="NAME", help="the alert to trigger (default: ServiceDown)"
    )
    what.add_argument("--slo", metavar="NAME", help="the objective whose budget to burn until it pages")
    what.add_argument(
        "--all",
        action="store_true",
        help="every alert of the spec that the demo has a fault for, on one private stack",
    )
    what.add_argument(
        "--receivers",
        action="store_true",
        help="send one message marked [DRILL] to each receiver of the spec, and record who took it",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="with --receivers: this receiver only; with --all: this alert only; repeatable",
    )
    parser.add_argument(
        "--alertmanager", default="", metavar="URL",
        help="with --receivers: through this Alertmanager (default: the running stack's)",
    )  # fmt: skip
    parser.add_argument(
        "--errors",
        type=_share,
        metavar="PERCENT",
        help="with --slo: the share of events to make bad (default: 100%%)",
    )
    parser.add_argument(
        "--fast", action="store_true", help="use a private stack with short `for`, intervals and grouping"
    )
    parser.add_argument("--private", action="store_true", help="use a private stack even if one is running")
    add_state(parser)
    parser.add_argument(
        "--format", choices=("text", "json", "junit"), default="text",
        help="the output format (default: text); junit needs --all",
    )  # fmt: skip


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text.removesuffix("%")) / 100
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not a percentage such as 100% or 20%") from None
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0% and at most 100%")
    return share


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.toolchain.interrupt import orderly_end

    problem = _misused(args)
    if problem:
        error_line(problem)
        return 2
    if args.all:
        from watchkeeper.cli.drill_all import drill_all

        return drill_all(args)
    if args.receivers:
        from watchkeeper.cli.drill_receivers import drill_receivers

        return drill_receivers(args)
    # A drill that receives SIGTERM still removes its fault and stops what it started.
    with orderly_end():
        return drill(
            args.spec,
            alert=args.alert,
            slo=args.slo,
            errors=args.errors or Decimal(1),
            fast=args.fast,
            state=None if args.fast or args.private else state_for(args.spec, args.state),
            output_format=args.format,
        )


def _misused(args: argparse.Namespace) -> str:
    """Return what is wrong with the combination of flags, empty for nothing."""
    if args.receivers and (args.fast or args.private or args.errors is not None):
        return "--receivers is about the running stack: omit --fast, --private and --errors"
    if args.alertmanager and not args.receivers:
        return "--alertmanager needs --receivers: add it, or omit --alertmanager"
    if args.only and not (args.receivers or args.all):
        return "--only needs --receivers or --all: add one, or omit --only"
    if args.errors is not None and args.slo is None:
        return "--errors needs --slo: add --slo NAME, or omit --errors"
    if args.fast and args.slo is not None:
        return (
            "--fast with --slo is impossible, as it predicts real windows: use --all --fast, or omit --fast"
        )
    if args.format == "junit" and not args.all:
        return "--format junit needs --all: add it, or choose json"
    return ""


def drill(
    spec_path: Path,
    *,
    alert: str,
    slo: str | None,
    errors: Decimal,
    fast: bool,
    state: State | None,
    output_format: str,
) -> int:
    """Run one drill, on a private stack if `state` is None; 0 when every step was right, else 1."""
    from watchkeeper.cli.text.console import note, say
    from watchkeeper.drill.run import drill_private, drill_running, slo_task_for, task_for
    from watchkeeper.drill.stopwatch import Stopwatch

    task = slo_task_for(spec_path, slo, errors) if slo is not None else task_for(spec_path, alert)
    alert = task.alert
    watch = Stopwatch(_say_now if output_format == "text" else note)
    passed = drill_running(task, state, watch, note) if state else None
    if passed is None:
        passed = drill_private(task, watch, note, fast=fast)
    if output_format == "json":
        _print_json(alert, watch, passed)
    else:
        say(f"{'passed' if passed else 'FAILED'}: {alert}")
    return 0 if passed else 1


def _say_now(text: str) -> None:
    # Show each step when it happens, also in a pipe.
    print(text, flush=True)


def _print_json(alert: str, watch: Stopwatch, passed: bool) -> None:
    import json
    from dataclasses import asdict

    print(
        json.dumps(
            {"alert": alert, "passed": passed, "steps": [asdict(step) for step in watch.steps]}, indent=2
        )
    )
