"""Runs the sinks: ``python -m watchkeeper.sinks --journal PATH``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from watchkeeper.sinks.address import AddressError, address_argument


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped and return 0, or 2 when an address or the journal is unusable."""
    options = _parser().parse_args(arguments)
    # Imported late, so that --help and option errors appear at once.
    from watchkeeper.sinks.sink_server import Settings, run

    settings = Settings(options.http, options.smtp, options.journal, options.slow_seconds)
    try:
        run(settings)
    except AddressError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"cannot write the journal {settings.journal}: {error.strerror}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m watchkeeper.sinks",
        description="Accept the payloads of Slack, PagerDuty, webhooks and mail on this machine.",
    )
    parser.add_argument("--http", type=address_argument, default="127.0.0.1:9199", metavar="HOST:PORT")
    parser.add_argument("--smtp", type=address_argument, default="127.0.0.1:1025", metavar="HOST:PORT")
    parser.add_argument(
        "--journal", type=Path, required=True, metavar="PATH", help="the file to append JSON lines to"
    )
    parser.add_argument(
        "--slow-seconds",
        type=_seconds,
        default=30.0,
        metavar="N",
        help="the delay in mode slow (default: 30)",
    )
    return parser


def _seconds(value: str) -> float:
    seconds = float(value)
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{value} is not between 0 and 3600 seconds")
    return seconds


def _fail(message: str) -> int:
    print(f"sinks: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
