"""`watchkeeper upgrade --plan`: what the next `up` of this release changes, what cannot be undone, and the way back."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.backup.upgrade_plan import UpgradePlan

_WAY_BACK = (
    "watchkeeper backup --out FILE    before the upgrade",
    "watchkeeper down                 to return, then install the old release",
    "watchkeeper restore FILE --replace && watchkeeper up",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper upgrade --plan                  compare the stack with this release; changes nothing\n"
        "  watchkeeper upgrade --plan --format json\n"
        "\n"
        "exit codes: 0 nothing changes, 1 something does, 2 a program would be older than its data\n",
    )
    add_spec(parser)
    parser.add_argument(
        "--plan", action="store_true", required=True, help="show the plan; `up` carries it out"
    )
    add_state(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return upgrade(args.spec, state=args.state, output_format=args.format)


def upgrade(spec_path: Path, *, state: Path | None, output_format: str) -> int:
    """Print the plan; 0 when nothing changes, 1 when something does, 2 when data is newer than this release's programs."""
    from watchkeeper.backup.stack_data import next_versions, started_versions
    from watchkeeper.backup.upgrade_plan import upgrade_plan
    from watchkeeper.pipeline import load_spec, plan_of, render_files, root_of
    from watchkeeper.publish import diff
    from watchkeeper.stack import record as records
    from watchkeeper.verify.promtool import syntax_errors

    spec, _ = load_spec(spec_path, syntax_errors)
    changes = diff(render_files(plan_of(spec, spec_path)), root_of(spec_path))
    folder = state_for(spec_path, state)
    record = records.load(folder)
    # The versions of containers are the images of the Compose file.
    in_containers = record is not None and record.mode == "compose"
    before, after = ({}, {}) if in_containers else (started_versions(folder), next_versions())
    plan = upgrade_plan(before, after, {change.path: change.diff for change in changes})
    if output_format == "json":
        print(json.dumps({**asdict(plan), "downgrade": plan.is_downgrade}, indent=2, ensure_ascii=False))
    else:
        _print_plan(plan)
    return 2 if plan.is_downgrade else 1 if plan.changes_anything else 0


def _print_plan(plan: UpgradePlan) -> None:
    from watchkeeper.cli.text.console import error_line, say

    for step in plan.steps:
        say(f"{step.program}: {step.before or 'never started here'} → {step.after}")
        if step.irreversible:
            say(f"  cannot be undone: {step.irreversible}")
    if plan.files:
        count = (
            "1 rendered file changes" if len(plan.files) == 1 else f"{len(plan.files)} rendered files change"
        )
        say(f"{count} (watchkeeper check shows how): {', '.join(plan.files[:5])}")
    for line in plan.settings:
        say(f"  {line}")
    if not plan.changes_anything:
        say("nothing changes: the stack is as this release starts it")
    else:
        say("the way back:")
        for line in _WAY_BACK:
            say(f"  {line}")
    if plan.is_downgrade:
        error_line(
            "a program would be older than the one that wrote its data: install the newer release again"
        )
