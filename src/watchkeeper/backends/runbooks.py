"""A runbook for every alert: what it means, whom it notifies, what to run first."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.emit import markdown
from watchkeeper.emit.header import generated_from
from watchkeeper.plan.human_format import clock, percentage
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedSlo
from watchkeeper.plan.slo.budget_words import budget_words
from watchkeeper.plan.slo.detection import detection, ratios_of
from watchkeeper.plan.slo.tiers import Tier

_MITIGATION = (
    "Revert the last change if it came shortly before the alert."
    " Otherwise follow the slowest or failing part of the query."
)


def render(plan: Plan) -> dict[str, str]:
    """Return one Markdown file per alert."""
    files: dict[str, str] = {}
    for service in plan.alerting_services:
        for alert in service.alerts:
            files[alert.runbook_path] = _page(alert, plan, service.source, None)
        for slo in service.slos:
            for alert in slo.alerts:
                files[alert.runbook_path] = _page(alert, plan, service.source, slo)
    return files


def _page(alert: PlannedAlert, plan: Plan, source: str, slo: PlannedSlo | None) -> str:
    ports, host = plan.stack.ports, plan.stack.external_host
    header = "".join(f"<!-- {line} -->\n" for line in generated_from(source).splitlines())
    silence = (
        f"amtool --alertmanager.url=http://{host}:{ports.alertmanager} silence add"
        f' alertname={alert.name} service={alert.service} --duration=1h --comment="why"'
    )
    is_own = alert.service == naming.OWN_SERVICE
    traces = f"Then open the traces of the same minutes: http://{host}:{ports.jaeger}/search?service={alert.service}"
    parts = (
        f"# {markdown.inline(alert.name)}",
        "## Meaning",
        markdown.inline(alert.comment),
        markdown.table(("what", "value"), _facts(alert)),
        *(_objective(alert, slo) if slo is not None else ()),
        "## Impact",
        markdown.inline(alert.impact or "Users of the service are affected, or soon will be."),
        "## Diagnosis",
        "Run this first:",
        markdown.fence(alert.next_query, language="promql"),
        *(() if is_own else (traces,)),
        *_expression(alert, slo),
        "## Mitigation",
        markdown.inline(alert.mitigation or _MITIGATION),
        *(() if alert.severity == "none" else _silence(silence)),
    )
    return header + "\n" + "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _silence(command: str) -> tuple[str, str]:
    return "Silence the alert for an hour while you work on it:", markdown.fence(command, language="sh")


def _expression(alert: PlannedAlert, slo: PlannedSlo | None) -> Iterator[str]:
    """Yield the expression; an objective's is long, and the rule file shows it with the series that it reads."""
    if slo is not None:
        yield f"The alert's expression is in {markdown.code(slo.rules_path)}."
        return
    yield "The alert's expression:"
    yield markdown.fence(alert.expr, language="promql")


def _objective(alert: PlannedAlert, slo: PlannedSlo) -> Iterator[str]:
    """Yield what the objective allows, and for a burn alert how soon each of its tiers fires."""
    outage = clock(float(slo.budget * slo.parameters.window.seconds))
    yield "## Objective"
    objective, window = percentage(slo.parameters.objective), slo.parameters.window
    yield f"{objective} of {slo.indicator.unit} over {window}: the error budget is {outage} of total outage."
    fires = dict(budget_words(slo)).get(alert.slo_kind or "")
    if fires is not None:
        yield f"The alert fires {fires}."
    tiers = [tier for tier in slo.tiers if tier.alert_kind == alert.slo_kind]
    if tiers:
        yield markdown.table(
            ("windows", "error ratio", "fires after", "budget spent"), _detections(tiers, slo)
        )


def _detections(tiers: list[Tier], slo: PlannedSlo) -> list[tuple[str, str, str, str]]:
    rows = []
    for tier in tiers:
        for ratio in ratios_of(tier):
            found = detection(tier, slo, ratio)
            after = clock(found.seconds) if found.seconds is not None else "never"
            rows.append((f"{tier.long}/{tier.short}", percentage(ratio), after, f"{found.budget_gone:.1%}"))
    return rows


def _facts(alert: PlannedAlert) -> list[tuple[str, str]]:
    facts = [
        ("service", alert.service),
        ("severity", alert.severity),
        ("notifies", ", ".join(alert.receivers) or "nobody"),
    ]
    if alert.hold.milliseconds:
        facts.append(("for", str(alert.hold)))
    if alert.window is not None:
        facts.append(("window", str(alert.window)))
    return facts
