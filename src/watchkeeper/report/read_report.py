"""Read a whole report from a server."""

from __future__ import annotations

from collections.abc import Sequence

from watchkeeper.report.corrected_history import notes_of, with_corrections
from watchkeeper.report.described import SpecFacts
from watchkeeper.report.figures import Audience, Report, report_of
from watchkeeper.report.left_out_events import read_planned_work
from watchkeeper.report.notes_file import Note
from watchkeeper.report.raw_counters import read_counts, with_culprits
from watchkeeper.report.read_history import of_services, read_history
from watchkeeper.report.reporting_period import ReportingPeriod


def read_report(
    server: str,
    period: ReportingPeriod,
    facts: SpecFacts,
    *,
    at: float,
    audience: Audience = "team",
    services: Sequence[str] = (),
    notes: Sequence[Note] = (),
) -> Report:
    """Return the report of a period, of all services or of some, as it is known at a moment; raise NoAnswer."""
    promised = [one.slo_id for one in facts.promises if one.slo_id]
    history = read_history(server, period, services, promised)
    history, taken_out = with_corrections(server, history, period, facts, services)
    counts = read_counts(server, facts, period)
    planned = read_planned_work(server, period, of_services(services))
    report = report_of(
        history,
        period,
        facts,
        at=at,
        audience=audience,
        notes=(*notes, *notes_of(facts.corrections)),
        counts=counts,
        planned=planned,
        taken_out=taken_out,
    )
    return with_culprits(server, report)
