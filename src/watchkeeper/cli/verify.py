"""`watchkeeper verify`: check the rendered files with the real tools, every alert's proof, and its route."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper import naming
from watchkeeper.cli.spec_argument import add_out, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.verify.report import Report


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper verify                   exit 1 on any failure\n"
        "  watchkeeper verify --jobs 8          run eight proofs at a time\n"
        "  watchkeeper verify --format json     JSON for programs\n"
        "  watchkeeper verify --format junit    JUnit XML for CI systems\n"
        "  watchkeeper verify --strict          an alert without a proof is a failure too\n",
    )
    add_spec(parser)
    add_out(parser)
    parser.add_argument("--jobs", type=_count, metavar="N", help="proofs at a time (default: one per core)")
    parser.add_argument(
        "--format",
        choices=("text", "json", "junit"),
        default="text",
        help="the output format (default: text)",
    )
    parser.add_argument("--strict", action="store_true", help="treat alerts without a proof as failures")
    parser.add_argument("--no-cache", action="store_true", help="run proofs again that have passed before")


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 256")
    return number


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return verify(
        args.spec,
        out=args.out,
        output_format=args.format,
        jobs=args.jobs,
        strict=args.strict,
        cache=not args.no_cache,
    )


def verify(
    spec_path: Path,
    *,
    out: Path | None,
    output_format: str,
    jobs: int | None = None,
    strict: bool = False,
    cache: bool = True,
) -> int:
    """Check the published files, proofs and routes; 1 when one fails, differs from the spec or was not checked."""
    from watchkeeper.pipeline import load_plan, proof_texts, render_files, root_of
    from watchkeeper.publish import diff
    from watchkeeper.verify.promtool import syntax_errors
    from watchkeeper.verify.report import make_report

    plan = load_plan(spec_path, syntax_errors)
    root = out if out is not None else root_of(spec_path)
    files = render_files(plan)
    drift = len(diff(files, root))
    dashboards = [path for path in files if path.startswith(naming.DASHBOARDS)]
    texts = proof_texts(plan)
    report = make_report(
        plan,
        root,
        texts,
        dashboards=dashboards,
        drift=drift,
        jobs=jobs,
        cache=cache,
        strict=strict,
        progress=_progress,
    )
    _progress("")
    _show(report, output_format)
    return 0 if report.passed else 1


def _show(report: Report, output_format: str) -> None:
    if output_format == "json":
        from watchkeeper.cli.text.verify_machines import show_json

        show_json(report)
    elif output_format == "junit":
        from watchkeeper.cli.text.verify_machines import show_junit

        show_junit(report)
    else:
        from watchkeeper.cli.text.verify_text import show

        show(report)


def _progress(words: str, done: int = 0, total: int = 0) -> None:
    if not sys.stderr.isatty():
        return
    bar = ""
    if total:
        filled = 24 * done // total
        bar = f"[{'#' * filled}{'.' * (24 - filled)}] {done}/{total} "
    sys.stderr.write(f"\r\x1b[K{bar}{f'{words} ...' if words else ''}")
    sys.stderr.flush()
