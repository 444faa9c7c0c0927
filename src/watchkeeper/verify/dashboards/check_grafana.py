"""The verdicts on the published dashboards, and on the provisioning files with which Grafana finds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from watchkeeper.plan.plan import Plan
from watchkeeper.verify.dashboards.dashboard_rules import problems
from watchkeeper.verify.dashboards.read_series import unknown_series
from watchkeeper.verify.dashboards.shown_panels import Page, read_pages
from watchkeeper.verify.outcome import Outcome

_SHOWN = 5
_LINK = re.compile(r'"/d/([^?"$]+)[?"]')
_PROVISIONING = "monitoring/grafana/provisioning"
_DATA_SOURCES = ("prometheus", "jaeger", "alertmanager")


def check_grafana(plan: Plan, root: Path, dashboards: Iterable[str]) -> Iterator[Outcome]:
    """Yield the verdicts on the dashboards with these paths, and on the provisioning files."""
    pages, wrong = read_pages(root, dashboards)
    wrong += unknown_series(pages, plan, root)
    wrong += _addresses(pages)
    # Dashboards that differ by the name of their service only have the same faults.
    firsts = [page for page in pages if page.content.service == page.service]
    wrong += [text for page in firsts for text in problems(page)]
    panels = sum(len(page.content.graphs) for page in pages)
    queries = sum(len(page.content.queries) for page in pages)
    words = f"{len(pages)} dashboards with {panels} panels and {queries} queries"
    yield _outcome("dashboards", wrong, words)
    yield _outcome(
        "grafana provisioning", list(_provisioning(root)), "data sources and folders fit the dashboards"
    )


def _outcome(check: str, wrong: list[str], words: str) -> Outcome:
    if not wrong:
        return Outcome(check, "ok", words)
    more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return Outcome(check, "failed", "; ".join(wrong[:_SHOWN]) + more)


def _addresses(pages: Sequence[Page]) -> Iterator[str]:
    """Yield addresses that two dashboards have, and links to one that none has."""
    owners: dict[str, str] = {}
    for page in pages:
        if page.uid in owners:
            yield f"{page.path} has the uid {page.uid} of {owners[page.uid]}"
        owners.setdefault(page.uid, page.path)
    for page in pages:
        for uid in sorted(set(_LINK.findall(page.text)) - owners.keys()):
            yield f"{page.path} links to /d/{uid}, which no dashboard has"


def _provisioning(root: Path) -> Iterator[str]:
    sources = _yaml(root / _PROVISIONING / "datasources" / "datasources.yaml").get("datasources", ())
    uids = [source.get("uid") for source in sources]
    for wanted in _DATA_SOURCES:
        if uids.count(wanted) != 1:
            yield f"the data source {wanted} is missing, or there twice"
    for source in sources:
        settings = source.get("jsonData", {})
        named = [one.get("datasourceUid") for one in settings.get("exemplarTraceIdDestinations", ())]
        named += [settings["alertmanagerUid"]] if "alertmanagerUid" in settings else []
        for uid in named:
            if uid not in uids:
                yield f"{source.get('uid')} refers to {uid}, which is no data source"
    providers = _yaml(root / _PROVISIONING / "dashboards" / "dashboards.yaml").get("providers", ())
    if [one.get("options", {}).get("foldersFromFilesStructure") for one in providers] != [True]:
        yield "the provider does not show the folders of the dashboards"
    if any("folder" in one for one in providers):
        yield "the provider names a folder, with which Grafana does not start"


def _yaml(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
