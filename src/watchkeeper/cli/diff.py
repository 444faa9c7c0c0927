"""`watchkeeper diff`: what changes between two specs, in words."""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import DEFAULT_SPEC, with_examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchkeeper.cli.diff_words.change import Change
    from watchkeeper.model.spec import Spec
    from watchkeeper.plan.plan import Plan
    from watchkeeper.spec.problem import Problem

_FORMATS = ("text", "json", "md")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper diff old.yml new.yml\n"
        "  watchkeeper diff HEAD~1                       the spec of that revision, and the one on disk\n"
        "  watchkeeper diff main HEAD --spec team.yml    one spec at two revisions\n"
        "  watchkeeper diff main:old.yml new.yml         a file of a revision\n"
        "  watchkeeper diff origin/main --format md      a comment for a merge request\n"
        "\n"
        "exit codes: 0 no difference in meaning, 1 differences, 2 a spec cannot be used\n",
    )
    parser.add_argument("old", metavar="OLD", help="a spec, or a revision of git")
    parser.add_argument(
        "new", nargs="?", metavar="NEW", help="a spec, or a revision of git (default: the spec on disk)"
    )
    parser.add_argument(
        "--spec",
        type=Path,
        default=DEFAULT_SPEC,
        metavar="SPEC",
        help=f"the spec of revisions, and NEW where it is missing (default: {DEFAULT_SPEC})",
    )
    parser.add_argument(
        "--format", choices=_FORMATS, default=_FORMATS[0], help="the output format (default: text)"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.diff_words.all_changes import all_changes
    from watchkeeper.cli.text.problems import show_problems

    new = args.new or str(args.spec)
    # The file that both sides are about, where one of them is a revision.
    spec = next((Path(one) for one in (args.new, args.old) if one and Path(one).is_file()), args.spec)
    problems: list[Problem] = []
    with ExitStack() as folders:
        old_read, new_read = (_read(named, spec, folders, problems) for named in (args.old, new))
    show_problems(problems, output_format="text" if args.format == "md" or not problems else args.format)
    if old_read is None or new_read is None:
        return 2
    changes = all_changes(old_read, new_read)
    _show(changes, args.old, new, args.format)
    return 1 if changes else 0


def _read(named: str, spec: Path, folders: ExitStack, problems: list[Problem]) -> tuple[Spec, Plan] | None:
    """Return a spec with its plan; without one, print why or add its problems, at places that the user knows."""
    import tempfile
    from dataclasses import replace

    from watchkeeper.cli.diff_words.spec_revision import NoRevision, checked_out
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.pipeline import load_spec, plan_of
    from watchkeeper.spec.problem import SpecRejected
    from watchkeeper.verify.promtool import syntax_errors

    path, folder = Path(named), ""
    try:
        if not path.is_file() and (":" in named or not named.endswith((".yml", ".yaml"))):
            folder = folders.enter_context(tempfile.TemporaryDirectory(prefix="watchkeeper-diff-"))
            path = checked_out(named, spec, Path(folder))
        found, _ = load_spec(path, syntax_errors)
    except NoRevision as error:
        error_line(str(error))
        return None
    except SpecRejected as rejected:
        places = {one: _as_named(one.where.file, folder, named) for one in rejected.problems}
        problems += [replace(one, where=replace(one.where, file=file)) for one, file in places.items()]
        return None
    return found, plan_of(found, path)


def _as_named(file: str, folder: str, revision: str) -> str:
    """Return a file of a revision as git names it, REVISION:PATH."""
    return f"{revision.partition(':')[0]}:{os.path.relpath(file, folder)}" if folder else file


def _show(changes: Sequence[Change], old: str, new: str, output_format: str) -> None:
    import json
    import sys

    from watchkeeper.cli.diff_words.diff_text import document, markdown_lines, text_lines
    from watchkeeper.cli.text.console import paint, say

    if output_format == "json":
        print(json.dumps(document(changes, old, new), indent=2, ensure_ascii=False))
        return
    lines = (
        markdown_lines(changes, old, new)
        if output_format == "md"
        else text_lines(changes, lambda text, colour: paint(text, colour, sys.stdout))
    )
    for line in lines:
        say(line)
