"""`watchkeeper tools`: where each tool was found; missing ones are built."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, with_examples

if TYPE_CHECKING:
    from watchkeeper.toolchain import Search, Tool

_EXAMPLES = """\
  watchkeeper tools                          show every tool and build the missing ones
  watchkeeper tools --check                  only show them; exit 1 if one is missing
  watchkeeper tools --only docker-compose    only this tool, which is optional otherwise
  watchkeeper tools --export bin             also write links to the tools into a folder
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(parser, _EXAMPLES)
    parser.add_argument("--check", action="store_true", help="build nothing; exit 1 if a tool is missing")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="only this tool; may be repeated",
    )
    add_format(parser, default="table")
    parser.add_argument(
        "--export", type=Path, metavar="DIR", help="write links to the tools into this folder"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return tools(build=not args.check, only=args.only, output_format=args.format, export=args.export)


def tools(*, build: bool, only: Sequence[str], output_format: str, export: Path | None = None) -> int:
    """Show where each tool is, building missing ones if `build`; 0 all found, 1 some missing, 2 an error."""
    from watchkeeper.toolchain import ToolchainError, search, tool_names

    required = list(only) or tool_names(optional=False)
    try:
        searches = [search(name) for name in only or tool_names()]
    except ToolchainError as error:
        return _refuse(str(error))
    missing = [found.name for found in searches if found.tool is None and found.name in required]
    built, failure = _build(missing) if build and missing else ({}, "")
    searches = [_updated(found, built) for found in searches]
    sys.stdout.write(_json(searches) if output_format == "json" else _table(searches))
    if not failure and export is not None:
        failure = _export(searches, export)
    if failure:
        return _refuse(failure)
    return 1 if any(found.tool is None and found.name in required for found in searches) else 0


def _build(missing: Sequence[str]) -> tuple[dict[str, Tool], str]:
    from watchkeeper.toolchain import ToolchainError, ensure

    try:
        return ensure(missing), ""
    except ToolchainError as error:
        return {}, str(error)


def _updated(found: Search, built: dict[str, Tool]) -> Search:
    from watchkeeper.toolchain import Search, find

    # When one build failed, the others may have succeeded.
    return Search(found.name, found.tool or built.get(found.name) or find(found.name), found.skipped)


def _refuse(message: str) -> int:
    from watchkeeper.cli.text.console import error_line

    for line in message.splitlines():
        error_line(line)
    return 2


def _table(searches: Sequence[Search]) -> str:
    rows = [("TOOL", "VERSION", "FROM", "PATH"), *map(_row, searches)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*map(str.ljust, row[:3], widths), row[3]]).rstrip() for row in rows]
    for found in searches:
        lines += [f"{found.name}: skipped {each.path}: {each.reason}" for each in found.skipped]
    return "\n".join(lines) + "\n"


def _row(found: Search) -> tuple[str, str, str, str]:
    from watchkeeper.toolchain import locate

    if found.tool is not None:
        return found.name, found.tool.version, found.tool.origin, str(found.tool.path)
    module, _ = locate(found.name)
    state = "not built" if module.optional else "missing"
    return found.name, "-", state, f"watchkeeper tools --only {found.name} builds {module.release}"


def _json(searches: Sequence[Search]) -> str:
    import json

    rows = [
        {
            "name": found.name,
            "version": found.tool.version if found.tool else None,
            "origin": found.tool.origin if found.tool else None,
            "path": str(found.tool.path) if found.tool else None,
            "skipped": [{"path": str(each.path), "reason": each.reason} for each in found.skipped],
        }
        for found in searches
    ]
    return json.dumps({"tools": rows}, indent=2) + "\n"


def _export(searches: Sequence[Search], folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for found in searches:
            link = folder / found.name
            if found.tool is None or found.tool.path == link.absolute():
                continue
            if link.exists() and not link.is_symlink():
                return f"{link} is a regular file, so it is not replaced by a link to {found.tool.path}"
            fresh = link.with_name(f".{found.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(found.tool.path)
            # A rename, so that the tool is never missing for somebody who runs it now.
            fresh.replace(link)
    except OSError as error:
        return f"cannot write links into {folder}: {error.strerror}"
    return ""
