"""The pack `web`: how long pages take to load in browsers."""

from __future__ import annotations

from .pack_metrics import Recording


class WebPack:
    """Records page loads."""

    def __init__(self, recording: Recording) -> None:
        self._loads = recording.metric("page_load_seconds")

    def page_load(self, duration: float) -> None:
        """Record one page load; `duration` in seconds."""
        self._loads.observe(duration)
