"""`watchkeeper explain`: what an objective allows and when its alerts fire, one alert, or who is notified of all."""

from __future__ import annotations

import argparse
import json
from datetime import datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper import naming
from watchkeeper.cli.spec_argument import with_examples

if TYPE_CHECKING:
    from watchkeeper.cli.text.alert_facts import AlertFacts
    from watchkeeper.plan.plan import Plan, PlannedSlo

_MOST_LISTED = 12
_CLOCK = len("03:00")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper explain                           every objective\n"
        "  watchkeeper explain api-availability          one objective\n"
        "  watchkeeper explain ServiceDown               one alert: its line in the spec, route, inhibitions, proof\n"
        "  watchkeeper explain checkout/ServiceDown      the alert of one service\n"
        "  watchkeeper explain --spec team.yml           the objectives of another spec\n"
        "  watchkeeper explain --who                     who is notified of each alert, and at which hours\n"
        "  watchkeeper explain --who --at 03:00          who is notified at that time today, by this machine's clock\n"
        "  watchkeeper explain --who --at 2026-12-24T22:00+01:00\n"
        "  watchkeeper explain --who --format md         the same as a table in Markdown\n"
        "  watchkeeper explain --format json             JSON for programs\n",
    )
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="an objective or an alert, also as <service>-<objective> or <service>/<alert> (default: all objectives)",
    )
    parser.add_argument(
        "--spec",
        type=Path,
        default=Path("monitoring/SLO_DEFINITIONS.yml"),
        metavar="SPEC",
        help="the spec (default: monitoring/SLO_DEFINITIONS.yml)",
    )
    parser.add_argument(
        "--target",
        choices=naming.TARGET_NAMES,
        metavar="NAME",
        help="times as this target of render evaluates the rules, which may be later",
    )
    parser.add_argument("--who", action="store_true", help="show who is notified of each alert, and when")
    parser.add_argument(
        "--at",
        metavar="TIME",
        help="with --who: at that time; HH:MM of today or YYYY-MM-DDTHH:MM, by this machine's clock without an offset",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "md"),
        default="text",
        help="the output format; md with --who only (default: text)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_line

    if args.who and (args.name or args.target):
        error_line("--who is about all alerts: leave out NAME and --target")
        return 2
    if args.at and not args.who:
        error_line("--at is about who is notified: add --who")
        return 2
    if args.who:
        return who(args.spec, output_format=args.format, at=args.at)
    if args.format == "md":
        error_line("only --who has the format md: write --format text or json")
        return 2
    return explain(args.spec, name=args.name, output_format=args.format, target=args.target)


def explain(spec_path: Path, *, name: str | None, output_format: str, target: str | None = None) -> int:
    """Print what the plan says about the objectives or alerts of that name; 2 when there are none."""
    from watchkeeper.cli.text.alert_facts import alerts_named
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.pipeline import evaluated_by, load_plan
    from watchkeeper.verify.promtool import syntax_errors

    plan = load_plan(spec_path, syntax_errors)
    plan = evaluated_by(plan, target) if target is not None else plan
    slos = chosen_slos(plan, name)
    alerts = alerts_named(plan, name) if name is not None else ()
    if name is not None and not slos and not alerts:
        error_line(f"the spec has neither an objective nor an alert {name}: {_instead(plan, name)}")
        return 2
    if output_format == "json":
        print(_as_json(plan, slos, alerts))
    else:
        _show(plan, slos, alerts)
    return 0


def who(spec_path: Path, *, output_format: str, at: str | None = None) -> int:
    """Print who is notified of each alert of the spec, and when; with `at`, only who is notified at that time."""
    from watchkeeper.cli.text import who_is_notified as text
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.cli.text.who_is_notified import as_documents, markdown_lines, text_lines
    from watchkeeper.pipeline import load_plan
    from watchkeeper.verify.promtool import syntax_errors

    moment = _moment(at) if at is not None else None
    if at is not None and moment is None:
        error_line(f"--at: {at!r} is no time; write 03:00, 2026-12-24T22:00 or 2026-12-24T22:00+01:00")
        return 2
    plan = load_plan(spec_path, syntax_errors)
    try:
        found = text.who_is_notified(plan) if moment is None else text.notified_at(plan, moment)
    except KeyError as error:
        error_line(f"--at: this machine has no data of a time zone of the spec: {error.args[0]}")
        return 2
    if output_format == "json":
        then = {} if moment is None else {"at": moment.isoformat()}
        print(json.dumps({**then, "alerts": as_documents(found)}, indent=2))
        return 0
    if moment is not None and output_format == "text":
        print(f"at {moment:%A %Y-%m-%d %H:%M %Z}\n")
    for line in text_lines(found) if output_format == "text" else markdown_lines(found):
        print(line)
    return 0


def _moment(text: str) -> datetime | None:
    """Return the time that a text means, with a zone: that of this machine unless it names an offset; None for none."""
    try:
        if ":" in text and len(text) <= _CLOCK:
            return datetime.combine(datetime.now().astimezone().date(), time.fromisoformat(text)).astimezone()
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.astimezone()


def chosen_slos(plan: Plan, name: str | None) -> tuple[PlannedSlo, ...]:
    """Return the objectives with that name or id, also when written <service>/<name>; all objectives for None."""
    return tuple(
        slo
        for service in plan.services
        for slo in service.slos
        if name is None or name in (slo.name, slo.slo_id, f"{service.name}/{slo.name}")
    )


def _instead(plan: Plan, name: str) -> str:
    """Return which name was meant, else which names there are."""
    slos = [slo.name for service in plan.services for slo in service.slos]
    alerts = [alert.name for service in plan.alerting_services for alert in service.all_alerts]
    by_lower = {known.lower(): known for known in (*alerts, *slos)}
    close = get_close_matches(name.lower(), by_lower, n=1)
    if close:
        return f"did you mean {by_lower[close[0]]}?"
    return f"the objectives are {_listed(slos)}; the alerts are {_listed(alerts)}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"{', '.join(names[:_MOST_LISTED]) or 'none'}{more}"


def _as_json(plan: Plan, slos: tuple[PlannedSlo, ...], alerts: tuple[AlertFacts, ...]) -> str:
    from watchkeeper.cli.text.explain_alert_json import alert_as_dict
    from watchkeeper.cli.text.explain_text import slo_as_dict

    document: dict[str, object] = {}
    if slos or not alerts:
        document["slos"] = [slo_as_dict(plan, slo) for slo in slos]
    if alerts:
        document["alerts"] = [alert_as_dict(one) for one in alerts]
    return json.dumps(document, indent=2)


def _show(plan: Plan, slos: tuple[PlannedSlo, ...], alerts: tuple[AlertFacts, ...]) -> None:
    from watchkeeper.cli.text.console import say
    from watchkeeper.cli.text.explain_alert import show_alerts
    from watchkeeper.cli.text.explain_text import show

    if slos or not alerts:
        show(plan, slos)
    if slos and alerts:
        say("")
    show_alerts(alerts)
