"""A page for each service that says what its proofs show: committed, so that a review shows what changes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from watchkeeper import naming
from watchkeeper.emit import markdown
from watchkeeper.emit.header import generated_from
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.plan import Plan, PlannedService, PlannedSlo
from watchkeeper.plan.proofs.proof_rows import ProofRow, alert_row, slo_rows
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.slo_scenarios import scenarios
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario

_COLUMNS = ("scenario", "alert", "what must happen", "when")


def render(plan: Plan) -> dict[str, str]:
    """Return one Markdown file for each service with an alert."""
    return {
        naming.proof_page_path(service.name): _page(service, plan.source)
        for service in plan.alerting_services
        if service.all_alerts
    }


def _page(service: PlannedService, source: str) -> str:
    header = "".join(f"<!-- {line} -->\n" for line in generated_from(source).splitlines())
    parts = [
        f"# Proofs of {markdown.inline(service.name)}",
        "`watchkeeper verify` runs these scenarios on the published rules, with more instants and more checks.",
    ]
    for slo in service.slos:
        parts += _objective(slo)
    if service.alerts:
        parts += ["## Threshold alerts", _table(_thresholds(service))]
    return header + "\n" + "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _objective(slo: PlannedSlo) -> Iterator[str]:
    objective = (
        f"{percentage(slo.parameters.objective)} of {slo.indicator.unit} over {slo.parameters.window_words}"
    )
    yield f"## {markdown.inline(slo.name)}: {objective}"
    if slo.proof.profile is None:
        yield f"UNPROVEN: {markdown.inline(slo.proof.unproven or 'nobody has written a proof')}"
    else:
        yield _of_profile(slo.proof.profile)


@lru_cache(maxsize=256)
def _of_profile(profile: ScenarioProfile) -> str:
    """Return the table of SLOs with this profile, which have the same scenarios."""
    return _table(slo_rows(scenarios(profile)))


def _thresholds(service: PlannedService) -> Iterator[ProofRow]:
    found: dict[str, list[AlertScenario]] = {}
    for scenario in service.alert_scenarios:
        found.setdefault(scenario.alert, []).append(scenario)
    for alert in service.alerts:
        if alert.name in found:
            yield alert_row(found[alert.name])
        else:
            yield ProofRow("", alert.name, "UNPROVEN", "")


def _table(rows: Iterator[ProofRow]) -> str:
    cells = [(row.scenario, row.alert, row.must, row.when) for row in rows]
    return markdown.table(_COLUMNS, cells, aligned=False)
