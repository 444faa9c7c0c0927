"""The command: make the pictures of docs/images/ again, and the screens of docs/status.md.

python -m scripts.pictures                        all of them, in about ten minutes
python -m scripts.pictures report messages        only these, in seconds
python -m scripts.pictures front-page --out /tmp  into another folder
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from scripts.pictures import incident, messages, report
from scripts.pictures.progress import Progress
from tests.browser import find_browser

ROOT = Path(__file__).parents[2]
# Those of a running stack come last: their incident takes minutes.
LIVE = ("front-page", "dashboards", "status")
PARTS = ("messages", "report", *LIVE)


def missing(parts: Collection[str]) -> Iterator[str]:
    """Yield what the machine lacks for some parts, with what installs it."""
    if set(parts) - {"status"} and find_browser() is None:
        yield "chromium is missing (Debian: apt-get install chromium)"
    if "dashboards" in parts and shutil.which("npm") is None:
        yield "npm is missing (Debian: apt-get install npm)"
    if "status" in parts and shutil.which("tmux") is None:
        yield "tmux is missing (Debian: apt-get install tmux)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the chosen pictures; 1 when the stack does not start, 2 without a program that they need."""
    options = _parser().parse_args(arguments)
    parts = options.parts or PARTS
    problems = [*missing(parts), *_unknown(parts)]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        return 2
    images = options.out.absolute()
    images.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    for name, make in (("messages", messages.make), ("report", report.make)):
        if name in parts:
            make(images, progress)
    live = [name for name in LIVE if name in parts]
    return incident.play(live, images, progress) if live else 0


def _unknown(parts: Collection[str]) -> Iterator[str]:
    for part in parts:
        if part not in PARTS:
            yield f"{part} is no part; the parts are {', '.join(PARTS)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.pictures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", metavar="FOLDER")
    return parser


if __name__ == "__main__":
    sys.exit(main())
