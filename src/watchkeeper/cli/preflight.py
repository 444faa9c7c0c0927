"""`watchkeeper preflight`: what this machine lacks for the stack, before anything is started."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.preflight.run_preflight import Preflight
    from watchkeeper.stack.view.endpoints import Mode

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper preflight                      as the stack runs or would run; exit 1 when a check fails\n"
        "  watchkeeper preflight --target compose     for containers\n"
        "  watchkeeper preflight --format json | jq -c '.checks[] | select(.state != \"ok\")'\n",
    )
    add_spec(parser)
    parser.add_argument(
        "--target",
        choices=("compose", "native"),
        help="check for containers or for processes (default: as `up` would choose)",
    )
    add_state(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return preflight(args.spec, target=args.target, state=args.state, output_format=args.format)


def preflight(spec_path: Path, *, target: Mode | None, state: Path | None, output_format: str) -> int:
    """Print a line for each check; 1 when one fails, 0 with warnings or without."""
    from watchkeeper.pipeline import plan_of, root_of
    from watchkeeper.preflight.run_preflight import preflight as run_all
    from watchkeeper.spec.read import read_spec

    spec = read_spec(spec_path)[0]
    plan = plan_of(spec, spec_path)
    found = run_all(spec, plan, root_of(spec_path), state=state_for(spec_path, state), target=target)
    if output_format == "json":
        checks = [asdict(line) for line in found.lines]
        print(json.dumps({"target": found.mode, "ready": found.is_ready, "checks": checks}, indent=2))
    else:
        _print_table(found)
    return 0 if found.is_ready else 1


def _print_table(found: Preflight) -> None:
    from watchkeeper.cli.text.console import paint, say

    width = max(len(line.check) for line in found.lines)
    for line in found.lines:
        say(
            f"{line.check:<{width}}  {paint(f'{line.state:<4}', _COLOURS[line.state], sys.stdout)}  {line.found}"
        )
        if line.remedy:
            say(f"{'':<{width}}        → {line.remedy}")
    failed = sum(line.state == "fail" for line in found.lines)
    warned = sum(line.state == "warn" for line in found.lines)
    verdict = f"{failed} of {len(found.lines)} checks fail" if failed else "ready"
    say(f"{verdict} for {found.mode}{_warnings(warned)}")


def _warnings(count: int) -> str:
    return f", {count} warning{'' if count == 1 else 's'}" if count else ""
