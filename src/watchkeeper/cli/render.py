"""`watchkeeper render`: turn the spec into every file of the stack."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper import naming
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
        "  watchkeeper render --proofs ci/proofs           write the promtool files that verify runs, for your own CI\n"
        "  watchkeeper render --html /srv/runbooks         write the runbooks as HTML pages with a search\n"
        "  watchkeeper render --target operator            write Kubernetes objects instead, for a Prometheus that is there\n",
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
    parser.add_argument(
        "--html",
        type=Path,
        metavar="DIR",
        help="also write the runbooks as HTML pages with a search",
    )
    parser.add_argument(
        "--target",
        action="append",
        choices=naming.TARGET_NAMES,
        default=[],
        metavar="NAME",
        help="write the rules for other monitoring instead of the stack, into monitoring/targets/NAME: "
        + ", ".join(naming.TARGET_NAMES),
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    if args.target and (args.proofs or args.html):
        from watchkeeper.cli.text.console import error_line

        error_line("--target writes nothing but the targets: leave out --proofs and --html")
        return 2
    return render(
        args.spec,
        out=args.out,
        strict=args.strict,
        output_format=args.format,
        proofs=args.proofs,
        html=args.html,
        targets=tuple(dict.fromkeys(args.target)),
    )


def render(
    spec_path: Path,
    *,
    out: Path | None,
    strict: bool,
    output_format: str,
    proofs: Path | None = None,
    html: Path | None = None,
    targets: tuple[str, ...] = (),
) -> int:
    """Write every rendered file under the root, or those of the targets; 2 and nothing written on errors."""
    from watchkeeper.cli.text.problems import show_problems
    from watchkeeper.pipeline import load_spec, plan_of, root_of
    from watchkeeper.spec.problem import SpecRejected
    from watchkeeper.verify.promtool import syntax_errors

    spec, problems = load_spec(spec_path, syntax_errors)
    if strict and any(problem.level == "warning" for problem in problems):
        raise SpecRejected(problems)
    if html is not None and not _can_read_markdown():
        return 2
    root = out if out is not None else root_of(spec_path)
    plan = plan_of(spec, spec_path)
    results = _write_targets(plan, root, targets) if targets else _write(plan, root, proofs, html)
    if output_format == "json":
        further = {"proofs": proofs, "html": html}
        _print_json(results, problems, {} if targets else further, targets)
        return 0
    show_problems(problems)
    for folder, result in results.items():
        _print_text(result, folder)
    return 0


def _write(plan: Plan, root: Path, proofs: Path | None, html: Path | None) -> dict[Path, Result]:
    """Write the files under the root, which comes first, and what else was asked for into its folder."""
    from watchkeeper.pipeline import render_files, render_proofs, render_runbook_site
    from watchkeeper.publish import publish
    from watchkeeper.publish.release import release

    files = render_files(plan)
    site = render_runbook_site(plan, files) if html is not None else {}
    results = {root: publish(release(files), root)}
    if proofs is not None:
        way = os.path.relpath(root.resolve(), proofs.resolve())
        results[proofs] = _beside(render_proofs(plan, root=Path(way).as_posix()), proofs)
    if html is not None:
        results[html] = _beside(site, html)
    return results


def _write_targets(plan: Plan, root: Path, targets: tuple[str, ...]) -> dict[Path, Result]:
    """Write the files of each target into its folder, all rendered before the first is written."""
    from watchkeeper.pipeline import render_target

    rendered = {root / naming.TARGETS / name: render_target(plan, name) for name in targets}
    return {folder: _beside(files, folder) for folder, files in rendered.items()}


def _can_read_markdown() -> bool:
    from importlib.util import find_spec

    from watchkeeper.cli.text.console import error_line

    if find_spec("markdown_it") is None:
        error_line("--html needs markdown-it-py: pip install 'watchkeeper[html]'")
        return False
    return True


def _beside(files: dict[str, str], folder: Path) -> Result:
    """Write files into a folder of their own."""
    from watchkeeper.publish import FOLDER_MANIFEST, PublishRefused, publish

    try:
        return publish(files, folder, listing=FOLDER_MANIFEST)
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


def _print_json(
    results: Mapping[Path, Result],
    problems: Sequence[Problem],
    further: Mapping[str, Path | None],
    targets: tuple[str, ...],
) -> None:
    import json

    from watchkeeper.cli.text.problems import as_dict

    if targets:
        root_part: dict[str, object] = {
            "targets": {name: _as_dict(*one) for name, one in zip(targets, results.items(), strict=True)}
        }
    else:
        root = next(iter(results))
        root_part = _as_dict(root, results[root])
    document = {
        **root_part,
        **{
            name: [_as_dict(folder, results[folder])] if folder is not None else []
            for name, folder in further.items()
        },
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
