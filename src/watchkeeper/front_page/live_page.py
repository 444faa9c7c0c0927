"""Reads what the page shows, in the background and only while somebody looks at it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from watchkeeper.front_page.front_page_html import MOST_CHARTED, Beside, Live, PeriodReport, front_page_html
from watchkeeper.front_page.golden_signals import HOUR, Signal, Span, read_signals
from watchkeeper.front_page.kept import Kept
from watchkeeper.front_page.known_spec import KnownSpec
from watchkeeper.front_page.live_tables import RUNBOOKS
from watchkeeper.front_page.recent_incidents import Recent, read_recent
from watchkeeper.front_page.verdict import SINKS
from watchkeeper.local_http import NoAnswer
from watchkeeper.model.http_dialect import WATCHKEEPER
from watchkeeper.model.service import Matcher
from watchkeeper.overview.reader import Addresses, Reader
from watchkeeper.overview.snapshot import services
from watchkeeper.report.as_html import as_html
from watchkeeper.report.figures import Report
from watchkeeper.report.read_report import read_report
from watchkeeper.report.reporting_period import Wanted, reporting_period
from watchkeeper.silences.idle import idle_silences

_LIVE_SECONDS, _RECENT_SECONDS, _REPORT_SECONDS = 4.0, 10.0, 60.0
# The page appears within a second, whatever the servers do.
_PATIENCE, _RECENT_PATIENCE, _REPORT_PATIENCE = 0.4, 0.1, 0.2
_WHOLE_REPORT_PATIENCE = 15.0


class LivePage:
    """The front page of the servers at some addresses."""

    def __init__(
        self, at: Addresses, known: KnownSpec, links: Sequence[tuple[str, str, int, str]] = ()
    ) -> None:
        """Describe the page, with links by name, scheme, port and path; no server is asked yet."""
        self._at = at
        self._links = links
        self._known = known
        self._reader = Reader(at)
        self._signals: tuple[Mapping[str, Sequence[Signal]], Span] = ({}, HOUR)
        self._live = Kept(self._read_live, every=_LIVE_SECONDS)
        self._recent = Kept(self._read_recent, every=_RECENT_SECONDS)
        self._report = Kept(self._read_report, every=_REPORT_SECONDS)
        # Compiling the templates now shortens the first reader's wait.
        front_page_html(None, PeriodReport(), Beside(), now=0.0)

    def html(self, host: str) -> str:
        """Return the page for a reader who reaches this machine under that name."""
        live, _ = self._live.get(_PATIENCE)
        if live is not None:
            live = replace(live, recent=self._recent.get(_RECENT_PATIENCE)[0])
        report = PeriodReport(*self._report.get(_REPORT_PATIENCE))
        known = self._known.now()
        beside = Beside(
            self._addresses(host, live), known.runbooks.keys(), known.problem, known.facts, known.limits
        )
        return front_page_html(live, report, beside, now=time.time())

    def report_html(self) -> str:
        """Return the whole report of the last 30 days; raise NoAnswer."""
        report, problem = self._report.get(_WHOLE_REPORT_PATIENCE)
        if report is None:
            raise NoAnswer(problem or "it is being read; try again soon")
        return as_html(report)

    def _addresses(self, host: str, live: Live | None) -> list[tuple[str, str]]:
        # The sinks run only where the secret of a receiver is missing.
        sources = live.seen.sources if live else ()
        silent = {urlsplit(self._at.sinks).port for one in sources if one.name == SINKS and one.problem}
        servers = [
            (name, f"{scheme}://{host}:{port}{path}")
            for name, scheme, port, path in self._links
            if port not in silent
        ]
        return [("Runbooks", RUNBOOKS), ("Report", "/report"), *servers]

    def _read_live(self) -> Live:
        known = self._known.now()
        self._reader.expect(known.expected)
        seen = self._reader.read()
        if known.alerts is not None:
            seen = replace(seen, idle=idle_silences(seen.unused, known.alerts))
        foreign = {one.name: one.labels for one in known.expected.foreign}
        charted = [one.name for one in services(seen)[:MOST_CHARTED]]
        selected = [(name, _own(name, foreign), known.dialects.get(name, WATCHKEEPER)) for name in charted]
        # A silent server is in the snapshot; the last charts show until when it answered.
        with suppress(NoAnswer):
            if selected:
                self._signals = read_signals(
                    self._at.prometheus, selected, end=seen.time, range_seconds=known.range_seconds
                )
        return Live(seen, *self._signals)

    def _read_recent(self) -> Recent:
        live, _ = self._live.get(_WHOLE_REPORT_PATIENCE)
        windows = {one.slo_id: one.window for one in live.seen.objectives} if live else {}
        return read_recent(self._at.prometheus, end=time.time(), windows=windows)

    def _read_report(self) -> Report:
        facts = self._known.wait(_WHOLE_REPORT_PATIENCE).facts
        at = time.time()
        return read_report(self._at.prometheus, reporting_period(Wanted(), at=at), facts, at=at)


def _own(service: str, foreign: Mapping[str, Sequence[tuple[str, str]]]) -> list[Matcher]:
    """Return the matchers of a service's series; without a spec the label that our own scrapes add must do."""
    return [(label, "=", value) for label, value in foreign.get(service, (("service", service),))]
