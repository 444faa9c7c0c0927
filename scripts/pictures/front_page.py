"""The pictures of docs/front-page.md."""

from __future__ import annotations

from pathlib import Path

from scripts.pictures.progress import Progress
from tests.browser import browser

# Name, width, height and color scheme; the narrow one is as phones show it at night.
_PICTURES = (("front-page-1280", 1280, 1080, False), ("front-page-375", 375, 900, True))


def make(page: str, images: Path, progress: Progress) -> None:
    """Photograph the page of a stack whose alert fires."""
    with browser() as tab:
        for name, width, height, dark in _PICTURES:
            tab.open(page, width=width, height=height, dark=dark)
            tab.wait("document.querySelectorAll('#signals path.line').length >= 5")
            tab.wait("document.title.startsWith('✘')")
            # Incidents and the report are read in the background.
            tab.wait("document.querySelectorAll('#incidents tbody').length > 0")
            tab.wait("document.querySelectorAll('#report tbody').length > 0")
            tab.picture(images / f"{name}.png")
            progress.say(f"{name}.png")
