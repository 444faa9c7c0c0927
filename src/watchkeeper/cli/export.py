"""`watchkeeper export`: objectives and golden signals over a period, as CSV or JSON."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from watchkeeper.cli.spec_argument import add_spec, with_examples
from watchkeeper.cli.state_argument import add_state, state_for

if TYPE_CHECKING:
    from watchkeeper.export.period import Period
    from watchkeeper.export.rows import Row

_BAR = 24


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper export --out day.csv                     the last 24 hours of the running stack\n"
        "  watchkeeper export --from -7d --step 1h --format json --service checkout\n"
        "  watchkeeper export --from 2026-11-01 --to 2026-12-01 --step 15m --out november.csv\n"
        "  watchkeeper export --prometheus https://prometheus.example.com --from -30d --step 1h --out month.csv\n"
        "\n"
        "A row is one service with its golden signals, or one objective with its budget, at one moment in UTC.\n",
    )
    # Otherwise argparse takes the value -24h for an option.
    parser._negative_number_matcher = re.compile(r"-[0-9]\w*$")
    add_spec(parser)
    add_state(parser)
    times = "-24h, now, 2026-11-20 or 2026-11-20T10:00:00Z; UTC without a zone"
    parser.add_argument(
        "--from", dest="start", default="-24h", metavar="TIME", help=f"{times} (default: -24h)"
    )
    parser.add_argument("--to", dest="end", default="now", metavar="TIME", help="as --from (default: now)")
    parser.add_argument(
        "--step", default="5m", metavar="DURATION", help="time between two rows (default: 5m)"
    )
    parser.add_argument(
        "--format",
        choices=("csv", "json"),
        help="the output format (default: csv, or json if FILE ends with .json)",
    )
    parser.add_argument(
        "--service", action="append", default=[], metavar="NAME", help="only this service; may be repeated"
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write to a file, whole or not at all (default: standard output)"
    )
    parser.add_argument("--prometheus", default="", metavar="URL", help="read this Prometheus")


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_lines
    from watchkeeper.export.columns import queries
    from watchkeeper.export.period import step
    from watchkeeper.export.rows import rows

    if error_lines(_problems(args)):
        return 2
    server = args.prometheus.rstrip("/") or _running(args)
    if not server:
        return 2
    whole = _period(args)
    bar = _Bar(whole.count)
    found = rows(server, queries(args.service, step(args.step)), whole, done=bar.add)
    return _export(args, server, whole, bar.counted(found), bar)


def _problems(args: argparse.Namespace) -> Iterator[str]:
    from watchkeeper.cli.text.address_problems import address_problems
    from watchkeeper.export.period import iso, moment, step

    yield from address_problems({"--prometheus": args.prometheus})
    now, ends = time.time(), []
    for flag, text in (("--from", args.start), ("--to", args.end)):
        try:
            ends.append(moment(text, now=now))
        except ValueError as error:  # noqa: PERF203 -- two of them
            yield f"{flag}: {error}"
    if len(ends) == 2 and ends[0] >= ends[1]:
        yield f"--from: {iso(ends[0])} is not before --to, {iso(ends[1])}"
    try:
        step(args.step)
    except ValueError as error:
        yield f"--step: {error}"
    if args.out is not None and not Path(args.out).absolute().parent.is_dir():
        yield f"--out: there is no folder {Path(args.out).parent}"
    elif args.out is not None and Path(args.out).is_dir():
        yield f"--out: {args.out} is a folder; write a file"


def _period(args: argparse.Namespace) -> Period:
    from watchkeeper.export.period import moment, period, step

    now = time.time()
    return period(moment(args.start, now=now), moment(args.end, now=now), step(args.step))


def _running(args: argparse.Namespace) -> str:
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.cli.text.invocation import call
    from watchkeeper.stack.stack_status import running_endpoints

    at = running_endpoints(state_for(args.spec, args.state))
    if at is None:
        error_line(f"no stack is running here; start one with {call('up')}, or name a --prometheus")
    return at.prometheus if at else ""


def _export(args: argparse.Namespace, server: str, whole: Period, found: Iterable[Row], bar: _Bar) -> int:
    from watchkeeper.cli.text.console import error_line, note
    from watchkeeper.export.period import iso
    from watchkeeper.export.tables import write_csv, write_json
    from watchkeeper.local_http import NoAnswer
    from watchkeeper.prometheus_api import shown

    is_json = args.format == "json" or (args.format is None and str(args.out or "").endswith(".json"))
    write = write_json if is_json else write_csv
    try:
        count = _written(args.out, lambda out: write(found, whole, out))
    except NoAnswer as error:
        bar.clear()
        error_line(f"{shown(server)}: {error}")
        return 2
    except BrokenPipeError:
        bar.clear()
        raise
    except OSError as error:
        bar.clear()
        error_line(f"--out: {args.out} cannot be written: {error.strerror or error}")
        return 2
    bar.clear()
    if not count:
        of = f" of {', '.join(args.service)}" if args.service else ""
        error_line(
            f"{shown(server)} has no series{of} from {iso(whole.start)} to {iso(whole.end)}; nothing was written"
        )
        return 1
    if args.out is not None:
        note(f"{count:,} rows from {iso(whole.start)} to {iso(whole.end)}: {args.out}")
    return 0


def _written(path: str | None, write: Callable[[TextIO], int]) -> int:
    """Write to standard output, or to a file that appears whole or, without rows or after an error, not at all."""
    from watchkeeper.export.whole_file import whole_file

    if path is None:
        count = write(sys.stdout)
        sys.stdout.flush()
        return count
    with whole_file(Path(path)) as file:
        count = write(file.stream)
        file.keep = count > 0
    return count


class _Bar:
    """The progress on a terminal's standard error; elsewhere nothing."""

    def __init__(self, moments: int) -> None:
        from watchkeeper.stack.progress import Progress

        self._progress = Progress() if sys.stderr.isatty() else None
        self._moments, self._done, self._rows = max(1, moments), 0, 0

    def add(self, moments: int) -> None:
        """Show that so many more moments were read."""
        self._done += moments
        share = self._done / self._moments
        cells = int(share * _BAR)
        if self._progress is not None:
            self._progress.show(f"[{'#' * cells}{'-' * (_BAR - cells)}] {share:.0%} · {self._rows:,} rows")

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows and count them."""
        for row in rows:
            self._rows += 1
            yield row

    def clear(self) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.clear()
