"""One real stack with an incident, for every picture that shows one: first two answers in five fail, then all.

It is short, so that its pictures are made again: what charts show is as long as the stack runs.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from scripts.pictures import dashboards, front_page, status
from scripts.pictures.progress import Progress
from tests.integration.test_native_stack import BUNDLED, Site, site
from watchkeeper.local_http import request
from watchkeeper.stack.processes import end_processes

_FAULT: Final = {"error_ratio": 0.4, "latency_seconds": 0.1, "sandbox_error_ratio": 0.3}
_OUTAGE: Final = {**_FAULT, "error_ratio": 1.0}
_CALM = 100
# Seconds of the fault before each picture: until the page has notified, and until a rollup has counted it.
_SHOWN_AFTER: Final[Mapping[str, int]] = {"front-page": 110, "dashboards": 300}


def play(parts: Collection[str], images: Path, progress: Progress) -> int:
    """Make the pictures of a stack during an incident; 1 when it does not start."""
    with tempfile.TemporaryDirectory() as name:
        made = site(
            Path(name) / "shop", BUNDLED.read_text(encoding="utf-8").replace("5%, for: 5m", "5%, for: 1m")
        )
        try:
            progress.say("a stack of its own starts")
            done = made.up()
            if done.returncode:
                print(done.stderr, file=sys.stderr)
                return 1
            _play(made, parts, images, progress)
        finally:
            progress.say("the stack ends")
            made.run("down", "--volumes")
            end_processes(made.state, term_seconds=0)
    return 0


def _play(made: Site, parts: Collection[str], images: Path, progress: Progress) -> None:
    urls = made.status()[1]["urls"]
    demo = urls["Demo"].removesuffix("/docs")
    began = time.monotonic()
    progress.wait_until(began + _CALM, "all is well")
    request(f"{demo}/faults", method="POST", document=_FAULT)
    shown: dict[str, Callable[[], None]] = {
        "front-page": lambda: front_page.make(urls["Front page"], images, progress),
        "dashboards": lambda: dashboards.make(made.root, urls["Prometheus"], began, images, progress),
    }
    for part, seconds in _SHOWN_AFTER.items():
        if part in parts:
            progress.wait_until(began + _CALM + seconds, "two answers in five fail")
            shown[part]()
    if "status" in parts:
        request(f"{demo}/faults", method="POST", document=_OUTAGE)
        status.make(made.root, urls["Prometheus"], progress)
