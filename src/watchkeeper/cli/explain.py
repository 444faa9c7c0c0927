"""`watchkeeper explain`: what each objective allows, when its alerts fire, and whom they notify."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, with_examples

if TYPE_CHECKING:
    from watchkeeper.plan.plan import Plan, PlannedSlo


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper explain                           every objective\n"
        "  watchkeeper explain api-availability          one objective\n"
        "  watchkeeper explain --spec team.yml           the objectives of another spec\n"
        "  watchkeeper explain --format json             JSON for programs\n",
    )
    parser.add_argument(
        "slo", nargs="?", metavar="SLO", help="an objective, by name or <service>-<name> (default: all)"
    )
    parser.add_argument(
        "--spec",
        type=Path,
        default=Path("monitoring/SLO_DEFINITIONS.yml"),
        metavar="SPEC",
        help="the spec (default: monitoring/SLO_DEFINITIONS.yml)",
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return explain(args.spec, slo=args.slo, output_format=args.format)


def explain(spec_path: Path, *, slo: str | None, output_format: str) -> int:
    """Print what the plan says about the objectives; 2 when none has that name."""
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.cli.text.explain_text import as_json, show
    from watchkeeper.pipeline import load_plan
    from watchkeeper.verify.promtool import syntax_errors

    plan = load_plan(spec_path, syntax_errors)
    chosen = chosen_slos(plan, slo)
    if not chosen and slo is not None:
        known = [one.name for service in plan.services for one in service.slos]
        close = get_close_matches(slo, known, n=1)
        listed = f"did you mean {close[0]}?" if close else f"the objectives are: {', '.join(known) or 'none'}"
        error_line(f"the spec has no objective {slo}: {listed}")
        return 2
    if output_format == "json":
        print(as_json(plan, chosen))
    else:
        show(plan, chosen)
    return 0


def chosen_slos(plan: Plan, name: str | None) -> tuple[PlannedSlo, ...]:
    """Return the objectives with that name or id; all objectives for None."""
    every = [slo for service in plan.services for slo in service.slos]
    return tuple(slo for slo in every if name is None or name in (slo.name, slo.slo_id))
