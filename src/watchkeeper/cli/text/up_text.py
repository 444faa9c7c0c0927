"""The closing text of `up`: what was done, the addresses, and what to try next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from watchkeeper.cli.text.invocation import call
from watchkeeper.cli.text.status_text import urls
from watchkeeper.model.spec import Spec
from watchkeeper.overview.numbers_text import duration
from watchkeeper.stack.bring_up import UpResult
from watchkeeper.stack.view.endpoints import Endpoints

Paint = Callable[[str, str, TextIO], str]


def summary(outcome: UpResult, spec: Spec, *, seconds: float, paint: Paint) -> str:
    """Return the closing text of `up`, without a line end."""
    lines = [paint(_result(outcome, seconds), "green", sys.stdout), ""]
    for name, url in urls(outcome.endpoints):
        hint = (
            " (user admin; password: monitoring/grafana/secrets/admin_password)" if name == "Grafana" else ""
        )
        lines.append(f"  {name:<13} {paint(url, 'cyan', sys.stdout)}{hint}")
    if outcome.mode == "native":
        lines.append(f"  {'Grafana':<13} {_no_grafana(spec)}")
    if outcome.remarks:
        lines += ["", *(f"  {remark}" for remark in outcome.remarks)]
    findings = (*outcome.found.silent, *outcome.found.failing)
    if findings:
        lines += ["", paint("Problems:", "yellow", sys.stdout), *(f"  {finding}" for finding in findings)]
    return "\n".join([*lines, "", "What to try next:", *_next(outcome.endpoints, spec)])


def _result(outcome: UpResult, seconds: float) -> str:
    how = {"native": "as processes on this machine", "compose": "in containers"}[outcome.mode]
    if outcome.started:
        return f"The stack is up after {duration(seconds)}, {how}."
    if outcome.done:
        return f"The stack is up to date, {how}: {', '.join(outcome.done)}."
    return f"The stack is already up, {how}; nothing changed."


def _no_grafana(spec: Spec) -> str:
    image = spec.stack.images.grafana.partition("@")[0]
    return f"needs containers (image {image}); its dashboards are in monitoring/grafana/dashboards/"


def _next(at: Endpoints, spec: Spec) -> Iterator[str]:
    names = {alert.name for service in spec.services for alert in service.alerts}
    if at.demo:
        body = """-H 'content-type: application/json' -d '{"error_ratio": 0.5}'"""
        yield f"  curl -X POST {at.demo}/faults {body}"
        yield f"                                        half of the answers fail; undo: curl -X DELETE {at.demo}/faults"
        if "ServiceDown" in names:
            yield f"  {call('drill'):<39} inject a fault, wait for the page, remove the fault"
    yield f"  {call('status'):<39} error budgets, targets, rules, alerts"
    yield f"  {call('down'):<39} stop everything and keep the data"
