"""Alerts, targets and notifications, from what the servers answer, and the verdict about all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.overview.answers import alert, rows, samples
from watchkeeper.overview.alert_rows import alerts, alerts_of_series, with_routing
from watchkeeper.overview.expected import ForeignService, ServiceOf
from watchkeeper.overview.notification_rows import Sent, sent
from watchkeeper.overview.snapshot import FAULT, UNREACHABLE, WELL, Service, Snapshot, Source, services
from watchkeeper.overview.target_rows import DownTarget, Job, counts_query, down_targets, jobs
from watchkeeper.prometheus_api import Sample


def listed(name: str, state: str = "firing", severity: str = "critical", at: str = "10") -> dict[str, Any]:
    return {
        "labels": {"alertname": name, "severity": severity, "service": "checkout"},
        "annotations": {"summary": f"{name} happens"},
        "state": state,
        "activeAt": f"1970-01-01T00:00:{at}.123456789Z",
    }


def test_alerts_come_firing_first_then_by_severity_then_newest() -> None:
    found = alerts(
        [
            listed("Pending", "pending"),
            listed("Warning", severity="warning"),
            listed("Old"),
            listed("New", at="50"),
            listed("Info", severity="info"),
        ]
    )
    assert [one.name for one in found] == ["New", "Old", "Warning", "Info", "Pending"]
    assert (round(found[0].since, 3), found[0].summary) == (50.123, "New happens")


def test_alertmanager_adds_receivers_silences_and_inhibitions_although_it_has_more_labels() -> None:
    found = alerts([listed("Silenced"), listed("Inhibited"), listed("Sent"), listed("Unknown")])

    def in_alertmanager(name: str, **status: list[str]) -> dict[str, Any]:
        labels = {**listed(name)["labels"], "environment": "production"}
        return {"labels": labels, "status": status, "receivers": [{"name": "pagerduty"}, {"name": "slack"}]}

    other = in_alertmanager("Unknown") | {"labels": {"alertname": "Unknown", "service": "other"}}
    routed = with_routing(
        found,
        [
            in_alertmanager("Silenced", silencedBy=["1"], inhibitedBy=["2"]),
            in_alertmanager("Inhibited", inhibitedBy=["2"]),
            in_alertmanager("Sent"),
            other,
        ],
    )
    assert {one.name: (one.muted, len(one.receivers)) for one in routed} == {
        "Silenced": ("silenced", 2),
        "Inhibited": ("inhibited", 2),
        "Sent": ("", 2),
        "Unknown": ("", 0),
    }


def test_the_series_of_alerts_replace_the_list_that_some_servers_lack() -> None:
    series = {
        "__name__": "ALERTS",
        "alertname": "A",
        "alertstate": "pending",
        "slo_id": "x",
        "alert_kind": "idle",
    }
    (found,) = alerts_of_series([Sample(series, 1.0)])
    assert (found.name, found.state, found.slo_id, found.kind, found.since) == (
        "A",
        "pending",
        "x",
        "idle",
        0.0,
    )
    assert found.labels == {"alertname": "A", "slo_id": "x", "alert_kind": "idle"}


def test_jobs_count_their_targets_and_those_with_missing_ones_come_first() -> None:
    answer = [
        Sample({"job": "a", "service": "shop", "up": "1"}, 3.0),
        Sample({"job": "b", "up": "0"}, 1.0),
        Sample({"job": "b", "up": "1"}, 2.0),
    ]
    assert jobs(answer, ServiceOf(())) == (Job("b", "", 2, 3), Job("a", "shop", 3, 3))


def test_a_target_that_is_down_has_the_useful_end_of_its_error() -> None:
    error = 'Get "http://shop:8000/metrics": dial tcp: lookup shop: no such host'
    target = {"labels": {"job": "shop", "instance": "shop:8000"}, "lastError": error}
    answer = [Sample({"job": "shop", "instance": "shop:8000", "service": "shop"}, 0.0)]
    assert down_targets(answer, ServiceOf(()), [target]) == (
        DownTarget("shop", "shop:8000", "shop", "dial tcp: lookup shop: no such host"),
    )
    assert down_targets(answer, ServiceOf(()))[0].error == ""


def test_counts_of_notifications_are_whole_and_failing_integrations_come_first() -> None:
    answer = [
        Sample({"integration": "slack", "result": "sent"}, 3.98),
        Sample({"integration": "webhook", "result": "sent"}, 2.0),
        Sample({"integration": "webhook", "result": "failed"}, 1.1),
        Sample({"integration": "email", "result": "sent"}, 0.2),
    ]
    assert sent(answer) == (Sent("webhook", 2, 1), Sent("slack", 4, 0))


PROMETHEUS = Source("Prometheus", "http://p", 9.0)
OTHER = alert("z", "service_down")


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (Snapshot(9.0, (PROMETHEUS,), rows(samples("a"))), WELL),
        (Snapshot(9.0, (PROMETHEUS,), rows(samples("a", events=0.0))), WELL),
        (Snapshot(9.0, (PROMETHEUS,), rows(samples("a", burn_1h=2.0))), FAULT),
        (Snapshot(9.0, (PROMETHEUS,), rows(samples("a", remaining=-1.0))), FAULT),
        (Snapshot(9.0, (PROMETHEUS,), (), (OTHER,)), FAULT),
        (Snapshot(9.0, (PROMETHEUS,), (), (replace(OTHER, severity="none"),)), WELL),
        (Snapshot(9.0, (PROMETHEUS,), (), (replace(OTHER, state="pending"),)), WELL),
        (Snapshot(9.0, (replace(PROMETHEUS, problem="x"),), rows(samples("a", burn_1h=2.0))), UNREACHABLE),
        (Snapshot(9.0, (PROMETHEUS, Source("Alertmanager", "http://a", 0.0, "x"))), WELL),
    ],
)
def test_the_verdict_is_the_exit_code(seen: Snapshot, verdict: int) -> None:
    assert seen.verdict == verdict


def test_a_service_is_as_bad_as_its_worst_objective_or_alert() -> None:
    seen = Snapshot(
        9.0,
        (PROMETHEUS,),
        rows(samples("a"), samples("b", burn_1h=2.0), samples("c", service="shop")),
        (alert("z", service="mail"),),
        (Job("x", "shop", 1, 2), Job("y", "shop", 1, 1), Job("p", "", 1, 1), Job("q", "quiet", 1, 1)),
    )
    assert services(seen) == (
        Service("mail", "firing", 0, 0),
        Service("checkout", "burning", 0, 0),
        Service("shop", "ok", 2, 3),
        Service("quiet", "ok", 1, 1),
    )
    assert (seen.up, seen.total, seen.states) == (4, 5, {"burning": 1, "ok": 2})


def test_targets_that_others_scrape_belong_to_the_service_whose_labels_they_have() -> None:
    service_of = ServiceOf(
        (
            ForeignService("checkout", (("namespace", "pay.*"), ("job", "web"))),
            ForeignService("search", (("job", "web"), ("namespace", "search"))),
            ForeignService("mail", (("app", "mail"),)),
        )
    )
    assert counts_query(service_of) == 'count_values by (app, job, namespace, service) ("up", up)'
    web = {"job": "web", "service": "web-svc", "up": "1"}
    answer = [
        Sample({**web, "namespace": "pay.*"}, 2.0),
        Sample({**web, "namespace": "pay.*", "up": "0"}, 1.0),
        Sample({**web, "namespace": "payments"}, 5.0),
        Sample({**web, "namespace": "search"}, 3.0),
        Sample({**web, "namespace": "search", "service": "other-svc"}, 4.0),
        Sample({"app": "mail", "up": "1"}, 1.0),
    ]
    assert jobs(answer, service_of) == (
        Job("web", "checkout", 2, 3),
        Job("", "mail", 1, 1),
        Job("web", "search", 7, 7),
        Job("web", "web-svc", 5, 5),
    )
    down = Sample({"job": "web", "namespace": "search", "instance": "a:1", "service": "web-svc"}, 0.0)
    assert down_targets([down], service_of) == (DownTarget("web", "a:1", "search"),)
