"""`watchkeeper check`: do the files on disk match the spec?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from watchkeeper.cli.spec_argument import add_format, add_out, add_spec, with_examples


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper check                      print a diff and exit 1 when files differ from the spec\n"
        "  watchkeeper check --out /etc/stack     compare a deployed folder with this spec\n",
    )
    add_spec(parser)
    add_out(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return check(args.spec, out=args.out, output_format=args.format)


def check(spec_path: Path, *, out: Path | None, output_format: str) -> int:
    """Print missing, changed and orphaned files with a unified diff; 1 if there are any. Writes nothing."""
    from watchkeeper.pipeline import load_plan, render_files, root_of
    from watchkeeper.publish import diff
    from watchkeeper.verify.promtool import syntax_errors

    changes = diff(
        render_files(load_plan(spec_path, syntax_errors)), out if out is not None else root_of(spec_path)
    )
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
    print(f"{len(changes)} rendered {noun} from the spec; run: watchkeeper render", file=sys.stderr)
    return 1


def _coloured(line: str) -> str:
    from watchkeeper.cli.text.console import paint

    if line.startswith("+") and not line.startswith("+++"):
        return paint(line, "green", sys.stdout)
    if line.startswith("-") and not line.startswith("---"):
        return paint(line, "red", sys.stdout)
    return paint(line, "cyan", sys.stdout) if line.startswith("@@") else line
