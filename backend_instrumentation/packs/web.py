"""The pack `web`: how long pages take to load in browsers."""

from __future__ import annotations

from .pack_metrics import Recording


class WebPack:
    """Records page loads."""

    def __init__(self, recording: Recording) -> None:
        self._loads = recording.metric("page_load_seconds")
        self._vitals = recording.metric("web_vital_seconds")
        self._beacons = recording.metric("web_beacons_total")
        self._reports = recording.metric("web_error_reports_total")

    def page_load(self, duration: float, weight: float = 1) -> None:
        """Record one page load; `duration` in seconds. It counts as `weight` loads, where only some are reported."""
        self._loads.observe(duration, weight)

    def vital(self, vital: str, route: str, duration: float, weight: float = 1) -> None:
        """Record one web vital of a page, such as `LCP`; `duration` in seconds."""
        self._vitals.observe(duration, weight, vital=vital, route=route)

    def beacon(self, result: str) -> None:
        """Count a report of a browser, by what became of it."""
        self._beacons.inc(result=result)

    def error_report(self, result: str) -> None:
        """Count an error report of a browser, by what became of it."""
        self._reports.inc(result=result)
