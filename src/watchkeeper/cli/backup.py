"""`watchkeeper backup`: write the stack's data to one file, or check such a file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.backup.backup_manifest import Manifest


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper backup --out /backups/stack.tar      of the running or the stopped stack\n"
        "  watchkeeper backup --check /backups/stack.tar    read every byte; exit 1 if it cannot be restored\n"
        "  watchkeeper restore /backups/stack.tar           into the stopped stack\n",
    )
    add_spec(parser)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "--out", type=Path, metavar="FILE", help="the new file; an old one is replaced at the end"
    )
    action.add_argument("--check", type=Path, metavar="FILE", help="check a backup; the stack is not needed")
    add_state(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    if args.check is not None:
        return check(args.check, output_format=args.format)
    return backup(args.spec, state=args.state, out=args.out, output_format=args.format)


def backup(spec_path: Path, *, state: Path | None, out: Path, output_format: str) -> int:
    """Make a backup; 1 when it fails, 2 when it cannot be tried. An old file of that name stays until the new one is whole."""
    from watchkeeper.backup.make_backup import make_backup
    from watchkeeper.cli.text.backup_text import contents, manifest_document
    from watchkeeper.cli.text.console import note, say
    from watchkeeper.spec.read import read_spec
    from watchkeeper.stack.progress import Progress

    progress = Progress()
    spec = read_spec(spec_path)[0]
    try:
        made = make_backup(spec, spec_path, state=state_for(spec_path, state), out=out, progress=progress)
    finally:
        progress.clear()
    if output_format == "json":
        document = {"path": str(made.path), "bytes": made.size, "seconds": round(made.seconds, 3)}
        print(json.dumps({**document, **manifest_document(made.manifest)}, indent=2, ensure_ascii=False))
        return 0
    for line in made.manifest.notes:
        note(f"note: {line}")
    say(f"{made.path}: {contents(made.manifest)}; made in {made.seconds:.1f} s")
    return 0


def check(path: Path, *, output_format: str) -> int:
    """Read every byte of a backup; 1 when it is damaged or no backup, 2 when it cannot be read."""
    from watchkeeper.backup.archive import read_archive
    from watchkeeper.backup.backup_manifest import BadBackup
    from watchkeeper.cli.text.backup_text import contents
    from watchkeeper.cli.text.console import error_line, say

    try:
        manifest = read_archive(path)
    except OSError as error:
        error_line(f"{path} cannot be read: {error.strerror}")
        return 2
    except BadBackup as bad:
        if output_format == "json":
            print(json.dumps({"path": str(path), "good": False, "problem": str(bad)}, indent=2))
        error_line(f"{path}: {bad}")
        return 1
    if output_format == "json":
        _print_good(path, manifest)
    else:
        say(f"{path}: good; {contents(manifest)}")
    return 0


def _print_good(path: Path, manifest: Manifest) -> None:
    from watchkeeper.cli.text.backup_text import manifest_document

    document = {"path": str(path), "good": True, **manifest_document(manifest)}
    print(json.dumps(document, indent=2, ensure_ascii=False))
