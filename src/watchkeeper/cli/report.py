"""`watchkeeper report`: what was promised over a period and what was kept, for a team or for customers."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_spec, was_given, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.model.spec import Spec
    from watchkeeper.report.described import SpecFacts
    from watchkeeper.report.figures import Report
    from watchkeeper.report.notes_file import Note
    from watchkeeper.report.reporting_period import ReportingPeriod


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper report                                       the last 30 days, as Markdown\n"
        "  watchkeeper report --month 2026-10 --out october.html    one page, ready to print or to send\n"
        "  watchkeeper report --quarter 2026-Q4 --audience customer --timezone Europe/Berlin --out q4.html\n"
        "  watchkeeper report --window 7d --format json | jq .states\n"
        "  watchkeeper report --month 2026-10 --mail email          sends it through a receiver of the spec\n"
        "\n"
        "exit codes: 0 all promises kept or not measured, 1 one is missed or nothing was recorded, 2 unusable input\n",
    )
    # Otherwise argparse takes the value -7d for an option.
    parser._negative_number_matcher = re.compile(r"-[0-9]\w*$")
    add_spec(parser)
    add_state(parser)
    whole = parser.add_mutually_exclusive_group()
    whole.add_argument("--month", metavar="YYYY-MM", help="a calendar month, such as 2026-10")
    whole.add_argument("--quarter", metavar="YYYY-Qn", help="a calendar quarter, such as 2026-Q4")
    whole.add_argument("--window", metavar="DURATION", help="the time before --at (default: 30d)")
    parser.add_argument(
        "--from", dest="start", metavar="TIME", help="-7d, 2026-11-20 or 2026-11-20T10:00:00Z"
    )
    parser.add_argument(
        "--to", dest="end", metavar="TIME", help="as --from (default: the time of the report)"
    )
    parser.add_argument(
        "--at", metavar="TIME", help="the time of the report, which decides its bytes (default: now)"
    )
    parser.add_argument(
        "--timezone", default="UTC", metavar="NAME", help="of months, days and times (default: UTC)"
    )
    parser.add_argument(
        "--audience", choices=("team", "customer"), default="team", help="who reads it (default: team)"
    )
    parser.add_argument(
        "--format",
        choices=("html", "md", "json", "csv"),
        help="the output format (default: by FILE's ending, else md)",
    )
    parser.add_argument(
        "--service", action="append", default=[], metavar="NAME", help="only this service; may be repeated"
    )
    parser.add_argument("--notes", type=Path, metavar="FILE", help="causes of incidents, as YAML")
    parser.add_argument(
        "--out", metavar="FILE", help="write to a file, whole or not at all (default: standard output)"
    )
    parser.add_argument("--mail", metavar="RECEIVER", help="send it to an e-mail receiver of the spec")
    parser.add_argument("--prometheus", default="", metavar="URL", help="read this Prometheus")


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_line, error_lines
    from watchkeeper.cli.text.deliver_report import deliver
    from watchkeeper.cli.text.mail_report import mail_problem, mail_report
    from watchkeeper.report.described import SpecFacts, spec_facts

    period, at, problems = _period(args)
    problems += _problems(args)
    if error_lines(problems) or period is None:
        return 2
    spec, digest = _spec(args)
    facts = spec_facts(spec, digest, args.service) if spec else SpecFacts()
    if args.audience == "customer" and not facts.promises:
        error_line(f"--audience customer: {args.spec} has no promises to customers; add `sla:` to a service")
        return 2
    if args.mail is not None and spec is not None and (problem := mail_problem(args.mail, spec)):
        error_line(problem)
        return 2
    notes = _notes(args)
    server = args.prometheus.rstrip("/") or _running(args)
    if not server:
        return 2
    report = _report(args, server, period, at, facts, notes)
    if report is None:
        return 2
    for name in _unknown_services(args.service, report, spec):
        error_line(name)
    sent = args.mail is None or (
        spec is not None and mail_report(args.mail, report, spec, args.spec, sinks=_sinks(args))
    )
    return (
        deliver(report, output_format=args.format, out=args.out, silent=args.mail is not None) if sent else 2
    )


def _period(args: argparse.Namespace) -> tuple[ReportingPeriod | None, float, list[str]]:
    from watchkeeper.export.period import iso, moment
    from watchkeeper.report.reporting_period import Wanted, reporting_period, time_zone

    now = at = time.time()
    try:
        zone = time_zone(args.timezone)
    except ValueError as error:
        return None, at, [f"--timezone: {error}"]
    try:
        at = moment(args.at, now=now, zone=zone) if args.at is not None else now
    except ValueError as error:
        return None, at, [f"--at: {error}"]
    if at > now + 1:
        return None, at, [f"--at: {iso(at)} is in the future; choose a time up to now, {iso(now)}"]
    is_mixed = (args.start or args.end) and (args.month or args.quarter or args.window)
    if is_mixed:
        return None, at, ["--from and --to do not go with --month, --quarter or --window: omit one of them"]
    wanted = Wanted(args.month, args.quarter, args.start, args.end, args.window, args.timezone)
    try:
        return reporting_period(wanted, at=at), at, []
    except (ValueError, OverflowError) as error:
        return None, at, [str(error)]


def _problems(args: argparse.Namespace) -> list[str]:
    from watchkeeper.cli.text.address_problems import address_problems

    found = list(address_problems({"--prometheus": args.prometheus}))
    if args.out is not None and not Path(args.out).absolute().parent.is_dir():
        found.append(f"--out: there is no folder {Path(args.out).parent}")
    elif args.out is not None and Path(args.out).is_dir():
        found.append(f"--out: {args.out} is a folder; write a file")
    return found


def _spec(args: argparse.Namespace) -> tuple[Spec | None, str]:
    """Return the spec and the digest of its files; a report of any Prometheus needs no readable spec."""
    from watchkeeper.spec.problem import SpecRejected
    from watchkeeper.spec.read import read_spec
    from watchkeeper.spec.spec_digest import spec_digest

    is_needed = was_given(args.spec) or args.audience == "customer" or args.mail
    if args.prometheus and not is_needed:
        return None, ""
    try:
        return read_spec(args.spec)[0], spec_digest(args.spec)
    except SpecRejected:
        if is_needed:
            raise
        return None, ""


def _notes(args: argparse.Namespace) -> tuple[Note, ...]:
    from watchkeeper.report.notes_file import read_notes
    from watchkeeper.report.reporting_period import time_zone

    return read_notes(args.notes, time_zone(args.timezone)) if args.notes is not None else ()


def _running(args: argparse.Namespace) -> str:
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.cli.text.invocation import call
    from watchkeeper.stack.stack_status import running_endpoints

    at = running_endpoints(state_for(args.spec, args.state))
    if at is None:
        error_line(f"no stack is running here; start one with {call('up')}, or name a --prometheus")
    return at.prometheus if at else ""


def _unknown_services(wanted: list[str], report: Report, spec: Spec | None) -> Iterator[str]:
    """Yield a sentence for each name of --service of which the report contains nothing."""
    from watchkeeper.did_you_mean import did_you_mean

    known = {one.service for one in report.objectives} | {one.promise.service for one in report.promises}
    names = [service.name for service in spec.services] if spec is not None else []
    instead = f"the spec has {', '.join(names)}"
    for name in dict.fromkeys(wanted):
        if name not in known:
            message = f"--service {name}: no objective or promise of it is known in this period"
            is_spelled = not names or name in names
            yield message if is_spelled else f"{message}; {did_you_mean(name, names, instead)}"


def _sinks(args: argparse.Namespace) -> bool:
    """Return whether a stack with local sinks runs."""
    from watchkeeper.stack.stack_status import running_endpoints

    at = running_endpoints(state_for(args.spec, args.state))
    return at is not None and bool(at.sinks)


def _report(
    args: argparse.Namespace,
    server: str,
    period: ReportingPeriod,
    at: float,
    facts: SpecFacts,
    notes: tuple[Note, ...],
) -> Report | None:
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.local_http import NoAnswer
    from watchkeeper.prometheus_api import shown
    from watchkeeper.report.read_report import read_report

    try:
        return read_report(
            server, period, facts, at=at, audience=args.audience, services=args.service, notes=notes
        )
    except NoAnswer as error:
        error_line(f"{shown(server)}: {error}")
        return None
