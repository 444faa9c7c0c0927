"""`watchkeeper verify`: the rendered files under the real tools, and every alert's way to its people."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_out, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.verify.outcome import Outcome, Reach


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper verify                   exit 1 on any hole\n"
        "  watchkeeper verify --format json     for machines\n",
    )
    add_spec(parser)
    add_out(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return verify(args.spec, out=args.out, output_format=args.format)


def verify(spec_path: Path, *, out: Path | None, output_format: str) -> int:
    """Check the published files and routes; 1 when one fails or could not be checked, drift included."""
    from watchkeeper.pipeline import load_plan, render_files, root_of
    from watchkeeper.publish import diff
    from watchkeeper.verify.files import check_files
    from watchkeeper.verify.outcome import Outcome, Reach
    from watchkeeper.verify.routes import check_routes

    plan = load_plan(spec_path)
    root = out if out is not None else root_of(spec_path)
    drift = diff(render_files(plan), root)
    words = (
        "the files are as the spec says"
        if not drift
        else f"{len(drift)} files differ; see: watchkeeper check"
    )
    outcomes = [Outcome("drift", "failed" if drift else "ok", words)]
    for outcome in check_files(plan, root):
        _progress(outcome.check)
        outcomes.append(outcome)
    reaches = [
        Reach(a.service, a.name, a.severity, a.receivers, reached) for a, reached in check_routes(plan, root)
    ]
    _progress("")
    planned = sum(len(service.alerts) for service in plan.services)
    outcomes.append(_routes(reaches, planned))
    if output_format == "json":
        _print_json(outcomes, reaches)
    else:
        _print_text(outcomes, reaches)
    return 1 if any(_is_hole(outcome) for outcome in outcomes) else 0


def _is_hole(outcome: Outcome) -> bool:
    """Return whether something is wrong or unknown; compose is asked only where it is there."""
    return outcome.verdict == "failed" or (outcome.verdict == "skipped" and outcome.check != "compose file")


def _routes(reaches: Sequence[Reach], planned: int) -> Outcome:
    from watchkeeper.verify.outcome import Outcome

    if len(reaches) < planned:
        return Outcome("routes", "skipped", "amtool is not here; build it with: watchkeeper tools")
    right = sum(reach.is_right for reach in reaches)
    verdict = "ok" if right == planned else "failed"
    return Outcome("routes", verdict, f"{right} of {planned} alerts reach exactly whom the spec names")  # type: ignore[arg-type]


def _progress(check: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{f'checking {check} ...' if check else ''}")
        sys.stderr.flush()


def _print_text(outcomes: Sequence[Outcome], reaches: Sequence[Reach]) -> None:
    from watchkeeper.cli.console import paint, say

    colours = {"ok": "green", "failed": "red", "skipped": "yellow"}
    for outcome in outcomes:
        say(
            f"{paint(f'{outcome.verdict:<8}', colours[outcome.verdict], sys.stdout)}{outcome.check:<28}{outcome.detail}"
        )
    if not reaches:
        return
    width = max(len(reach.alert) for reach in reaches) + 2
    say("")
    say(f"{'alert':<{width}}{'severity':<10}reaches")
    for reach in reaches:
        told = ", ".join(reach.reached) or "nobody"
        wrong = (
            ""
            if reach.is_right
            else paint(f"   wanted: {', '.join(reach.wanted) or 'somebody'}", "red", sys.stdout)
        )
        say(f"{reach.alert:<{width}}{reach.severity:<10}{told}{wrong}")


def _print_json(outcomes: Sequence[Outcome], reaches: Sequence[Reach]) -> None:
    import json
    from dataclasses import asdict

    document = {
        "checks": [asdict(outcome) for outcome in outcomes],
        "alerts": [{**asdict(reach), "right": reach.is_right} for reach in reaches],
    }
    print(json.dumps(document, indent=2))
