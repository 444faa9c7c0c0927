"""`watchkeeper render`: turn the spec into every file of the stack."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_out, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.publish import Result
    from watchkeeper.spec.problem import Problem


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper render                              render the spec of this folder in place\n"
        "  watchkeeper render team.yml --out /tmp/bundle   render another spec into another folder\n"
        "  watchkeeper render --strict                     treat warnings as errors\n",
    )
    add_spec(parser)
    add_out(parser)
    parser.add_argument("--strict", action="store_true", help="treat warnings as errors")
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return render(args.spec, out=args.out, strict=args.strict, output_format=args.format)


def render(spec_path: Path, *, out: Path | None, strict: bool, output_format: str) -> int:
    """Write every rendered file under the root; 2 and nothing written when the spec has errors."""
    from watchkeeper.cli.text.problems import show_problems
    from watchkeeper.pipeline import load_spec, plan_of, render_files, root_of
    from watchkeeper.publish import publish
    from watchkeeper.publish.release import release
    from watchkeeper.spec.problem import SpecRejected
    from watchkeeper.verify.promtool import syntax_errors

    spec, problems = load_spec(spec_path, syntax_errors)
    if strict and any(problem.level == "warning" for problem in problems):
        raise SpecRejected(problems)
    root = out if out is not None else root_of(spec_path)
    result = publish(release(render_files(plan_of(spec, spec_path))), root)
    if output_format == "json":
        _print_json(result, problems, root)
        return 0
    show_problems(problems)
    _print_text(result, root)
    return 0


def _print_text(result: Result, root: Path) -> None:
    from watchkeeper.cli.text.console import say

    for path in result.written:
        say(f"wrote    {path}")
    for path in result.deleted:
        say(f"deleted  {path}")
    for path in result.kept:
        say(f"kept     {path} (no longer rendered, but {_why_kept(path)}: delete it if you do not need it)")
    changed = len(result.written)
    say(
        f"{changed + result.unchanged} files under {_shown(root)}: {changed} written, {result.unchanged} unchanged"
    )


def _why_kept(path: str) -> str:
    return "its folder still has files of yours" if path.endswith("/.gitignore") else "edited by hand"


def _shown(root: Path) -> str:
    try:
        relative = root.resolve().relative_to(Path.cwd())
    except ValueError:
        return str(root)
    return f"{relative}/" if str(relative) != "." else "./"


def _print_json(result: Result, problems: Sequence[Problem], root: Path) -> None:
    import json

    from watchkeeper.cli.text.problems import as_dict

    document = {
        "root": str(root),
        "written": list(result.written),
        "deleted": list(result.deleted),
        "kept": list(result.kept),
        "unchanged": result.unchanged,
        "problems": [as_dict(problem) for problem in problems],
    }
    print(json.dumps(document, indent=2))
