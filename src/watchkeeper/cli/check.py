"""`watchkeeper check`: do the files on disk match the spec?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper import naming
from watchkeeper.cli.spec_argument import add_format, add_out, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.publish import Change


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper check                      print a diff and exit 1 when files differ from the spec\n"
        "  watchkeeper check --out /etc/stack     compare a deployed folder with this spec\n"
        "  watchkeeper check --target operator    compare the files of a target of render\n",
    )
    add_spec(parser)
    add_out(parser)
    parser.add_argument(
        "--target",
        choices=naming.TARGET_NAMES,
        metavar="NAME",
        help="the files in monitoring/targets/NAME instead: " + ", ".join(naming.TARGET_NAMES),
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return check(args.spec, out=args.out, output_format=args.format, target=args.target)


def check(spec_path: Path, *, out: Path | None, output_format: str, target: str | None = None) -> int:
    """Print missing, changed and orphaned files with a unified diff; 1 if there are any. Writes nothing."""
    changes = _changes(spec_path, out, target)
    if output_format == "json":
        import json

        found = [{"path": change.path, "kind": change.kind, "diff": change.diff} for change in changes]
        print(json.dumps({"changes": found}, indent=2, ensure_ascii=False))
        return 1 if changes else 0
    for change in changes:
        print(f"{change.kind}: {change.path}")
        for line in change.diff.splitlines():
            print(_coloured(line))
    if not changes:
        print("every file matches the spec")
        return 0
    noun = "file differs" if len(changes) == 1 else "files differ"
    further = f" --target {target}" if target is not None else ""
    print(f"{len(changes)} rendered {noun} from the spec; run: watchkeeper render{further}", file=sys.stderr)
    return 1


def _changes(spec_path: Path, out: Path | None, target: str | None) -> list[Change]:
    from watchkeeper.pipeline import load_plan, render_files, render_target, root_of
    from watchkeeper.publish import FOLDER_MANIFEST, diff
    from watchkeeper.verify.promtool import syntax_errors

    plan, root = load_plan(spec_path, syntax_errors), out if out is not None else root_of(spec_path)
    if target is None:
        return diff(render_files(plan), root)
    return diff(render_target(plan, target), root / naming.TARGETS / target, listing=FOLDER_MANIFEST)


def _coloured(line: str) -> str:
    from watchkeeper.cli.text.console import paint

    if line.startswith("+") and not line.startswith("+++"):
        return paint(line, "green", sys.stdout)
    if line.startswith("-") and not line.startswith("---"):
        return paint(line, "red", sys.stdout)
    return paint(line, "cyan", sys.stdout) if line.startswith("@@") else line
