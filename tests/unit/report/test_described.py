"""What the report takes from a spec: whom an alert notifies is decided by its route, not by its severity."""

from __future__ import annotations

from pathlib import Path

from watchkeeper.report.described import SpecFacts, spec_facts
from watchkeeper.spec.read import read_spec

EXAMPLE = Path(__file__).parents[3] / "examples/specs/teams-and-pagers.yml"
BUNDLED = Path(__file__).parents[3] / "monitoring/SLO_DEFINITIONS.yml"


def facts_of(path: Path) -> SpecFacts:
    return spec_facts(read_spec(path)[0], "")


def test_two_alerts_of_one_severity_notify_the_receivers_of_their_own_routes() -> None:
    facts = facts_of(EXAMPLE)
    assert facts.notified("checkout", "CheckoutAvailabilityFastBurn") == ("pager-payments", "chat")
    assert facts.notified("checkout", "ServiceDown") == ("pager-payments", "chat")
    assert facts.notified("search", "ServiceDown") == ("pager", "chat")
    assert facts.notified("checkout", "HighErrorRate") == ("mail-payments",)
    assert facts.notified("search", "HighErrorRate") == ("chat-search",)


def test_an_alert_that_todays_spec_does_not_have_notified_nobody_that_is_known() -> None:
    assert facts_of(EXAMPLE).notified("checkout", "Renamed") == ()
    assert SpecFacts().notified("checkout", "ServiceDown") == ()


def test_the_stacks_own_alerts_and_each_alerts_own_runbook_are_known() -> None:
    facts = facts_of(BUNDLED)
    assert facts.notified("watchkeeper", "PrometheusRuleFailures")
    runbook = facts.alerts["helloagents", "ServiceDown"].runbook
    assert runbook == "http://localhost:9190/runbooks/helloagents/ServiceDown.md"


def test_a_runbook_of_the_alerts_own_goes_before_the_services(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(
        "version: watchkeeper/v1\nservice: shop\nrunbook_base_url: https://runbooks.example.com\nalerts:\n"
        "  - {preset: service_down, severity: critical, runbook: 'https://wiki.example.com/down'}\n"
    )
    assert facts_of(spec).alerts["shop", "ServiceDown"].runbook == "https://wiki.example.com/down"
