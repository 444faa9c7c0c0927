"""A runbook for every alert, an index of them, and the form that a team may replace."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.backends.runbooks.facts import facts_of
from watchkeeper.backends.runbooks.form import FORM, Form, bundled, source
from watchkeeper.backends.runbooks.form import TemplateFailed as TemplateFailed
from watchkeeper.backends.runbooks.pieces import Pieces
from watchkeeper.emit import markdown
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.markdown import Markdown
from watchkeeper.plan.plan import Plan, PlannedService


def render(plan: Plan) -> dict[str, str]:
    """Return one Markdown file for each alert, the index and the bundled form; raise TemplateFailed."""
    form, pieces = Form(plan.runbook_template), Pieces(plan)
    files = {naming.RUNBOOK_FORM: _form(plan)}
    if plan.has_runbooks:
        files[naming.RUNBOOK_INDEX] = _index(plan)
    for service in plan.alerting_services:
        written = {alert.name: alert for alert in service.spec.alerts}
        for alert in service.alerts:
            files[alert.runbook_path] = form.fill(
                facts_of(alert, written.get(alert.name), None, service, plan, pieces)
            )
        for slo in service.slos:
            for alert in slo.alerts:
                files[alert.runbook_path] = form.fill(facts_of(alert, None, slo, service, plan, pieces))
    return files


def _form(plan: Plan) -> str:
    header = generated_from(plan.source).replace("\n", " ")
    return f"{{# {header.replace('#}', '# }')} #}}\n{source(FORM)}"


def _index(plan: Plan) -> str:
    services = [(one.name, one.team, _rows(one)) for one in plan.alerting_services if one.all_alerts]
    header = Markdown(generated_from(plan.source).replace("\n", " "))
    return bundled("index.md").render(header=header, services=services)


def _rows(service: PlannedService) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    for alert in service.all_alerts:
        path = alert.runbook_path.removeprefix(naming.RUNBOOKS + "/")
        rows.append((markdown.link(alert.name, path), alert.severity, ", ".join(alert.receivers) or "nobody"))
    return rows
