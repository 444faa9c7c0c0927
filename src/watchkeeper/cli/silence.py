"""`watchkeeper silence`: add, list and expire silences that are compared with the alerts that exist."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, with_examples
from watchkeeper.cli.state_argument import add_state

if TYPE_CHECKING:
    from watchkeeper.cli.silence_commands import Context

_SPEC = Path("monitoring/SLO_DEFINITIONS.yml")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper silence add HighLatency service=shop --duration 2h --comment 'known, OPS-12'\n"
        "  watchkeeper silence add --for-deploy shop      warnings and burn alerts of shop, for 15m\n"
        "  watchkeeper silence list                       who, until when, and what each mutes now\n"
        "  watchkeeper silence expire 3f9ac1e0            end a silence, by the beginning of its id\n"
        "  watchkeeper silence expire --all-mine          end every silence of yours\n",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _configure_add(actions.add_parser("add", help="silence alerts; refused if no alert meets the matchers"))
    listing = actions.add_parser("list", help="list silences with what they mute now")
    _configure_common(listing)
    ending = actions.add_parser("expire", help="end silences now")
    ending.add_argument("ids", nargs="*", metavar="ID", help="the id of a silence, or its beginning")
    ending.add_argument("--all-mine", action="store_true", help="end every silence of the author")
    _add_author(ending)
    _configure_common(ending)


def _configure_add(adding: argparse.ArgumentParser) -> None:
    adding.add_argument(
        "matchers",
        nargs="*",
        metavar="MATCHER",
        help="an alert's name, or LABEL=VALUE, also with !=, =~ and !~ (regular expressions, whole values)",
    )
    adding.add_argument(
        "--duration", metavar="DURATION", help="how long, such as 30m or 2h, at most 30d (default: 1h)"
    )
    adding.add_argument("--comment", metavar="TEXT", help="why; required without --for-deploy")
    adding.add_argument(
        "--for-deploy",
        metavar="SERVICE",
        help="silence the service's warnings and burn alerts for 15m; its other critical alerts still page",
    )
    adding.add_argument("--force", action="store_true", help="add it although no alert meets the matchers")
    _add_author(adding)
    _configure_common(adding)


def _add_author(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--author", metavar="NAME", help="who (default: git's user.name, else the login name)"
    )


def _configure_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--alertmanager", default="", metavar="URL", help="this Alertmanager (default: the running stack's)"
    )
    parser.add_argument(
        "--spec", type=Path, default=_SPEC, metavar="SPEC", help=f"the spec (default: {_SPEC})"
    )
    add_state(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code: 1 when Alertmanager refuses, 2 for bad input."""
    from watchkeeper.alertmanager_api import Refused
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.local_http import NoAnswer
    from watchkeeper.prometheus_api import shown

    context = _context(args)
    if context is None:
        return 2
    try:
        return _run(args, context)
    except NoAnswer as error:
        error_line(f"Alertmanager at {shown(context.server)}: {error}")
        return 2
    except Refused as error:
        error_line(f"Alertmanager at {shown(context.server)}: {error}")
        return 1


def _run(args: argparse.Namespace, context: Context) -> int:
    from watchkeeper.cli import silence_commands as commands
    from watchkeeper.silences.wanted import Arguments

    if args.action == "list":
        return commands.show(context)
    if args.action == "expire":
        return commands.expire(context, args.ids, author=args.author, all_mine=args.all_mine)
    given = Arguments(args.matchers, args.duration, args.comment, args.for_deploy)
    return commands.add(context, given, author=args.author, force=args.force)


def _context(args: argparse.Namespace) -> Context | None:
    from watchkeeper.cli.silence_commands import Context
    from watchkeeper.cli.state_argument import state_for
    from watchkeeper.cli.text.address_problems import address_problems
    from watchkeeper.cli.text.console import error_line, error_lines
    from watchkeeper.cli.text.invocation import call
    from watchkeeper.stack.stack_status import running_endpoints

    if error_lines(address_problems({"--alertmanager": args.alertmanager})):
        return None
    server = args.alertmanager.rstrip("/")
    if not server:
        found = running_endpoints(state_for(args.spec, args.state))
        if found is None:
            error_line(f"no stack is running here; start one with {call('up')}, or add --alertmanager URL")
            return None
        server = found.alertmanager
    return Context(server, args.spec, args.format)
