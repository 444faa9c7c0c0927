"""`watchkeeper backfill`: what the rules would have recorded in the past, as blocks for a Prometheus."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.plan.plan import Plan
    from watchkeeper.replay.grid import Grid
    from watchkeeper.replay.write_blocks import Filled, Written

# Prometheus has the newest samples in memory, and blocks must not overlap with these.
_HEAD = 3 * 3_600


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper backfill --prometheus http://localhost:9090 --out blocks\n"
        "  watchkeeper backfill --prometheus $URL --from -90d --to -1d --out blocks\n"
        "  watchkeeper backfill team.yml --prometheus $URL --from 2026-11-01 --out blocks\n"
        "\n"
        "Then: cp -r blocks/* into the folder of --storage.tsdb.path; Prometheus loads them within a minute.\n"
        "\n"
        "exit codes: 0 every objective is written, 1 some have no past or are recorded already, 2 no answer\n",
    )
    # Otherwise argparse takes the value -30d for an option.
    parser._negative_number_matcher = re.compile(r"-[0-9]\w*$")
    add_spec(parser)
    parser.add_argument(
        "--prometheus", required=True, metavar="URL", help="the Prometheus that has the counters"
    )
    times = "-30d, 2026-11-20 or 2026-11-20T10:00:00Z; UTC without a zone"
    parser.add_argument(
        "--from", dest="start", default="-30d", metavar="TIME", help=f"{times} (default: -30d)"
    )
    parser.add_argument(
        "--to", dest="end", default="-3h", metavar="TIME", help="as --from (default: -3h, the latest time)"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="a new folder for the blocks"
    )
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_lines
    from watchkeeper.pipeline import load_plan
    from watchkeeper.toolchain import find
    from watchkeeper.verify.promtool import syntax_errors

    now = time.time()
    problems, promtool = list(_problems(args, now)), find("promtool")
    if promtool is None:
        problems.append("promtool is missing; run: watchkeeper tools")
    if error_lines(problems) or promtool is None:
        return 2
    plan = load_plan(args.spec, syntax_errors)
    return _fill(args, plan, _grid(args, plan, now), Path(promtool.path))


def _problems(args: argparse.Namespace, now: float) -> Iterator[str]:
    from watchkeeper.cli.text.address_problems import address_problems
    from watchkeeper.export.period import moment

    yield from address_problems({"--prometheus": args.prometheus})
    ends: list[float] = []
    for flag, text in (("--from", args.start), ("--to", args.end)):
        if wrong := _wrong_time(text, now):
            yield f"{flag}: {wrong}"
        else:
            ends.append(moment(text, now=now))
    if ends and ends[-1] > now - _HEAD:
        yield "--to: the newest three hours are in Prometheus' memory, and blocks must not overlap with it; write -3h"
    elif ends and ends[0] > ends[-1]:
        yield "--from: begins after the end, --to; write -30d"
    if args.out.exists() and not (args.out.is_dir() and not any(args.out.iterdir())):
        yield f"--out: {args.out} exists already; name a new folder"


def _wrong_time(text: str, now: float) -> str:
    from watchkeeper.export.period import moment

    try:
        moment(text, now=now)
    except ValueError as error:
        return str(error)
    return ""


def _grid(args: argparse.Namespace, plan: Plan, now: float) -> Grid:
    from watchkeeper.export.period import moment
    from watchkeeper.replay.grid import Grid

    step = max(1, int(plan.stack.evaluation_interval.seconds))
    start, end = (int(moment(text, now=now)) // step * step for text in (args.start, args.end))
    return Grid(start, step, (end - start) // step + 1)


def _fill(args: argparse.Namespace, plan: Plan, grid: Grid, promtool: Path) -> int:
    from watchkeeper.cli.text.console import error_line
    from watchkeeper.local_http import NoAnswer
    from watchkeeper.prometheus_api import shown
    from watchkeeper.replay.write_blocks import BlocksNotWritten, write_blocks

    server = args.prometheus.rstrip("/")
    try:
        found, without = _replayed(server, plan, grid)
        if not found:
            error_line(
                f"{shown(server)}: nothing to write; {'; '.join(without) or 'the spec has no objective'}"
            )
            return 2
        written = write_blocks(found, args.out, promtool)
    except NoAnswer as error:
        error_line(f"{shown(server)}: {error}")
        return 2
    except BlocksNotWritten as error:
        error_line(str(error))
        return 2
    _show(args, found, without, written)
    return 1 if without else 0


def _replayed(server: str, plan: Plan, grid: Grid) -> tuple[list[Filled], list[str]]:
    """Return the objectives to write, and why others are not; raise NoAnswer."""
    from watchkeeper.export.period import iso
    from watchkeeper.replay.past_events import (
        Past,
        can_be_replayed,
        queries_of,
        recorded_since,
        replayed_slo,
    )
    from watchkeeper.replay.write_blocks import Filled

    past, since = Past(server, grid), recorded_since(server, grid)
    every = [(service, slo) for service in plan.services for slo in service.slos]
    slos = [(service, slo) for service, slo in every if can_be_replayed(slo)]
    past.ask(query for _, slo in slos for query in queries_of(slo) if query is not None)
    found = []
    without = [
        f"{slo.slo_id} has a budget for each value of a label" for _, slo in every if not can_be_replayed(slo)
    ]
    for service, slo in slos:
        one = replayed_slo(past, slo, service)
        until = since.get(slo.slo_id, grid.end + 1)
        if until <= grid.start:
            without.append(f"{slo.slo_id} is recorded since {iso(until)}")
        elif all(value is None for value in one.total):
            without.append(f"{slo.slo_id} has no events in this time")
        else:
            found.append(Filled(one, until))
    return found, without


def _show(args: argparse.Namespace, found: list[Filled], without: list[str], written: Written) -> None:
    import json
    from dataclasses import asdict

    from watchkeeper.cli.text.console import note, say

    if args.format == "json":
        objectives = {one.replayed.slo.slo_id: _document(one) for one in found}
        document = {"out": str(args.out), **asdict(written), "objectives": objectives, "without": without}
        print(json.dumps(document, indent=2))
        return
    for one in found:
        facts = _document(one)
        left = facts["error_budget_remaining_ratio"]
        said = "unknown" if left is None else f"{left:.1%}"
        say(
            f"{one.replayed.slo.slo_id}: {facts['from']} to {facts['to']}, {said} of the budget left at the end"
        )
    for line in without:
        note(f"not written: {line}")
    size = f"{written.bytes / 1_000_000:,.1f} MB"
    say(f"{args.out}: {written.blocks} blocks, {written.samples:,} samples, {size}")
    note(
        f"next: cp -r {args.out}/* into the folder of --storage.tsdb.path; Prometheus loads them within a minute"
    )


def _document(one: Filled) -> dict[str, str | float | None]:
    from watchkeeper.export.period import iso

    grid = one.replayed.grid
    known = [
        index
        for index, value in enumerate(one.replayed.total)
        if value is not None and grid.moment(index) < one.until
    ]
    return {
        "from": iso(grid.moment(known[0])) if known else None,
        "to": iso(grid.moment(known[-1])) if known else None,
        "error_budget_remaining_ratio": one.replayed.remaining[known[-1]] if known else None,
    }
