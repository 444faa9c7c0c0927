"""Serves the front page: ``python -m watchkeeper.front_page --prometheus URL``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from watchkeeper.sinks.address import AddressError, address_argument


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped and return 0, or 2 when the address is unusable."""
    options = _parser().parse_args(arguments)
    # Imported late, so that --help and option errors appear at once.
    from watchkeeper.front_page.page_server import PageAccess, Settings, run

    access = None
    if options.access is not None:
        access = PageAccess(options.access, options.tls_name, options.ca)
    settings = Settings(
        options.http,
        options.prometheus,
        options.alertmanager,
        options.sinks,
        options.spec,
        tuple(options.known_as),
        tuple(map(_link, options.link)),
        access,
    )
    try:
        run(settings)
    except AddressError as error:
        print(f"front page: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m watchkeeper.front_page",
        description="Serve the front page and the runbooks of a running stack.",
    )
    parser.add_argument("--http", type=address_argument, default="127.0.0.1:9190", metavar="HOST:PORT")
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090", metavar="URL")
    parser.add_argument("--alertmanager", default="", metavar="URL")
    parser.add_argument("--sinks", default="", metavar="URL")
    parser.add_argument(
        "--spec", type=Path, metavar="FILE", help="descriptions, promises and runbooks come from it"
    )
    parser.add_argument(
        "--known-as", action="append", default=[], metavar="NAME", help="a further name of this machine"
    )
    parser.add_argument(
        "--link",
        action="append",
        default=[],
        metavar="NAME=http:PORT[/PATH]",
        help="a server of this machine",
    )
    parser.add_argument("--access", type=Path, metavar="FOLDER", help="ask for a password of its users")
    parser.add_argument("--tls-name", default="", metavar="NAME", help="serve https with its certificate")
    parser.add_argument("--ca", default="", metavar="FILE", help="the authority of that certificate")
    return parser


def _link(value: str) -> tuple[str, str, int, str]:
    name, _, address = value.partition("=")
    scheme, _, rest = address.partition(":")
    port, slash, path = rest.partition("/")
    return name, scheme, int(port), f"{slash}{path}"


if __name__ == "__main__":
    raise SystemExit(main())
