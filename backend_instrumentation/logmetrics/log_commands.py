"""The commands `query` and `clean`. Exit codes: 0 ok, 2 unusable input."""

from __future__ import annotations

import argparse
import datetime
import json
import math
import re
import sys
import time
from collections.abc import Sequence
from typing import Final

from .cleaning.cleaner import LogCleanupService
from .monitors.factory import named_config
from .query.log_groups import ACCURACY
from .query.log_query import KEYS, GroupSummary, QueryResult, counts, query_logs
from .writing.default_log import default_log

PROGRAM: Final = "python -m backend_instrumentation.logmetrics"
_EXAMPLES: Final = f"""\
examples:
  {PROGRAM} query                              the log of PERFORMANCE_LOG_FILE, else logs/performance.jsonl
  {PROGRAM} query logs --from -24h --by operation
  {PROGRAM} query logs --operation llm_call --field total_tokens --format json
  {PROGRAM} clean --dry-run                    what configs/monitoring_logging.yaml would delete

exit codes: 0 ok, 2 unusable input
"""
_AGO: Final = re.compile(r"-(\d+(?:\.\d+)?)([smhdw])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_COLUMNS: Final = ("count", "success", "sum", "mean", "p50", "p95", "p99")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser().parse_args(_joined(words))
    try:
        return _clean(args) if args.command == "clean" else _query(args)
    except (OSError, ValueError) as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _query(args: argparse.Namespace) -> int:
    result = query_logs(
        args.paths or [default_log().path],
        operation=args.operation,
        module=args.module,
        metric_type=args.type,
        since=args.since,
        until=args.until,
        by=tuple(filter(None, args.by.split(","))),
        field=args.field,
    )
    if args.format == "json":
        print(json.dumps(result.as_dict(), indent=2))
    else:
        _table(result)
    if not result.percentiles:
        print("no percentiles: pip install 'backend-instrumentation[logs]'", file=sys.stderr)
    return 0


def _clean(args: argparse.Namespace) -> int:
    result = LogCleanupService(named_config(args.config)).cleanup(dry_run=args.dry_run or None)
    if args.format == "json":
        print(json.dumps(result.as_dict(), indent=2))
        return 0
    for path in result.paths:
        print(path)
    done = "would be deleted" if result.dry_run else "deleted"
    print(f"{result.deleted_files} files {done}, {result.freed_bytes} bytes, {len(result.errors)} errors")
    for error in result.errors:
        print(f"error: {error}", file=sys.stderr)
    return 0


def _table(result: QueryResult) -> None:
    rows = [[*result.by, *_COLUMNS], *([*each.key, *_cells(each)] for each in result.groups)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if column < len(result.by) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    print("; ".join(counts(result)))
    if result.percentiles:
        print(f"percentiles are within {ACCURACY:.0%} of the exact ones; durations are in seconds")
    for each in result.damaged:
        print(f"damaged: {each}")


def _cells(each: GroupSummary) -> list[str]:
    # Rounded down: 100% means that nothing failed.
    ratio = "-" if each.success_ratio is None else f"{math.floor(10000 * each.success_ratio) / 100:.2f}%"
    numbers = (each.sum, each.mean, each.p50, each.p95, each.p99)
    return [str(each.count), ratio, *("-" if number is None else f"{number:.6g}" for number in numbers)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Ask the performance logs, or clean them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    query = commands.add_parser(
        "query",
        help="count, success ratio, sum, mean and percentiles of the records",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    query.add_argument(
        "paths", nargs="*", metavar="LOG", help="a log, with its rotated files, or a folder of logs"
    )
    query.add_argument("--operation", help="only this operation")
    query.add_argument("--module", help="only this module")
    query.add_argument("--type", choices=("timer", "counter", "gauge"), help="only this metric_type")
    query.add_argument("--from", dest="since", type=_instant, metavar="TIME",
                       help="-24h, an ISO 8601 time (UTC unless it says otherwise), or seconds since 1970")  # fmt: skip
    query.add_argument(
        "--to", dest="until", type=_instant, metavar="TIME", help="likewise; this instant excluded"
    )
    query.add_argument("--by", default="operation,module", metavar="KEYS",
                       help=f"group by these, of {', '.join(KEYS)}")  # fmt: skip
    query.add_argument(
        "--field", help="the number to summarize: size, total_tokens, …; else duration or value"
    )
    clean = commands.add_parser("clean", help="delete old logs, as the configuration says")
    clean.add_argument(
        "--config", metavar="FILE", help="YAML; else configs/monitoring_logging.yaml, else defaults"
    )
    clean.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    for each in (query, clean):
        each.add_argument("--format", choices=("table", "json"), default="table")
    return parser


def _joined(words: list[str]) -> list[str]:
    """Join `--from -24h` into one word: argparse takes a word that begins with a dash for an option."""
    found: list[str] = []
    for word in words:
        if found and found[-1] in {"--from", "--to"} and word.startswith("-"):
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def _instant(text: str) -> float:
    ago = _AGO.fullmatch(text)
    if ago:
        return time.time() - float(ago[1]) * _SECONDS[ago[2]]
    if text == "now":
        return time.time()
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write -24h, now, 2026-11-15T10:00:00Z or seconds since 1970"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)).timestamp()
