"""What Prometheus says becomes values, and values become tables that line up and documents for machines."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.cli.text.status_text import as_document, as_text
from watchkeeper.overview.numbers_text import duration
from watchkeeper.stack.stack_status import Part, Status, problems_of, with_its_store
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import Endpoints
from watchkeeper.stack.view.observed import ActiveAlert, Observed, Rule, Target, parse
from watchkeeper.stack.view.ready import missing_of

AT = Endpoints(
    prometheus="http://127.0.0.1:9090",
    alertmanager="http://127.0.0.1:9093",
    jaeger="http://127.0.0.1:16686",
    jaeger_health="http://127.0.0.1:13133",
    grafana="",
    demo="http://127.0.0.1:8000",
    demo_metrics="http://127.0.0.1:8000/metrics",
    sinks="http://127.0.0.1:9199",
)
UP = Target("helloagents", "127.0.0.1:8000", "helloagents", "ok", "")
DOWN = Target("checkout", "checkout:8000", "checkout", "failing", "connection refused")
YOUNG = Target("jaeger", "127.0.0.1:8888", "", "waiting", "")
GOOD = Rule("ServiceDown", "helloagents-alerts", "alerting", "ok", "")
BROKEN = Rule("HighErrorRate", "helloagents-alerts", "alerting", "failing", "many-to-many matching")
NEW = Rule("HighLatency", "helloagents-alerts", "alerting", "waiting", "")
ALERT = ActiveAlert("ServiceDown", "firing", "critical", "helloagents", 880.0, "helloagents is down")
PARTS = (Part("prometheus", "RUNNING", 41, 400.0, ""), Part("jaeger", "FATAL", 0, 0, "Exited too quickly"))


def plain(text: str, _: str) -> str:
    return text


def coloured(text: str, colour: str) -> str:
    return f"<{colour}>{text}</>"


def status(*, parts: tuple[Part, ...] = PARTS[:1], seen: Observed | None = None) -> Status:
    return Status("native", AT, (), parts, seen, problems_of(parts, seen))


def api(rule: dict[str, Any], *, interval: int = 30) -> list[dict[str, Any]]:
    return [{"name": "g", "interval": interval, "rules": [{"name": "R", "type": "alerting", **rule}]}]


@pytest.mark.parametrize(
    ("rule", "age", "expected"),
    [
        ({"health": "ok", "lastError": ""}, 5, ("ok", "")),
        ({"health": "err", "lastError": "boom"}, 5, ("failing", "boom")),
        ({"health": "unknown"}, 59, ("waiting", "")),
        ({"health": "unknown"}, 70, ("failing", "never evaluated")),
    ],
)
def test_a_rule_without_an_evaluation_is_excused_for_two_rounds_only(
    rule: dict[str, Any], age: float, expected: tuple[str, str]
) -> None:
    found = parse([], api(rule), age=age).rules[0]
    assert (found.health, found.error) == expected


def test_a_targets_error_is_told_without_the_address_that_stands_beside_it() -> None:
    error = 'Get "http://checkout:8000/metrics": dial tcp: lookup checkout: no such host'
    entry = {
        "scrapePool": "checkout",
        "discoveredLabels": {"__address__": "checkout:8000"},
        "labels": {"service": "checkout", "instance": "checkout:8000"},
        "health": "down",
        "lastError": error,
    }
    assert parse([entry], [], age=0).targets == (
        Target("checkout", "checkout:8000", "checkout", "failing", "dial tcp: lookup checkout: no such host"),
    )


def test_alerts_come_with_the_firing_ones_first_and_times_of_any_precision() -> None:
    alerts = [
        {
            "labels": {"alertname": name, "severity": "warning", "service": "a"},
            "annotations": {"summary": name},
            "state": state,
            "activeAt": moment,
        }
        for name, state, moment in (
            ("AtFirst", "pending", "1970-01-01T00:00:10Z"),
            ("Now", "firing", "1970-01-01T00:00:10.123456789Z"),
        )
    ]
    found = parse([], api({"health": "ok", "alerts": alerts}), age=0).alerts
    assert [(alert.name, round(alert.since, 3)) for alert in found] == [("Now", 10.123), ("AtFirst", 10.0)]


def test_a_stack_that_is_well_says_so_in_its_last_line() -> None:
    seen = Observed((UP,), (GOOD, NEW), (ALERT,))
    assert as_text(status(seen=seen), plain, now=1000.0) == (
        "PART        STATE    PID  SINCE\n"
        "prometheus  running  41   10m\n"
        "\n"
        "TARGET       STATE  ADDRESS\n"
        "helloagents  up     127.0.0.1:8000\n"
        "\n"
        "Rules: 1 of 2 ok, 1 not evaluated yet\n"
        "\n"
        "ALERT        STATE   SEVERITY  SERVICE      FOR\n"
        "ServiceDown  firing  critical  helloagents  2m   helloagents is down\n"
        "\n"
        "Prometheus    http://127.0.0.1:9090\n"
        "Alertmanager  http://127.0.0.1:9093\n"
        "Jaeger        http://127.0.0.1:16686\n"
        "Demo          http://127.0.0.1:8000/docs\n"
        "Sinks         http://127.0.0.1:9199/\n"
        "\n"
        "All is well: every target is up and every rule is ok; 1 alert firing\n"
    )


def test_whatever_is_not_well_is_listed_at_the_end_with_its_reason() -> None:
    shown = as_text(status(parts=PARTS, seen=Observed((UP, DOWN, YOUNG), (GOOD, BROKEN), ())), plain, now=1.0)
    assert shown.endswith(
        "4 problems:\n"
        "  jaeger: Exited too quickly\n"
        "  target checkout checkout:8000: connection refused\n"
        "  target jaeger 127.0.0.1:8888: not scraped yet\n"
        "  rule HighErrorRate: many-to-many matching\n"
    )


def test_a_stack_whose_prometheus_is_silent_is_not_well() -> None:
    assert status(seen=None).healthy is False
    assert "Prometheus does not answer, so targets and rules are unknown" in as_text(
        status(seen=None), plain, now=1.0
    )


@pytest.mark.parametrize(
    ("seen", "healthy"),
    [
        (Observed((UP,), (GOOD,), ()), True),
        (Observed((UP,), (GOOD, NEW), (ALERT,)), True),
        (Observed((UP, DOWN), (GOOD,), ()), False),
        (Observed((UP, YOUNG), (GOOD,), ()), False),
        (Observed((UP,), (GOOD, BROKEN), ()), False),
    ],
)
def test_targets_and_rules_decide_and_alerts_do_not(seen: Observed, healthy: bool) -> None:
    assert status(seen=seen).healthy is healthy


def test_colours_never_move_a_column() -> None:
    seen = Observed((UP, DOWN), (GOOD,), (ALERT,))
    bare = as_text(status(parts=PARTS, seen=seen), plain, now=1000.0)
    painted = as_text(status(parts=PARTS, seen=seen), coloured, now=1000.0)
    for colour in ("red", "green", "yellow", "dim", "cyan"):
        painted = painted.replace(f"<{colour}>", "")
    assert painted.replace("</>", "") == bare
    assert "<red>down</>" in as_text(status(seen=seen), coloured, now=1000.0).replace(" ", "")


def test_the_document_for_machines_holds_what_the_tables_hold() -> None:
    document = json.loads(json.dumps(as_document(status(seen=Observed((UP, DOWN), (BROKEN,), (ALERT,))))))
    assert document["healthy"] is False
    assert document["mode"] == "native"
    assert document["targets"][1]["error"] == "connection refused"
    assert document["rules"][0]["health"] == "failing"
    assert document["alerts"][0]["name"] == "ServiceDown"
    assert document["urls"]["Prometheus"] == "http://127.0.0.1:9090"
    assert len(document["problems"]) == 2


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (200, "3m20s"),
        (3600, "1h"),
        (7500, "2h5m"),
        (90_000, "1d1h"),
        (-5, "0s"),
    ],
)
def test_durations_are_told_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seen", "fresh", "missing"),
    [
        (None, True, "Prometheus"),
        (Observed((), (), ()), True, "the first target"),
        (Observed((UP, YOUNG), (GOOD,), ()), True, "targets, 1 of 2 up"),
        (Observed((UP,), (GOOD, NEW), ()), True, "rules, 1 of 2 evaluated"),
        (Observed((UP,), (GOOD, NEW), ()), False, ""),
        (Observed((UP, DOWN), (GOOD, BROKEN), ()), True, ""),
    ],
)
def test_a_start_waits_for_the_stack_and_not_for_services_of_the_users(
    seen: Observed | None, fresh: bool, missing: str
) -> None:
    assert missing_of(seen, ["checkout"], fresh=fresh) == missing


def test_a_start_waits_for_the_demo_and_tells_why_it_is_down() -> None:
    assert missing_of(Observed((UP, DOWN), (), ()), [], fresh=False) == (
        "targets, 1 of 2 up (checkout: connection refused)"
    )


def test_a_service_on_this_machine_is_told_how_containers_reach_it() -> None:
    local = replace(DOWN, address="host.docker.internal:8000")
    assert local.reason.startswith(
        "connection refused; containers do not reach a service that listens on 127.0.0.1"
    )
    assert replace(local, error="context deadline exceeded").reason == "context deadline exceeded"
    assert local.reason in problems_of((), Observed((local,), (), ()))[0]


def test_a_program_that_runs_on_without_its_data_is_a_problem(tmp_path: Path) -> None:
    state, jaeger = State(tmp_path), Part("jaeger", "RUNNING", 41, 400.0, "")
    lost = with_its_store(jaeger, state)
    assert f"{tmp_path}/data/jaeger/keys is missing: `watchkeeper down`" in lost.problem
    (tmp_path / "data/jaeger/keys").mkdir(parents=True)
    assert with_its_store(jaeger, state) == jaeger
    # Others have none; and what does not run has said so.
    for part in (Part("sinks", "RUNNING", 42, 400.0, ""), Part("prometheus", "FATAL", 0, 0, "Exited")):
        assert with_its_store(part, state) == part
