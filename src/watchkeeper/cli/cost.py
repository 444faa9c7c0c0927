"""`watchkeeper cost`: what the rules of a spec cost a Prometheus, before they are deployed."""

from __future__ import annotations

import argparse
import re

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper cost                               with 200 series a selector\n"
        "  watchkeeper cost --series-per-service 2000\n"
        "  watchkeeper cost team.yml --format json\n",
    )
    add_spec(parser)
    parser.add_argument(
        "--series-per-service",
        default="200",
        metavar="N",
        help="series of a metric that a service exposes over all of its targets (default: 200)",
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    import json
    import sys

    from watchkeeper.cli.text.console import error_line, paint, say
    from watchkeeper.cli.text.cost_text import document, lines
    from watchkeeper.cost.rule_cost import our_cost, sloth_cost
    from watchkeeper.pipeline import load_plan
    from watchkeeper.verify.promtool import syntax_errors

    if not re.fullmatch(r"[1-9][0-9]{0,6}", args.series_per_service):
        error_line(
            f"--series-per-service: {args.series_per_service!r} is not a number from 1 to 9999999; write 200"
        )
        return 2
    plan, series = load_plan(args.spec, syntax_errors), int(args.series_per_service)
    costs = {"ours": our_cost(plan, series), "sloth": sloth_cost(plan, series)}
    objectives = sum(len(service.slos) for service in plan.services)
    if args.format == "json":
        print(json.dumps(document(costs, objectives, series), indent=2))
    else:
        interval = float(plan.stack.evaluation_interval.seconds)
        for line in lines(
            costs, objectives, series, interval, lambda text, colour: paint(text, colour, sys.stdout)
        ):
            say(line)
    return 0
