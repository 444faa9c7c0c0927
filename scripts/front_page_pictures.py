"""Make the pictures of docs/front-page.md again: a fault on a real stack of its own, in headless Chromium.

It takes ten minutes, most of them for a history. Run it in the repository's folder:
python -m scripts.front_page_pictures [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.browser import browser, find_browser
from tests.integration.test_native_stack import BUNDLED, Site, site
from watchkeeper.local_http import request
from watchkeeper.stack.processes import end_processes

_IMAGES = Path("docs/images")
_CALM_SECONDS, _FAULT_SECONDS = 420, 150
# Name, width, height and color scheme; the narrow one is as phones show it at night.
_PICTURES = (("front-page-1280", 1280, 1080, False), ("front-page-375", 375, 900, True))


def main() -> int:
    """Write the pictures; 2 without a Chromium."""
    if find_browser() is None:
        print("no chromium is installed (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    images = Path(sys.argv[1] if len(sys.argv) > 1 else _IMAGES).absolute()
    images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        made = site(
            Path(name) / "shop", BUNDLED.read_text(encoding="utf-8").replace("5%, for: 5m", "5%, for: 1m")
        )
        try:
            done = made.up()
            if done.returncode:
                print(done.stderr, file=sys.stderr)
                return 1
            _fault(made)
            _pictures(made, images)
        finally:
            made.run("down", "--volumes")
            end_processes(made.state, term_seconds=0)
    return 0


def _fault(made: Site) -> None:
    demo = made.status()[1]["urls"]["Demo"].removesuffix("/docs")
    time.sleep(_CALM_SECONDS)
    request(f"{demo}/faults", method="POST", document={"error_ratio": 0.4, "latency_seconds": 0.1})
    time.sleep(_FAULT_SECONDS)


def _pictures(made: Site, images: Path) -> None:
    page = made.status()[1]["urls"]["Front page"]
    with browser() as tab:
        for name, width, height, dark in _PICTURES:
            tab.open(page, width=width, height=height, dark=dark)
            tab.wait("document.querySelectorAll('#signals path.line').length >= 5")
            tab.wait("document.title.startsWith('✘')")
            # The report is read in the background.
            tab.wait("document.querySelectorAll('#report tbody').length > 0")
            tab.picture(images / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
