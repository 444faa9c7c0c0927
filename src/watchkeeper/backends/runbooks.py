"""A runbook for every alert: what it means, who was told, what to run first."""

from __future__ import annotations

from watchkeeper.emit import markdown
from watchkeeper.emit.header import generated_from
from watchkeeper.plan.values import Plan, PlannedAlert


def render(plan: Plan) -> dict[str, str]:
    """Return one Markdown file an alert."""
    return {
        alert.runbook_path: _page(alert, plan) for service in plan.services for alert in service.all_alerts
    }


def _page(alert: PlannedAlert, plan: Plan) -> str:
    ports, host = plan.stack.ports, plan.stack.external_host
    header = "".join(f"<!-- {line} -->\n" for line in generated_from(plan.source).splitlines())
    silence = (
        f"amtool --alertmanager.url=http://{host}:{ports.alertmanager} silence add"
        f' alertname={alert.name} service={alert.service} --duration=1h --comment="why"'
    )
    facts = markdown.table(("what", "value"), _facts(alert))
    parts = (
        f"# {markdown.inline(alert.name)}",
        "## Meaning",
        markdown.inline(alert.why),
        facts,
        "## Impact",
        markdown.inline(alert.impact or "Users of the service notice, or soon will."),
        "## Diagnosis",
        "Run this first:",
        markdown.fence(alert.next_query, language="promql"),
        f"Then look at the traces of the same minutes: http://{host}:{ports.jaeger}/search?service={alert.service}",
        "It fires on:",
        markdown.fence(alert.expr, language="promql"),
        "## Mitigation",
        "Undo the last change if it came shortly before; else follow the slowest or failing part that the query names.",
        "While you work on it, silence it for an hour:",
        markdown.fence(silence, language="sh"),
    )
    return header + "\n" + "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _facts(alert: PlannedAlert) -> list[tuple[str, str]]:
    told = ", ".join(alert.receivers) or "nobody"
    facts = [
        ("service", alert.service),
        ("severity", alert.severity),
        ("who is told", told),
        ("fires after", str(alert.hold)),
    ]
    if alert.window is not None:
        facts.append(("looks at", str(alert.window)))
    return facts
