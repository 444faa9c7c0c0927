"""`watchkeeper down`: stop the stack and leave no process running."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.stack.bring_down import Stopped


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper down              stop everything; keep metrics, traces and silences\n"
        "  watchkeeper down --volumes    also delete them\n",
    )
    add_spec(parser)
    parser.add_argument("--volumes", action="store_true", help="also delete the stack's data and logs")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return down(args.spec, volumes=args.volumes, state=args.state)


def down(spec_path: Path, *, volumes: bool, state: Path | None) -> int:
    """Stop the stack, in whatever condition; 0 also when nothing runs, 1 when something cannot be stopped."""
    from watchkeeper.cli.text.console import error_line, say
    from watchkeeper.stack.bring_down import bring_down
    from watchkeeper.stack.progress import Progress
    from watchkeeper.stack.stack_error import StackFailed

    folder, progress = state_for(spec_path, state), Progress()
    try:
        stopped = bring_down(folder, volumes=volumes, progress=progress)
    except StackFailed as failure:
        progress.clear()
        error_line(str(failure))
        return 1
    finally:
        progress.clear()
    say(_summary(stopped, folder.folder))
    return 0


def _summary(stopped: Stopped, folder: Path) -> str:
    count, what = (stopped.containers, "container") if stopped.containers else (stopped.processes, "process")
    plural = {"container": "containers", "process": "processes"}[what] if count != 1 else what
    ended = f"stopped {count} {plural}" if count else "nothing was running here"
    kept = "data and logs are kept" if stopped.containers else f"data and logs are kept in {folder}"
    kept = "data and logs are deleted" if stopped.removed else kept
    return f"{ended}; {kept}" if folder.is_dir() or stopped.removed else ended
