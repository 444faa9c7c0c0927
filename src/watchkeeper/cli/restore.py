"""`watchkeeper restore`: put a backup in the place of the data of a stopped stack."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.backup.restore_backup import Restored
    from watchkeeper.stack.choose_mode import ModeOption


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper restore /backups/stack.tar --dry-run    check everything, change nothing\n"
        "  watchkeeper restore /backups/stack.tar              into a stopped stack without data\n"
        "  watchkeeper restore /backups/stack.tar --replace    its data is deleted once the backup is in its place\n",
    )
    parser.add_argument("backup", type=Path, metavar="FILE", help="a file of `watchkeeper backup --out`")
    add_spec(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="read and check everything, and change nothing"
    )
    parser.add_argument("--replace", action="store_true", help="replace the data that is there")
    parser.add_argument(
        "--mode",
        choices=("auto", "compose", "native"),
        default="auto",
        help="into which stack (default: as it was started here, else as the backup's stack ran)",
    )
    add_state(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return restore(
        args.backup,
        args.spec,
        state=args.state,
        mode=args.mode,
        replace=args.replace,
        dry_run=args.dry_run,
        output_format=args.format,
    )


def restore(
    backup: Path,
    spec_path: Path,
    *,
    state: Path | None,
    mode: ModeOption,
    replace: bool,
    dry_run: bool,
    output_format: str,
) -> int:
    """Restore a backup; 1 when writing fails, 2 when it is refused. The data is the old one or the backup's, never a mix."""
    from watchkeeper.backup.restore_backup import restore_backup
    from watchkeeper.spec.read import read_spec
    from watchkeeper.stack.progress import Progress

    progress, folder = Progress(), state_for(spec_path, state)
    spec = read_spec(spec_path)[0]
    try:
        done = restore_backup(
            backup,
            spec,
            spec_path,
            state=folder,
            mode=mode,
            replace=replace,
            dry_run=dry_run,
            progress=progress,
        )
    finally:
        progress.clear()
    if output_format == "json":
        _print_json(done, dry_run=dry_run)
    else:
        _say(done, backup, dry_run=dry_run)
    return 0


def _print_json(done: Restored, *, dry_run: bool) -> None:
    from watchkeeper.cli.text.backup_text import manifest_document

    document = {
        "dry_run": dry_run,
        "into": done.mode,
        "replaced": done.replaced,
        "remarks": list(done.remarks),
    }
    print(json.dumps({**document, **manifest_document(done.manifest)}, indent=2, ensure_ascii=False))


def _say(done: Restored, backup: Path, *, dry_run: bool) -> None:
    from watchkeeper.cli.text.backup_text import contents
    from watchkeeper.cli.text.console import note, say
    from watchkeeper.cli.text.invocation import call

    for line in done.remarks:
        note(f"note: {line}")
    if dry_run:
        instead = " instead of the data that is there" if done.replaced else ""
        say(f"{backup} can be restored{instead}: {contents(done.manifest)}; nothing was changed")
        return
    instead = " instead of the data that was there" if done.replaced else ""
    start = call("up", f"--mode {done.mode}")
    say(f"restored{instead}: {contents(done.manifest)}; {done.seconds:.1f} s. Start it with {start}")
