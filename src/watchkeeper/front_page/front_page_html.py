"""What is known at one moment as an HTML page that loads nothing; names of users are data in it."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Final

from jinja2 import Template
from markupsafe import Markup

from watchkeeper.front_page.golden_signals import Signal, Span
from watchkeeper.front_page.live_tables import (
    alerts_table,
    notifications_table,
    objectives_table,
    recent_table,
    targets_table,
    values_tables,
)
from watchkeeper.front_page.objective_limits import Limits
from watchkeeper.front_page.recent_incidents import Recent
from watchkeeper.front_page.signal_charts import BOTTOM, HEIGHT, TOP, WIDTH, SignalChart, signal_charts
from watchkeeper.front_page.verdict import verdict
from watchkeeper.overview.maintenance_rows import maintenance_text
from watchkeeper.overview.objective_rows import State
from watchkeeper.overview.snapshot import Service, Snapshot, services
from watchkeeper.report.as_html import templates
from watchkeeper.report.described import SpecFacts
from watchkeeper.report.figures import Report
from watchkeeper.report.incident_tables import incidents_table
from watchkeeper.report.report_tables import Table, promises_table
from watchkeeper.report.report_tables import objectives_table as period_table
from watchkeeper.report.words import headline

MOST_CHARTED: Final = 6
_SIGNS: Final[dict[State, str]] = {
    "firing": "✘",
    "spent": "✘",
    "burning": "▲",
    "no data": "?",
    "idle": "?",
    "ok": "✔",
}


@dataclass(frozen=True, slots=True)
class Live:
    """What was read at one moment; `signals` are by service, over the time of `span`, `recent` is None until it was read."""

    seen: Snapshot
    signals: Mapping[str, Sequence[Signal]]
    span: Span
    recent: Recent | None = None


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """The report, or why there is none."""

    report: Report | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the figures: links by name and address, paths of runbooks, and what the spec adds.

    `limits` are what its objectives allow in charts.
    """

    links: Sequence[tuple[str, str]] = ()
    runbooks: Collection[str] = ()
    notice: str = ""
    facts: SpecFacts = field(default_factory=SpecFacts)
    limits: Limits = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShownService:
    """A service with its charts; `words` are its state and how many of its targets answer."""

    service: Service
    sign: str
    words: str
    charts: tuple[SignalChart, ...]


def front_page_html(live: Live | None, of_period: PeriodReport, beside: Beside, *, now: float) -> str:
    """Return the page; `live` is None before anything was read, `now` is in Unix seconds."""
    seen = live.seen if live else None
    report = of_period.report
    return _template().render(
        verdict=verdict(seen, now=now),
        read_at=f"{datetime.fromtimestamp(seen.time, timezone.utc):%H:%M:%S}" if seen else "",
        links=beside.links,
        notice=beside.notice,
        maintenance=[maintenance_text(one, now=now) for one in seen.maintenance] if seen else [],
        tables=_tables(seen, beside) if seen else {},
        values=values_tables(seen) if seen else (),
        recent=recent_table(live.recent) if live and live.recent else None,
        states=_states(seen) if seen else "",
        services=list(_services(live, beside.limits)) if live else [],
        minutes=live.span.seconds // 60 if live else 0,
        hidden=max(0, len(services(seen)) - MOST_CHARTED) if seen else 0,
        report=report and {"headline": headline(report), "period": report.period.name, "tables": _of(report)},
        report_problem=of_period.problem,
        **_look(),
    )


def policy() -> str:
    """Return the content security policy of the page: its own style and script, and reading itself again."""
    look = _look()
    return (
        f"default-src 'none'; style-src '{look['style_hash']}'; script-src '{look['script_hash']}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _tables(seen: Snapshot, beside: Beside) -> dict[str, Table]:
    return {
        "alerts": alerts_table(seen, beside.runbooks, beside.facts),
        "objectives": objectives_table(seen),
        "notifications": notifications_table(seen),
        "targets": targets_table(seen),
    }


def _states(seen: Snapshot) -> str:
    return ", ".join(f"{number} {state}" for state, number in seen.states.items())


def _services(live: Live, limits: Limits) -> Iterator[ShownService]:
    for one in services(live.seen)[:MOST_CHARTED]:
        sign, words = _SIGNS[one.state], f"{one.up} of {one.total} targets up"
        if one.state == "ok" and one.up < one.total:
            # Its objectives may be kept, or it may have none: either way it is not well.
            sign = "▲" if one.up else "✘"
        else:
            words = f"{one.state}; {words}"
        charts = signal_charts(live.signals.get(one.name, ()), live.span, limits.get(one.name, {}))
        yield ShownService(one, sign, words, charts)


def _of(report: Report) -> list[Table]:
    promises = [promises_table(report)] if report.promises else []
    return [*promises, period_table(report), incidents_table(report)]


@cache
def _look() -> dict[str, object]:
    style = _resource("watchkeeper.report", "report.css") + _own("front_page.css")
    script = _own("front_page.js")
    return {
        "style": Markup(style),  # noqa: S704 -- our own file
        "script": Markup(script),  # noqa: S704 -- our own file
        "style_hash": _digest(style),
        "script_hash": _digest(script),
        "size": {"width": WIDTH, "height": HEIGHT, "top": TOP, "bottom": BOTTOM},
    }


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()


@cache
def _template() -> Template:
    return templates().from_string(_own("front_page.html.j2"))


def _own(name: str) -> str:
    return _resource("watchkeeper.front_page", name)


def _resource(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
