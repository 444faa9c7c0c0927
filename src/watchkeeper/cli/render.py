"""`watchkeeper render`: turn the spec into every file of the stack."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_out, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.plan.plan import Plan
    from watchkeeper.publish import Result
    from watchkeeper.spec.problem import Problem


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper render                              render the spec of this folder in place\n"
        "  watchkeeper render team.yml --out /tmp/bundle   render another spec into another folder\n"
        "  watchkeeper render --strict                     treat warnings as errors\n"
        "  watchkeeper render --proofs ci/proofs           write the promtool files that verify runs, for your own CI\n",
    )
    add_spec(parser)
    add_out(parser)
    parser.add_argument("--strict", action="store_true", help="treat warnings as errors")
    parser.add_argument(
        "--proofs",
        type=Path,
        metavar="DIR",
        help="also write the proofs of the alerts, for `promtool test rules`",
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return render(args.spec, out=args.out, strict=args.strict, output_format=args.format, proofs=args.proofs)


def render(
    spec_path: Path, *, out: Path | None, strict: bool, output_format: str, proofs: Path | None = None
) -> int:
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
    plan = plan_of(spec, spec_path)
    results = {root: publish(release(render_files(plan)), root)}
    if proofs is not None:
        results[proofs] = _proofs(plan, root, proofs)
    if output_format == "json":
        _print_json(results, problems, root)
        return 0
    show_problems(problems)
    for folder, result in results.items():
        _print_text(result, folder)
    return 0


def _proofs(plan: Plan, root: Path, folder: Path) -> Result:
    """Write the proofs into a folder of their own, from which they find the published rules."""
    from watchkeeper.pipeline import render_proofs
    from watchkeeper.publish import FOLDER_MANIFEST, PublishRefused, publish

    way = os.path.relpath(root.resolve(), folder.resolve())
    try:
        return publish(render_proofs(plan, root=Path(way).as_posix()), folder, listing=FOLDER_MANIFEST)
    except PublishRefused as refused:
        # The render's own paths are shown without their root; these are elsewhere.
        reasons = {(folder / path).as_posix(): reason for path, reason in refused.reasons.items()}
        raise PublishRefused(reasons) from refused


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


def _print_json(results: Mapping[Path, Result], problems: Sequence[Problem], root: Path) -> None:
    import json

    from watchkeeper.cli.text.problems import as_dict

    document = {
        **_as_dict(root, results[root]),
        "proofs": [_as_dict(folder, result) for folder, result in results.items() if folder != root],
        "problems": [as_dict(problem) for problem in problems],
    }
    print(json.dumps(document, indent=2))


def _as_dict(root: Path, result: Result) -> dict[str, object]:
    return {
        "root": str(root),
        "written": list(result.written),
        "deleted": list(result.deleted),
        "kept": list(result.kept),
        "unchanged": result.unchanged,
    }
