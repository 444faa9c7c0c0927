"""The reference is the schema, and the schema's defaults and examples are what the reader really does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.spec_reference import TARGET, reference, sections
from watchkeeper.model.notify import Email, PagerDuty
from watchkeeper.model.scrape import ReceiverHttp
from watchkeeper.model.spec import Spec
from watchkeeper.model.stack_access import ServerTls
from watchkeeper.plan.slo.policy import DEFAULT
from watchkeeper.spec.read import read_spec
from watchkeeper.spec.schema import resolved
from watchkeeper.spec.shape.validate import _validator

# One of each thing that has keys with defaults, and none of those keys.
LEAST = """\
version: watchkeeper/v1
service: checkout
slos:
  - {name: a, objective: 99%, sli: {availability: http}, alerting: {}}
  - {name: b, objective: 99%, window: month, sli: {availability: http}}
alerts: [{preset: latency_quantile, above: 1s}]
metrics: [{name: depth, type: gauge}]
sla: {latency: {below: 1s}}
notify:
  receivers:
    email: {to: a@example.com, smarthost: "mail:25"}
    pagerduty: {routing_key_file: secrets/key}
  routes: {critical: [pagerduty], warning: {receivers: [email, pagerduty], active_hours: [days]}}
  mute: [{name: sundays, weekdays: [sunday]}]
  active_hours: [{name: days, times: ["09:00-18:00"]}]
  dead_man: {url_file: secrets/switch}
maintenance: [{name: nights, reason: r, author: a, times: ["01:00-02:00"]}]
corrections: [{name: test, reason: r, author: a, from: 2024-11-03 10:00, to: 2024-11-03 11:00}]
"""


def _read(folder: Path) -> Spec:
    path = folder / "spec.yml"
    path.write_text(LEAST)
    return read_spec(path)[0]


def _in_force(spec: Spec) -> dict[str, Any]:
    """Return the defaults in force, by heading and key of the reference."""
    service, stack = spec.services[0], spec.stack
    slo, alert, metric, mute = service.slos[0], service.alerts[0], service.metrics[0], spec.notify.mutes[0]
    mail, pager = (receiver.integration for receiver in spec.notify.receivers)
    assert isinstance(mail, Email)
    assert isinstance(pager, PagerDuty)
    switch, (_, route) = spec.notify.dead_man, spec.notify.routes
    month = service.slos[1].calendar
    assert service.sla is not None
    assert month is not None
    assert switch is not None
    return {
        "A service.team": service.team,
        "A service.metrics_path": service.metrics_path,
        "A service.signals": service.signals,
        "A service.dialect": service.dialect,
        "slos[].window": slo.window,
        "slos[].time_zone": month.location,
        "slos[].sli.external": slo.sli.external,
        "slos[].alerting.policy": slo.alerting.policy or DEFAULT,
        "slos[].alerting.enabled": slo.alerting.enabled,
        "slos[].alerting.page": slo.alerting.page,
        "slos[].alerting.ticket": slo.alerting.ticket,
        "alerts[].quantile": alert.quantile,
        "alerts[].for": alert.hold,
        "alerts[].severity": alert.severity,
        "alerts[].external": alert.external,
        "metrics[].labels": metric.labels,
        "metrics[].external": metric.external,
        "metrics[].native": metric.native,
        "metrics[].unit": metric.unit,
        "scrape.scheme": service.scrape.scheme,
        "sla.latency.quantile": service.sla.latency_quantile,
        "notify.receivers.<name>.require_tls": mail.require_tls,
        "notify.receivers.<name>.url": pager.url,
        "notify.receivers.<name>.http.follow_redirects": ReceiverHttp().follow_redirects,
        "notify.mute[].severities": mute.severities,
        "notify.mute[].location": mute.location,
        "notify.active_hours[].location": spec.notify.active_hours[0].location,
        "maintenance[].location": spec.maintenance[0].location,
        "corrections[].location": spec.corrections[0].location,
        "corrections[].leave_out": spec.corrections[0].leaves_out,
        "corrections[].share": f"{spec.corrections[0].share * 100}%",
        "notify.proxy_from_environment": spec.notify.proxy is not None,
        "slos[].receivers.critical.group_by": route.settings.group_by,
        "notify.dead_man.group_interval": switch.group_interval,
        "stack.self_monitoring.enabled": stack.self_monitoring.enabled,
        "stack.self_monitoring.samples": stack.self_monitoring.samples,
        "stack.operator.service_label": stack.operator.service_label,
        "stack.operator.port": stack.operator.port,
        "stack.access.tls.authority": ServerTls(server_name="a").authority,
        "stack.environment": stack.environment,
        "stack.scrape_interval": stack.scrape_interval,
        "stack.evaluation_interval": stack.evaluation_interval,
        "stack.external_host": stack.external_host,
        "stack.traces.storage": stack.trace_storage,
        "stack.traces.retention": stack.trace_retention,
        **{
            f"stack.{part}.{name}": getattr(getattr(stack, part), name)
            for part in ("ports", "images")
            for name in type(getattr(stack, part)).__slots__
        },
    }


def _documented() -> dict[str, Any]:
    keys = {
        f"{heading}.{key}": resolved(part)
        for heading, (_, whole) in sections().items()
        for key, part in whole["properties"].items()
    }
    return {key: part["default"] for key, part in keys.items() if part.get("default", {}) != {}}


def _same_form(values: dict[str, Any]) -> dict[str, str]:
    return {key: str(list(each) if isinstance(each, tuple) else each) for key, each in values.items()}


def test_the_reference_is_up_to_date() -> None:
    assert TARGET.read_text() == reference(), "run: python scripts/spec_reference.py"


def test_every_default_of_the_reference_is_what_holds_where_the_spec_says_nothing(tmp_path: Path) -> None:
    documented, in_force = _same_form(_documented()), _same_form(_in_force(_read(tmp_path)))
    assert documented == {key: value for key, value in in_force.items() if key in documented}
    # Image versions are in the code alone, so that a new release changes one place.
    assert {key for key in in_force if key not in documented} <= {
        key for key in in_force if ".images." in key
    }


def test_every_key_of_the_schema_is_in_the_reference_once_for_each_mapping() -> None:
    shown = reference()
    for heading, (_, part) in sections().items():
        title = heading if heading in ("The root file", "A service") else f"`{heading}`"
        body = shown.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        keys = [line.split("`")[1] for line in body.splitlines() if line.startswith("| `")]
        assert keys == list(part["properties"]), heading


_EXAMPLES = [
    (f"{heading}.{key}", resolved(part), example)
    for heading, (_, whole) in sections().items()
    for key, part in whole["properties"].items()
    for example in resolved(part).get("examples", ())
]


@pytest.mark.parametrize(
    ("place", "part", "example"), _EXAMPLES, ids=lambda each: each if isinstance(each, str) else ""
)
def test_every_example_of_the_schema_is_accepted_by_it(
    place: str, part: dict[str, Any], example: object
) -> None:
    assert [error.message for error in _validator().evolve(schema=_whole(part)).iter_errors(example)] == [], (
        place
    )


def _whole(part: Any) -> Any:
    """Return the part with references followed to the end, since it is validated outside of its schema."""
    if isinstance(part, dict):
        return {key: _whole(value) for key, value in resolved(part).items()}
    return [_whole(value) for value in part] if isinstance(part, list) else part
