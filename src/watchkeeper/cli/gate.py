"""`watchkeeper gate`: whether a pipeline may deploy now, by the error budgets of the objectives that it could harm."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, with_examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watchkeeper.overview.deployment_gate import Judged
    from watchkeeper.overview.snapshot import Snapshot

_CODES = {"passed": 0, "refused": 1, "unknown": 2}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper gate --prometheus https://prometheus.example.com --slo checkout/availability\n"
        "  watchkeeper gate --prometheus $URL --service checkout --service search    all objectives of two services\n"
        "  watchkeeper gate --prometheus $URL --slo checkout/latency --burn 2        refuse from twice the budget's pace\n"
        "  watchkeeper gate --prometheus $URL --service checkout --allow-spent       a spent budget that no longer burns passes\n"
        "  watchkeeper gate --prometheus $URL --format json | jq -r .verdict\n"
        "\n"
        "exit codes: 0 passed, 1 a budget is spent or burns, 2 an objective is unknown or Prometheus does not answer\n"
        "docs/gate.md has a GitHub workflow and a GitLab job.\n",
    )
    parser.add_argument(
        "--prometheus", required=True, metavar="URL", help="the Prometheus that runs the rules"
    )
    parser.add_argument(
        "--slo",
        action="append",
        default=[],
        metavar="SERVICE/SLO",
        help="an objective; may be repeated (default: every objective that is recorded)",
    )
    parser.add_argument(
        "--service",
        action="append",
        default=[],
        metavar="NAME",
        help="all objectives of a service; may be repeated",
    )
    parser.add_argument(
        "--burn",
        default="1",
        metavar="RATE",
        help="the burn rate over the last hour above which a deployment is refused (default: 1, the budget's own pace)",
    )
    parser.add_argument(
        "--allow-spent",
        action="store_true",
        help="pass a spent budget that no longer burns: a fix and a careful change may go out",
    )
    parser.add_argument(
        "--values",
        action="store_true",
        help="a line for each value of an objective's label, instead of one that names the refused ones",
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_lines
    from watchkeeper.overview.deployment_gate import GateRules, chosen, decisive, judged
    from watchkeeper.overview.reader import Addresses, Reader

    problems = list(_problems(args))
    if not problems:
        seen = Reader(Addresses(args.prometheus.rstrip("/"))).read()
        problems += _unknown(args, seen)
    if error_lines(problems):
        return 2
    rules = GateRules(float(args.burn), args.allow_spent)
    rows = decisive(chosen(seen.objectives, args.slo, args.service))
    return _shown([judged(row, rules) for row in rows], seen, args.format, with_values=args.values)


def _problems(args: argparse.Namespace) -> Iterator[str]:
    from watchkeeper.cli.text.address_problems import address_problems

    yield from address_problems({"--prometheus": args.prometheus})
    try:
        is_rate = 0 < float(args.burn) < math.inf
    except ValueError:
        is_rate = False
    if not is_rate:
        yield f"--burn: {args.burn!r} is not a burn rate above 0; write 1, or 14.4"


def _unknown(args: argparse.Namespace, seen: Snapshot) -> Iterator[str]:
    """Yield a line for a Prometheus that does not answer, and for each name that it has no objective of."""
    from watchkeeper.did_you_mean import did_you_mean
    from watchkeeper.overview.deployment_gate import names_of

    (source, *_) = seen.sources
    if source.problem:
        yield f"{source.address}: {source.problem}"
        return
    slos = {name for row in seen.objectives for name in names_of(row)}
    services = {row.service for row in seen.objectives}
    if not slos:
        yield f"{source.address} records no objectives (series slo:*): their rules do not run there"
        return
    for flag, names, known in (("--slo", args.slo, slos), ("--service", args.service, services)):
        for name in names:
            if name not in known:
                shown = ", ".join(sorted(one for one in known if "/" in one or flag == "--service")[:12])
                yield f"{flag}: nothing is recorded of {name}; {did_you_mean(name, known, f'it has {shown}')}"


def _shown(found: list[Judged], seen: Snapshot, output_format: str, *, with_values: bool) -> int:
    import json
    import sys

    from watchkeeper.cli.text.console import paint, say
    from watchkeeper.cli.text.gate_text import document, lines
    from watchkeeper.overview.deployment_gate import by_objective, verdict_of

    if output_format == "json":
        print(json.dumps(document(found, seen), indent=2, ensure_ascii=False))
    else:
        shown = found if with_values else by_objective(found)
        for line in lines(shown, lambda text, colour: paint(text, colour, sys.stdout)):
            say(line)
    return _CODES[verdict_of(found)]
