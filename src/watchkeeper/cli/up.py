"""`watchkeeper up`: render, then start the stack or update the running one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.model.spec import Spec
    from watchkeeper.stack.choose_mode import ModeOption
    from watchkeeper.stack.state import State
    from watchkeeper.stack.view.endpoints import Mode


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper up                    containers if Docker has or gets the images, else processes\n"
        "  watchkeeper up                    again: apply changes and keep the data\n"
        "  watchkeeper up --mode native      processes on this machine, without root\n"
        "  watchkeeper up --mode compose     containers; missing images are fetched\n"
        "  watchkeeper up --with sentry      with a local server for Sentry's errors\n",
    )
    add_spec(parser)
    parser.add_argument(
        "--mode", choices=("auto", "compose", "native"), default="auto", help="how to run it (default: auto)"
    )
    parser.add_argument(
        "--with",
        dest="extras",
        action="append",
        choices=("sentry",),
        default=[],
        help="add a part to the stack; without the flag, the next `up` stops that part",
    )
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return up(args.spec, mode=args.mode, state=args.state, sentry="sentry" in args.extras)


def up(spec_path: Path, *, mode: ModeOption, state: Path | None, sentry: bool = False) -> int:
    """Render and start the stack; 1 when it does not start or a rule fails, 2 when nothing could be changed."""
    from watchkeeper.cli.text.console import error_line, paint
    from watchkeeper.cli.text.up_text import summary
    from watchkeeper.stack.bring_up import bring_up
    from watchkeeper.stack.progress import Progress
    from watchkeeper.stack.stack_error import StackFailed

    progress = Progress()
    spec = _publish(spec_path)
    _prepare_access(spec, spec_path)
    folder = state_for(spec_path, state)
    _note_lacks(spec, spec_path, folder, mode)
    _publish_last_backup(spec_path, folder)
    try:
        outcome = bring_up(spec, spec_path, mode=mode, state=folder, progress=progress, sentry=sentry)
    except StackFailed as failure:
        progress.clear()
        error_line(str(failure))
        return 1
    finally:
        progress.clear()
    print(summary(outcome, spec, seconds=progress.seconds, paint=paint))
    return 1 if outcome.found.failing else 0


def _note_lacks(spec: Spec, spec_path: Path, state: State, mode: ModeOption) -> None:
    """Say at a first start what this machine lacks; `up` goes on, because the figures are estimates."""
    from watchkeeper.cli.text.console import note
    from watchkeeper.pipeline import plan_of
    from watchkeeper.preflight.run_preflight import cheap_failures
    from watchkeeper.stack import record

    if record.load(state) is not None:
        return
    chosen: Mode = "compose" if mode == "compose" else "native"
    for line in cheap_failures(spec, plan_of(spec, spec_path), state, mode=chosen):
        note(f"note: {line.check}: {line.found}; {line.remedy}")


def _publish_last_backup(spec_path: Path, state: State) -> None:
    """Let Prometheus know the last backup, which may be older than the spec's wish for one; raise StackError."""
    from watchkeeper.backup.last_backup import publish_last_backup
    from watchkeeper.naming import root_of
    from watchkeeper.stack.stack_error import StackError

    try:
        publish_last_backup(state, root_of(spec_path))
    except OSError as error:
        raise StackError(f"{error.filename} cannot be written: {error.strerror}") from error


def _prepare_access(spec: Spec, spec_path: Path) -> None:
    """Write what the servers need to ask for passwords, if the spec wants that; raise StackError."""
    if spec.stack.access is None:
        return
    from watchkeeper.cli.text.console import note
    from watchkeeper.naming import root_of
    from watchkeeper.secret_files.access_files import AccessFolder
    from watchkeeper.secret_files.access_users import people

    if not people(AccessFolder(root_of(spec_path), spec.stack.access).prepare()):
        note("nobody has access yet except the stack's own programs: run `watchkeeper access add NAME`")


def _publish(spec_path: Path) -> Spec:
    from watchkeeper.cli.text.console import note
    from watchkeeper.cli.text.problems import show_problems
    from watchkeeper.pipeline import load_spec, plan_of, render_files, root_of
    from watchkeeper.publish import publish
    from watchkeeper.verify.promtool import syntax_errors

    spec, problems = load_spec(spec_path, syntax_errors)
    show_problems([problem for problem in problems if problem.level != "note"])
    result = publish(render_files(plan_of(spec, spec_path)), root_of(spec_path))
    changed = len(result.written) + len(result.deleted)
    if changed:
        note(f"rendered: {changed} files changed, {result.unchanged} unchanged")
    return spec
