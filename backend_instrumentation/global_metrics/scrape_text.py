"""Renders what a server answers to a scrape: its registry, or the merged values of several worker processes."""

from __future__ import annotations

import gzip
from collections.abc import Collection
from typing import Final

from prometheus_client import CollectorRegistry

from ..exposition.renderer import render
from ..exposition.text_format import Collected, gzip_accepted, negotiated, selected
from ..exposition.worker_merge import Workers
from ..exposition.worker_text import render_workers
from ..guard import Guard
from ..multiprocess.shared_values import folder

_GZIP_LEVEL: Final = 1


def multiprocess() -> bool:
    """Return whether this process shares its values with others through files."""
    return folder() is not None


class ScrapeText:
    """What a server answers to a scrape, in the format that the scraper accepts."""

    def __init__(self, registry: CollectorRegistry, guard: Guard) -> None:
        self._registry = registry
        self._guard = guard
        shared = folder()
        self._workers = None if shared is None else Workers(shared, guard)

    def rendered(
        self, *, accept: str, encodings: str, names: Collection[str]
    ) -> tuple[bytes, dict[str, str]]:
        """Return the text with its headers; with `names` only the samples of those names."""
        style, wanted = negotiated(accept), frozenset(names)
        if self._workers is not None:
            text = render_workers(self._workers, self._registry, style, wanted, self._guard)
        elif wanted:
            text = style.encode(Collected(selected(self._registry, wanted)))
        else:
            text = render(self._registry, style, self._guard)
        headers = {"Content-Type": style.content_type, "Vary": "Accept, Accept-Encoding"}
        if gzip_accepted(encodings):
            text = gzip.compress(text, _GZIP_LEVEL)
            headers["Content-Encoding"] = "gzip"
        return text, headers
