"""`watchkeeper status`: budgets, alerts, targets and notifications, of the running stack or of any Prometheus."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchkeeper.cli.spec_argument import add_format, add_spec, was_given, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.cli.beside_spec import BesideSpec
    from watchkeeper.model.spec import Spec
    from watchkeeper.overview.reader import Addresses, Reader
    from watchkeeper.overview.snapshot import Snapshot
    from watchkeeper.stack.state import State

Links = tuple[tuple[str, str], ...]
_SECONDS = 5.0
_LEAST_SECONDS = 0.5


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper status                  the live screen on a terminal, text in a pipe\n"
        "  watchkeeper status --once           text; exit 1 when a part, a target or a rule is unhealthy\n"
        "  watchkeeper status --json           JSON for programs\n"
        "  watchkeeper status --exit-code      0 well, 1 a budget burns or an alert fires, 2 unreachable\n"
        "  watchkeeper status --prometheus https://prometheus.example.com --alertmanager https://am.example.com\n"
        "                                      any Prometheus that has the rules of watchkeeper\n"
        "  watchkeeper status --json --watch 60 | jq -c .summary\n",
    )
    add_spec(parser)
    add_state(parser)
    add_format(parser)
    parser.add_argument("--json", action="store_const", dest="format", const="json", help="as --format json")
    parser.add_argument("--once", action="store_true", help="print text once, also on a terminal")
    parser.add_argument(
        "--watch",
        metavar="SECONDS",
        help=f"read again every SECONDS; the live screen does so every {_SECONDS:g}",
    )
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit 1 while a budget burns or is spent or an alert fires, 2 if Prometheus does not answer, else 0",
    )
    parser.add_argument(
        "--values",
        action="store_true",
        help="in the text, a line for each value of an objective's label, instead of one for the worst",
    )
    parser.add_argument("--prometheus", default="", metavar="URL", help="read this Prometheus")
    parser.add_argument(
        "--alertmanager", default="", metavar="URL", help="read receivers and silences of this Alertmanager"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_lines

    if error_lines(_problems(args)):
        return 2
    once = args.once or args.exit_code or args.format == "json"
    return status(
        args.spec,
        state=None if args.prometheus else state_for(args.spec, args.state),
        prometheus=args.prometheus.rstrip("/"),
        alertmanager=args.alertmanager.rstrip("/"),
        how=_How(
            args.format,
            not once and _can_be_live(),
            args.watch and float(args.watch),
            args.exit_code,
            args.values,
        ),
    )


def _problems(args: argparse.Namespace) -> Iterator[str]:
    from watchkeeper.cli.text.address_problems import address_problems

    yield from address_problems({"--prometheus": args.prometheus, "--alertmanager": args.alertmanager})
    if args.watch is None:
        return
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", args.watch) or float(args.watch) < _LEAST_SECONDS:
        yield f"--watch: {args.watch!r} is not a number of seconds from {_LEAST_SECONDS:g}; write 5"
    for flag, is_set in (("--once", args.once), ("--exit-code", args.exit_code)):
        if is_set:
            yield f"{flag} reads once and --watch does not end: omit one of them"


@dataclass(frozen=True, slots=True)
class _How:
    output_format: str
    live: bool
    watch: float | None
    exit_code: bool
    values: bool


def _can_be_live() -> bool:
    """Return whether the live screen can be shown: on a terminal that can draw, with textual installed."""
    # textual draws on standard error.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if os.environ.get("TERM", "dumb") == "dumb" or not all(stream and stream.isatty() for stream in streams):
        return False
    if find_spec("textual") is None:
        from watchkeeper.cli.text.console import note

        note("the live screen needs textual: pip install 'watchkeeper[tui]'")
        return False
    return True


def status(spec_path: Path, *, state: State | None, prometheus: str, alertmanager: str, how: _How) -> int:
    """Show the stack of `state`, or any Prometheus.

    Without `how.exit_code`: 0 healthy, 1 a part, target or rule is not, 2 nothing runs. Firing alerts count as healthy.
    """
    from watchkeeper.cli.beside_spec import BesideSpec
    from watchkeeper.overview.expected import expected
    from watchkeeper.overview.reader import Addresses, Reader

    at = Addresses(prometheus, alertmanager)
    links: Links = ()
    if state is not None:
        found = _of_stack(state, alertmanager)
        if found is None:
            return 2
        at, links = found
    # A spec that the user names is part of the command; that of a stack may be missing, and need not delay the screen.
    later = how.live and state is not None and not was_given(spec_path)
    spec = _spec(spec_path) if not later and (state or was_given(spec_path)) else None
    reader = Reader(at, spec=expected(spec) if spec is not None else None)
    beside = BesideSpec(spec_path, spec, state)
    if how.live:
        return _live(reader, links, how.watch or _SECONDS, spec_path if later else None, beside)
    while True:
        code = (
            _show_stack(reader, state, how, beside)
            if state is not None
            else _show_remote(reader, how, beside)
        )
        if how.watch is None:
            return code
        sys.stdout.flush()
        time.sleep(how.watch)


def _of_stack(state: State, alertmanager: str) -> tuple[Addresses, Links] | None:
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.cli.text.invocation import call
    from watchkeeper.cli.text.status_text import urls
    from watchkeeper.overview.reader import Addresses
    from watchkeeper.stack.stack_status import running_endpoints

    found = running_endpoints(state)
    if found is None:
        error_line(f"no stack is running here; start one with {call('up')}")
        return None
    at = Addresses(found.prometheus, alertmanager or found.alertmanager, found.sinks)
    return at, tuple(urls(found))


def _spec(spec_path: Path) -> Spec | None:
    """Return the spec, if it can be read; the status of a running stack needs none unless the user names it."""
    from watchkeeper.spec.problem import SpecRejected
    from watchkeeper.spec.read import read_spec

    try:
        return read_spec(spec_path)[0]
    except SpecRejected:
        if was_given(spec_path):
            raise
        return None


def _live(reader: Reader, links: Links, seconds: float, spec_path: Path | None, beside: BesideSpec) -> int:
    from concurrent.futures import ThreadPoolExecutor

    from watchkeeper.cli.text.console import error_line
    from watchkeeper.overview.expected import expected
    from watchkeeper.overview.snapshot import UNREACHABLE

    with ThreadPoolExecutor(1) as pool:
        # Reading takes as long as importing the application.
        reading = pool.submit(reader.read)
        from watchkeeper.cli.screen.live_app import Feed, LiveApp
        from watchkeeper.cli.screen.styled_lines import look_for

        first = reading.result()
    if first.verdict == UNREACHABLE and not links:
        source = first.sources[0]
        error_line(f"{source.address}: {source.problem}")
        return 2
    waiting = [spec_path] if spec_path else []

    def read() -> Snapshot:
        # Not before the first screen, which shows without it.
        while waiting:
            spec = _spec(waiting.pop())
            if spec is not None:
                reader.expect(expected(spec))
            beside.know(spec)
        return beside.added(reader.read())

    app = LiveApp(Feed(read, reader.detail, links, seconds), first, look_for(sys.stdout.encoding))
    app.run(mouse=False)
    return app.return_code or 0


def _show_stack(reader: Reader, state: State, how: _How, beside: BesideSpec) -> int:
    from watchkeeper.cli.text.backup_text import last_backup_document, last_backup_line
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.cli.text.invocation import call
    from watchkeeper.cli.text.overview_text import overview_document
    from watchkeeper.cli.text.proven_text import proven_documents, proven_lines, proven_problems
    from watchkeeper.cli.text.status_text import as_document, as_text
    from watchkeeper.drill.receivers.proven import stack_receivers
    from watchkeeper.model.notify import Notify
    from watchkeeper.stack.stack_status import current_status

    status, seen = current_status(state), beside.added(reader.read())
    if status is None:
        error_line(f"no stack is running here; start one with {call('up')}")
        return 2
    notify = beside.spec.notify if beside.spec is not None else Notify()
    receivers = stack_receivers(notify, state, now=seen.time)
    status = replace(status, problems=(*status.problems, *proven_problems(receivers, notify.drill_every)))
    loaded = beside.loaded(status.endpoints.prometheus)
    if how.output_format == "json":
        more = {"receivers": proven_documents(receivers), "rules_of_spec": loaded}
        backup = {"last_backup": last_backup_document(state)}
        _print_json({**as_document(status), **overview_document(seen), **more, **backup}, how)
    else:
        every = beside.spec.stack.backup_every if beside.spec is not None else None
        lines = proven_lines(receivers, _paint, now=seen.time) if receivers else ()
        sys.stdout.write(_overview(seen, how, with_targets=False) + "\n")
        sys.stdout.write(
            as_text(status, _paint, receivers=lines, backup=last_backup_line(state, _paint, every))
        )
        if loaded == "outdated":
            words = f"Prometheus runs other rules than those of {beside.path}: apply them with {call('up')}"
            sys.stdout.write(_paint(words, "yellow") + "\n")
    return seen.verdict if how.exit_code else 0 if status.healthy else 1


def _overview(seen: Snapshot, how: _How, *, with_targets: bool) -> str:
    from watchkeeper.cli.text.overview_text import look_of_output, overview_text

    return overview_text(seen, _paint, look_of_output(), with_targets=with_targets, with_values=how.values)


def _show_remote(reader: Reader, how: _How, beside: BesideSpec) -> int:
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.cli.text.overview_text import remote_document, remote_problems
    from watchkeeper.overview.snapshot import UNREACHABLE

    seen = beside.added(reader.read())
    if how.output_format == "json":
        _print_json(remote_document(seen), how)
    elif seen.verdict == UNREACHABLE:
        error_line(f"{seen.sources[0].address}: {seen.sources[0].problem}")
    else:
        sys.stdout.write(_overview(seen, how, with_targets=True))
    if how.exit_code or seen.verdict == UNREACHABLE:
        return seen.verdict
    return 1 if any(remote_problems(seen)) else 0


def _paint(text: str, colour: str) -> str:
    from watchkeeper.cli.text.console import paint

    return paint(text, colour, sys.stdout)


def _print_json(document: dict[str, Any], how: _How) -> None:
    import json

    # One line a reading, so that a program reads line by line.
    print(json.dumps(document, indent=None if how.watch else 2, ensure_ascii=False), flush=True)
