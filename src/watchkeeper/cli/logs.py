"""`watchkeeper logs`: the logs of the stack's programs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.stack.state import State

_SPEC = Path("monitoring/SLO_DEFINITIONS.yml")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper logs                         the last lines of every program\n"
        "  watchkeeper logs prometheus -n 200       more lines of one program\n"
        "  watchkeeper logs demo alertmanager -f    follow two logs until Ctrl-C\n",
    )
    parser.add_argument(
        "program", nargs="*", help="prometheus, alertmanager, jaeger, demo, load, sinks or supervisord"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="also show new lines until Ctrl-C")
    parser.add_argument(
        "-n", "--lines", type=int, default=20, metavar="N", help="lines of each program (default: 20)"
    )
    parser.add_argument(
        "--spec", type=Path, default=_SPEC, metavar="SPEC", help=f"the spec (default: {_SPEC})"
    )
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return logs(
        args.program, spec_path=args.spec, lines=max(0, args.lines), follow=args.follow, state=args.state
    )


def logs(programs: Sequence[str], *, spec_path: Path, lines: int, follow: bool, state: Path | None) -> int:
    """Print the last lines of the programs' logs, by default of all; 2 when a program has no log."""
    from watchkeeper.stack import record
    from watchkeeper.stack.compose.compose_stack import running_compose

    folder = state_for(spec_path, state)
    known = record.load(folder)
    if known is not None and known.mode == "compose":
        return running_compose(known).logs(tuple(programs), lines=lines, follow=follow)
    return _native(folder, programs, lines=lines, follow=follow)


def _native(state: State, programs: Sequence[str], *, lines: int, follow: bool) -> int:
    from watchkeeper.cli.text.console import error_line, say
    from watchkeeper.cli.text.invocation import call
    from watchkeeper.stack.native.program_logs import follow as follow_files
    from watchkeeper.stack.native.program_logs import log_names, tail

    there = log_names(state)
    chosen = list(programs) or there
    unknown = [name for name in chosen if name not in there]
    if not there or unknown:
        error_line(
            f"there is no log of {', '.join(unknown)}; the logs are: {', '.join(there)}"
            if there
            else f"no stack has run here; start one with {call('up')}"
        )
        return 2
    labels = {
        state.log(name): f"{name:<{max(map(len, chosen))}} | " if len(chosen) > 1 else "" for name in chosen
    }
    for path, label in labels.items():
        for line in tail(path, lines=lines):
            say(label + line)
    if follow:
        follow_files(labels, lambda path, line: print(labels[path] + line, flush=True))
    return 0
