"""The run: history, server, stages, table."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from watchkeeper.toolchain import ToolchainError, find

from .children import Children, children
from .computed_cost import computed
from .exporter import serving
from .figures import Row, verdicts
from .history import raw, slices, write_blocks
from .peer_programs import sloth_program
from .progress import Progress
from .prometheus import Prometheus
from .readers import read_twice, readers
from .report import Report
from .stage import Counted, RuleCost, Stage, measure
from .stages import ALL, WRITTEN_UP_TO, Wanted, recorded_history, rendered, stages
from .table import table


def options() -> argparse.ArgumentParser:
    """Return the options of this part, to be a parent of a parser."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--slos", type=_numbers, default=(1, 10, 100, 1000), help="numbers of SLOs")
    parser.add_argument("--series", type=_widths, default=(200,), help="raw series an SLO: 200, 2000 or both")
    parser.add_argument("--cycles", type=int, default=3, help="turns of each kind that are timed")
    parser.add_argument("--no-peers", action="store_true", help="measure neither Sloth's nor Pyrra's rules")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in text.split(","))
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError("numbers of 1 or more, separated by commas")
    return numbers


def _widths(text: str) -> tuple[int, ...]:
    numbers = _numbers(text)
    if not set(numbers) <= {200, 2000}:
        raise argparse.ArgumentTypeError("200, 2000 or 200,2000")
    return numbers


def measured(args: argparse.Namespace) -> tuple[int, Report | None]:
    """Return 0 and the figures; 2 without the tools, 3 if it failed. An interrupt has stopped everything when it gets out."""
    try:
        tools = [_tool(name) for name in ("prometheus", "promtool")]
        sloth = None if args.no_peers else sloth_program()
        with tempfile.TemporaryDirectory(prefix="rulebench-") as name:
            return 0, run(Wanted(args.slos, args.series), args.cycles, Path(name), *tools, sloth)
    except ToolchainError as error:
        print(error, file=sys.stderr)
        return 2, None
    except (RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 3, None


def _tool(name: str) -> Path:
    tool = find(name)
    if tool is None:
        raise ToolchainError(f"{name} is not on this machine; build it with: watchkeeper tools")
    return tool.path


def run(
    wanted: Wanted, cycles: int, folder: Path, prometheus: Path, promtool: Path, sloth: Path | None
) -> Report:
    """Make the history in `folder`, measure each stage on it."""
    out = rendered(wanted, folder)
    found = stages(wanted, out, sloth)
    end = int(time.time())
    with children() as started, serving(end, frozenset(wanted.services)) as exporter:
        server = Prometheus(folder, exporter, (*wanted.services, ALL))
        _history(started, promtool, server.data, wanted, found, end)
        server.start(started, prometheus)
        counted: Counted = {}
        # A turn of a thousand takes minutes, and their groups are as many evaluations of one shape.
        costs = [
            _told(measure(server, stage, 1 if stage.slos > WRITTEN_UP_TO else cycles, counted))
            for stage in found
        ]
    groups = next(iter(found[0].kinds["ours"].values()))
    rows = sorted((row for row, _ in costs), key=lambda row: (row.series, row.window, row.slos))
    computed_costs = computed(folder / "computed.yml", wanted.slos)
    return Report(rows, verdicts(rows), costs[0][1], readers(groups, out), read_twice(groups), computed_costs)


def _told(found: tuple[Row, list[RuleCost]]) -> tuple[Row, list[RuleCost]]:
    """Show a stage's figures at once: a later stage may be interrupted."""
    print("\n".join(table([found[0]])), file=sys.stderr, flush=True)
    return found


def _history(
    started: Children, promtool: Path, data: Path, wanted: Wanted, found: list[Stage], end: int
) -> None:
    data.mkdir()
    series = [*raw(end, wanted.services), *recorded_history(found)]
    blocks = slices(end, max(one.span for one in series))
    write_blocks(started, promtool, data, series, end, Progress("history: blocks", len(blocks)))
