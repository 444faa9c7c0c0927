"""`watchkeeper import`: objectives of Sloth, Pyrra, OpenSLO or Nobl9 as a spec, with all that changes on the way."""  # noqa: N999

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, with_examples

if TYPE_CHECKING:
    from watchkeeper.comparing.old_and_new import Objective
    from watchkeeper.importing.changes import Change
    from watchkeeper.importing.import_files import Imported
    from watchkeeper.spec.problem import Problem

# As in watchkeeper.importing, which `--help` need not load.
_TOOLS = ("sloth", "pyrra", "openslo", "nobl9")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper import sloth slos/*.yml --out monitoring/SLO_DEFINITIONS.yml\n"
        "  watchkeeper import sloth slos/*.yml --window 28d       as with Sloth's --default-slo-period\n"
        "  watchkeeper import pyrra objectives.yaml               the spec on standard output\n"
        "  watchkeeper import openslo slo.yml sli.yml             with the files that objectives refer to\n"
        "  watchkeeper import pyrra objectives.yaml --format json\n"
        "  watchkeeper import sloth slos.yml --out spec.yml --compare rules.yml   play Sloth's rules and ours\n"
        "\n"
        "Exit code 0: every objective is in the spec, and no field was dropped. 1: something was refused or dropped,\n"
        "or the comparison could not play an objective or found ours wrong.\n"
        "docs/importing.md has the meaning of each message.\n",
    )
    parser.add_argument(
        "tool", choices=_TOOLS, metavar="TOOL", help=f"whose files they are: {', '.join(_TOOLS)}"
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the files")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the spec to write, which must not exist (default: standard output)",
    )
    parser.add_argument(
        "--window", default="30d", metavar="DURATION", help="the window of Sloth's objectives (default: 30d)"
    )
    parser.add_argument(
        "--compare",
        nargs="+",
        type=Path,
        default=(),
        metavar="RULES",
        help="rule files that Sloth or Pyrra generated for the same objectives: play them and ours on the same requests",
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.importing.import_files import import_files
    from watchkeeper.spec.formats import Malformed, window

    try:
        window(args.window)
    except Malformed as wrong:
        error_line(f"--window: {wrong.message}; {wrong.remedy}")
        return 2
    if args.out is not None and args.out.exists():
        error_line(f"{args.out} already exists; remove it, or choose another file with --out")
        return 2
    compare = _comparison(args.tool, args.compare) if args.compare else None
    if args.compare and compare is None:
        return 2
    imported = import_files(args.files, args.tool, _problems, window=args.window)
    if args.out is not None and imported.text and not _written(args.out, imported.text):
        return 2
    if args.format == "text":
        _show(imported, args.out)
    found = [_told(one, args.format) for one in compare(imported.text)] if compare and imported.text else []
    if args.format == "json":
        print(json.dumps(_as_dict(imported, args.out, found), indent=2, ensure_ascii=False))
    return 0 if imported.is_whole and all(one.is_right for one in found) else 1


def _comparison(tool: str, paths: Sequence[Path]) -> Callable[[str], Iterator[Objective]] | None:
    """Return what plays the old rules and those of a spec; None after a message. Raise SpecRejected for other files."""
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.comparing.courses import pause, two_days
    from watchkeeper.comparing.old_and_new import STACK, compare, read_groups
    from watchkeeper.comparing.played_rules import TOOLS
    from watchkeeper.pipeline import load_plan, render_files
    from watchkeeper.toolchain import find
    from watchkeeper.verify.promtool import syntax_errors

    if tool not in TOOLS:
        error_line(f"--compare: rules of {tool} are not known; those of {' and '.join(TOOLS)} are")
        return None
    promtool = find("promtool")
    if promtool is None:
        error_line("--compare: promtool is not on this machine; build it with: watchkeeper tools")
        return None
    groups = read_groups(paths)

    def played(text: str) -> Iterator[Objective]:
        with tempfile.TemporaryDirectory(prefix="watchkeeper-") as folder:
            spec = Path(folder) / "spec.yml"
            spec.write_text(f"{text}{STACK}", encoding="utf-8")
            plan = load_plan(spec, syntax_errors)
        yield from compare(plan, render_files(plan), tool, groups, (pause(), two_days()), promtool.path)

    return played


def _told(one: Objective, form: str) -> Objective:
    """Print an objective's table as soon as it is there, and return it."""
    from watchkeeper.cli.text.comparison_text import HEAD, cells
    from watchkeeper.cli.text.console import note
    from watchkeeper.cli.text.table import columns

    if form == "text":
        rows = [row for course in one.found for row in cells(course)]
        note(f"\n{one.slo_id}: {one.reason or 'the old rules and ours on the same requests'}")
        for line in columns(HEAD, rows, lambda text, _: text, [""] * len(rows)) if rows else ():
            note(line)
    return one


def _problems(path: Path) -> Sequence[Problem]:
    """Return all problems of a spec, as `watchkeeper render` finds them."""
    from watchkeeper.pipeline import load_spec
    from watchkeeper.spec.problem import SpecRejected
    from watchkeeper.verify.promtool import syntax_errors

    try:
        return load_spec(path, syntax_errors)[1]
    except SpecRejected as rejected:
        return rejected.problems


def _written(path: Path, text: str) -> bool:
    from watchkeeper.cli.text.console import error_line

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        error_line(f"--out: {path} cannot be written: {(error.strerror or str(error)).lower()}")
        return False
    return True


def _show(imported: Imported, out: Path | None) -> None:
    from watchkeeper.cli.text.console import note

    for change in imported.changes:
        note(_line(change))
    where = f": {out}" if out is not None and imported.text else ""
    note(f"{imported.count} of {imported.defined} objectives imported{where}")
    if imported.text and out is None:
        sys.stdout.write(imported.text)
    if imported.text:
        note("next: add `notify:` with your receivers, then: watchkeeper render")


def _line(change: Change) -> str:
    from watchkeeper.cli.text.console import paint

    colours = {"refused": "red", "dropped": "yellow", "changed": "cyan"}
    about = f"{change.objective}: " if change.objective else ""
    text = f"{about}`{change.field}` {change.text}"
    # What the files contain may have line breaks, and a change is one line.
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    return f"{change.where}: {paint(change.kind, colours[change.kind], sys.stderr)}: {shown}"


def _as_dict(imported: Imported, out: Path | None, found: Sequence[Objective]) -> dict[str, object]:
    from watchkeeper.cli.text.comparison_text import as_dict

    return {
        "out": None if out is None or not imported.text else str(out),
        "objectives": {"defined": imported.defined, "imported": imported.count},
        "changes": [
            {
                "kind": one.kind,
                "file": one.where.file,
                "line": one.where.line,
                "column": one.where.column,
                "objective": one.objective,
                "field": one.field,
                "text": one.text,
            }
            for one in imported.changes
        ],
        "spec": imported.text,
        "comparison": [as_dict(one) for one in found],
    }
