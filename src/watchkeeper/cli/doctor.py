"""`watchkeeper doctor`: whether a running Prometheus has the series that the spec's rules read."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.plan.plan import Plan, PlannedService


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper doctor --prometheus http://prometheus.example.com:9090\n"
        "  watchkeeper doctor --prometheus http://localhost:9090 --service checkout --format json\n"
        "\n"
        "exit codes: 0 every rule finds its series, 1 something is missing or has other labels, 2 no answer\n",
    )
    add_spec(parser)
    parser.add_argument("--prometheus", required=True, metavar="URL", help="the Prometheus to ask")
    parser.add_argument(
        "--service", action="append", default=[], metavar="NAME", help="only this service; may be repeated"
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.address_problems import address_problems
    from watchkeeper.cli.text.console import error_lines
    from watchkeeper.did_you_mean import did_you_mean
    from watchkeeper.pipeline import load_plan
    from watchkeeper.verify.promtool import syntax_errors

    problems = list(address_problems({"--prometheus": args.prometheus}))
    plan = load_plan(args.spec, syntax_errors)
    names = [service.name for service in plan.services]
    for name in args.service:
        if name not in names:
            remedy = did_you_mean(name, names, f"the services are {', '.join(names)}")
            problems.append(f"--service: {args.spec} has no service {name}; {remedy}")
    if error_lines(problems):
        return 2
    chosen = [service for service in plan.services if not args.service or service.name in args.service]
    return _examine(args, chosen, plan)


def _examine(args: argparse.Namespace, services: list[PlannedService], plan: Plan) -> int:
    import json
    import sys

    from watchkeeper.cli.text.console import error_line, paint, say
    from watchkeeper.cli.text.doctor_text import json_of, text_of
    from watchkeeper.doctor.examine import examine
    from watchkeeper.doctor.server import Server
    from watchkeeper.local_http import NoAnswer
    from watchkeeper.prometheus_api import shown

    server = args.prometheus.rstrip("/")
    try:
        examined = examine(Server(server), services, plan.stack, every=plan.services)
    except NoAnswer as error:
        error_line(f"{shown(server)}: {error}")
        return 2
    if args.format == "json":
        print(json.dumps(json_of(examined, shown(server)), indent=2))
    else:
        for line in text_of(examined, lambda text, colour: paint(text, colour, sys.stdout)):
            say(line)
    return 0 if all(one.is_well for one in examined) else 1
