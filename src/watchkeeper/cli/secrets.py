"""`watchkeeper secrets check`: can every notification be sent with the secrets that are there?"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.secret_files.inspect_files import SecretFile
    from watchkeeper.stack.view.endpoints import Mode


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper secrets check                  exit 1 when a secret is missing or cannot be right\n"
        "  watchkeeper secrets check --mode native    the programs run as the current user, not in containers\n"
        "  watchkeeper secrets check --send-test      also send a marked message to each receiver\n",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="check every secret file; no part of a secret is shown")
    add_spec(check)
    check.add_argument(
        "--mode",
        choices=("compose", "native"),
        help="who reads the files: the containers' users, or the current user"
        " (default: as the running stack, else compose)",
    )
    check.add_argument(
        "--send-test",
        action="store_true",
        help="also send one message marked [DRILL] to each receiver through the running Alertmanager",
    )
    check.add_argument(
        "--alertmanager", default="", metavar="URL", help="with --send-test: through this Alertmanager"
    )
    add_state(check)
    add_format(check)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_line

    if args.alertmanager and not args.send_test:
        error_line("--alertmanager needs --send-test: add it, or omit both")
        return 2
    return check(args)


def check(args: argparse.Namespace) -> int:
    """Print every secret file with its faults, send the test if wanted; 1 if anything fails. Shows no part of a secret."""
    from watchkeeper.naming import root_of
    from watchkeeper.secret_files.inspect_files import inspect
    from watchkeeper.spec.read import read_spec

    mode = args.mode or _mode_of_stack(args.spec, args.state)
    files = inspect(read_spec(args.spec)[0], root_of(args.spec), mode=mode)
    document: dict[str, Any] = {"mode": mode, "files": [asdict(each) for each in files]}
    if args.format != "json":
        _print_text(files, mode)
    code = 1 if any(each.faults for each in files) else 0
    if args.send_test:
        from watchkeeper.cli.drill_receivers import send_test

        sent, document["test"] = send_test(args)
        code = max(code, sent)
    if args.format == "json" and code != 2:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    return code


def _mode_of_stack(spec_path: Path, state: Path | None) -> Mode:
    from watchkeeper.stack import record

    known = record.load(state_for(spec_path, state))
    return known.mode if known is not None else "compose"


def _print_text(files: tuple[SecretFile, ...], mode: Mode) -> None:
    import sys

    from watchkeeper.cli.text.console import paint, say

    for each in files:
        mark = paint("FAULT", "red", sys.stdout) if each.faults else paint("ok   ", "green", sys.stdout)
        say(f"{mark}  {each.path}  ({', '.join(each.readers)})")
        for fault in each.faults:
            say(f"       {fault.message}; {fault.remedy}")
    whose = "the containers' users" if mode == "compose" else "the current user"
    bad = sum(bool(each.faults) for each in files)
    total = f"{len(files)} secret file{'' if len(files) == 1 else 's'}"
    if not files:
        say("the spec names no secret file")
    elif bad:
        say(f"{bad} of {total} would fail when read by {whose}")
    else:
        say(f"{total}, each readable by {whose} and in the form of its receiver")
