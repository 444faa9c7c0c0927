"""`watchkeeper status`: targets, rules, alerts and parts of the running stack."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper status                  tables; exit 1 when something is unhealthy\n"
        "  watchkeeper status --format json    JSON for programs\n",
    )
    add_spec(parser)
    add_state(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return status(args.spec, state=args.state, output_format=args.format)


def status(spec_path: Path, *, state: Path | None, output_format: str) -> int:
    """Show the stack; 0 healthy, 1 a part, target or rule is not, 2 nothing runs. Firing alerts count as healthy."""
    from watchkeeper.cli.text.console import error_line, paint
    from watchkeeper.cli.text.invocation import call
    from watchkeeper.cli.text.status_text import as_document, as_text
    from watchkeeper.stack.stack_status import current_status

    seen = current_status(state_for(spec_path, state))
    if seen is None:
        error_line(f"no stack is running here; start one with {call('up')}")
        return 2
    if output_format == "json":
        import json

        print(json.dumps(as_document(seen), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(as_text(seen, lambda text, colour: paint(text, colour, sys.stdout)))
    return 0 if seen.healthy else 1
