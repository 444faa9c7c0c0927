"""The verdicts on the queries and on the links of the published runbooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from watchkeeper import naming
from watchkeeper.plan.plan import Plan
from watchkeeper.verify.outcome import Outcome
from watchkeeper.verify.runbooks.runbook_links import Links
from watchkeeper.verify.runbooks.runbook_queries import Queries

_SHOWN = 5


def check_runbooks(plan: Plan, root: Path, dashboards: Iterable[str]) -> Iterator[Outcome]:
    """Yield both verdicts; `dashboards` are the paths of the published dashboards, to which runbooks link."""
    pages = [(alert, service) for service in plan.alerting_services for alert in service.all_alerts]
    texts = {alert.runbook_path: text_of(root / alert.runbook_path) for alert, _ in pages}
    queries, links = Queries(root), Links(root, dashboards)
    unknown, lost = [], []
    for alert, service in pages:
        path = alert.runbook_path
        unknown += [f"{path} {fault}" for fault in queries.faults(texts[path], alert, service)]
        lost += [f"{path} {fault}" for fault in links.faults(path, texts[path])]
        lost += links.address_faults(alert, service.spec.runbook_base_url)
    index = text_of(root / naming.RUNBOOK_INDEX)
    lost += [f"{naming.RUNBOOK_INDEX} {fault}" for fault in links.faults(naming.RUNBOOK_INDEX, index)]
    yield _outcome("runbooks", unknown, f"{len(pages)} runbooks with {queries.count} queries")
    yield _outcome("links", lost, f"{links.count} links of runbooks, and to them, lead somewhere")


def _outcome(check: str, wrong: list[str], words: str) -> Outcome:
    if not wrong:
        return Outcome(check, "ok", words)
    more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return Outcome(check, "failed", "; ".join(wrong[:_SHOWN]) + more)


def text_of(path: Path) -> str:
    """Return a published file, empty where it is missing: the check of drift reports that."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
