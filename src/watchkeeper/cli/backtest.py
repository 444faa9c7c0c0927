"""`watchkeeper backtest`: who would have been paged in the past, and which incidents nobody would have noticed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.cli.text.backtest_text import Shown
    from watchkeeper.plan.plan import Plan
    from watchkeeper.replay.grid import Grid

_DAY = 86_400
_MOST_DAYS = 400


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper backtest --prometheus http://prometheus.example.com:9090\n"
        "  watchkeeper backtest --prometheus $URL --days 7 --all               tickets too\n"
        "  watchkeeper backtest old.yml --against new.yml --prometheus $URL    the same past under both\n"
        "  watchkeeper backtest --prometheus $URL --least 5%                   only incidents that spent so much\n"
        "\n"
        "exit codes: 0 every incident had a page, 1 some had none, 2 no answer or no history\n",
    )
    add_spec(parser)
    parser.add_argument("--prometheus", required=True, metavar="URL", help="the Prometheus that has the past")
    parser.add_argument("--days", default="30", metavar="N", help="how far back (default: 30)")
    parser.add_argument("--against", type=Path, metavar="SPEC", help="another spec, on the same past")
    parser.add_argument(
        "--least",
        default="1%",
        metavar="SHARE",
        help="the share of an error budget from which an incident counts (default: 1%%)",
    )
    parser.add_argument("--all", action="store_true", help="list all alerts, and not pages only")
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_lines
    from watchkeeper.pipeline import load_plan
    from watchkeeper.verify.promtool import syntax_errors

    if error_lines(_problems(args)):
        return 2
    specs = [args.spec, *([args.against] if args.against is not None else [])]
    plans = {str(spec): load_plan(spec, syntax_errors) for spec in specs}
    grid = _grid(next(iter(plans.values())), int(args.days))
    return _replay(args, plans, grid)


def _problems(args: argparse.Namespace) -> Iterator[str]:
    from watchkeeper.cli.text.address_problems import address_problems

    yield from address_problems({"--prometheus": args.prometheus})
    if not (args.days.isascii() and args.days.isdigit() and 0 < int(args.days) <= _MOST_DAYS):
        yield f"--days: {args.days!r} is not a number of days from 1 to {_MOST_DAYS}; write 30"
    if _share(args.least) is None:
        yield f"--least: {args.least!r} is not a percentage from 0% to 100%; write 1%"


def _share(text: str) -> float | None:
    try:
        found = float(text.removesuffix("%")) / 100
    except ValueError:
        return None
    return found if text.endswith("%") and 0 <= found <= 1 else None


def _grid(plan: Plan, days: int) -> Grid:
    """Return the evaluations of the last days, at multiples of the interval."""
    from watchkeeper.replay.grid import Grid

    step = max(1, int(plan.stack.evaluation_interval.seconds))
    end = int(time.time()) // step * step
    count = days * _DAY // step
    return Grid(end - (count - 1) * step, step, count)


def _replay(args: argparse.Namespace, plans: dict[str, Plan], grid: Grid) -> int:
    from watchkeeper.cli.text.backtest_text import Shown
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.local_http import NoAnswer
    from watchkeeper.prometheus_api import shown
    from watchkeeper.replay.backtest import ask, backtest
    from watchkeeper.replay.past_events import Past

    server = args.prometheus.rstrip("/")
    past, least = Past(server, grid), _share(args.least) or 0.0
    try:
        ask(past, list(plans.values()))
        found = [Shown(name, backtest(past, plan), least, grid) for name, plan in plans.items()]
    except NoAnswer as error:
        error_line(f"{shown(server)}: {error}")
        return 2
    if not any(one.has_history for one in found):
        error_line(
            f"{shown(server)} has no events of any objective in the last {args.days} days; "
            f"watchkeeper doctor {args.spec} --prometheus {shown(server)} says what it lacks"
        )
        return 2
    _show(args, found)
    return 1 if any(one.missed for one in found[0].services) else 0


def _show(args: argparse.Namespace, found: list[Shown]) -> None:
    import json
    import sys

    from watchkeeper.cli.text.backtest_text import compared, document, lines
    from watchkeeper.cli.text.console import paint, say

    if args.format == "json":
        print(json.dumps({"specs": [document(one) for one in found]}, indent=2, ensure_ascii=False))
        return
    for number, one in enumerate(found):
        if number:
            say("")
        if len(found) > 1:
            say(paint(one.spec, "bold", sys.stdout))
        for line in lines(one, lambda text, colour: paint(text, colour, sys.stdout), every=args.all):
            say(line)
    if len(found) > 1:
        say("")
        for line in compared(*found):
            say(line)
