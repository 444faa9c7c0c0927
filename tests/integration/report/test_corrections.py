"""Corrections in the report of a real Prometheus: counted event by event, with both figures and each reason."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.integration.report.october import AVAILABILITY, END, LATENCY, MONTH, OUTAGE
from tests.integration.report.recorded_month import EVALUATION, EVALUATIONS_AT, Recorded
from tests.integration.report.test_page import Page
from watchkeeper.cli import main

pytestmark = pytest.mark.tools
# An event of the span may be seen until so many seconds after it, at the default intervals.
_SEEN = 135
_TEST = (OUTAGE[0] - 600, OUTAGE[1])
# In one bin of an hour, in the middle of what is bad all the time.
_PROBE = (MONTH + 19 * 86_400 + 600, MONTH + 19 * 86_400 + 2_400)
_SPEC = """\
version: watchkeeper/v1
service: checkout
signals: [http]
stack: {{retention: 3650d}}
sla: {{availability: 99.9%}}
slos:
  - {{name: availability, objective: 99.9%, sli: {{availability: http}}}}
  - {{name: latency, objective: 95%, sli: {{latency: http, threshold: 500ms}}}}
corrections:
  - {{name: load-test, from: "{test[0]}", to: "{test[1]}", slo: availability, leave_out: all, reason: our load test,
     author: Mona Lisa, ticket: "https://tickets.example.com/7"}}
  - {{name: probe, from: "{probe[0]}", to: "{probe[1]}", services: [checkout], slo: latency, share: 40%, reason: a wrong probe,
     author: Grace}}
"""


def _clock(span: tuple[int, int]) -> list[str]:
    return [f"{datetime.fromtimestamp(one, timezone.utc):%Y-%m-%d %H:%M}" for one in span]


def _recorded(one: Recorded, span: tuple[int, int]) -> tuple[float, float]:
    """Return bad and all events at the evaluations of a span and of the time in which its events are seen."""
    first = span[0] - span[0] % EVALUATION + EVALUATIONS_AT
    seen = [when - EVALUATION for when in range(first, span[1] + _SEEN + 1, EVALUATION) if when > span[0]]
    total = [EVALUATION * one.traffic(when) for when in seen]
    return sum(of * one.errors(when) for of, when in zip(total, seen, strict=True)), sum(total)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corrections") / "spec.yml"
    path.write_text(_SPEC.format(test=_clock(_TEST), probe=_clock(_PROBE)))
    return path


def _report(server: str, spec: Path, name: str, *flags: str) -> str:
    out = spec.parent / name
    main(["report", str(spec), "--prometheus", server, "--month", "2026-10", *flags, "--out", str(out)])
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def document(server: str, spec: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_report(server, spec, "r.json"))
    return found


def _objective(document: dict[str, Any], slo_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["objectives"] if one["slo_id"] == slo_id)
    return found


def test_a_load_test_is_out_with_its_good_events_and_both_figures_are_there(document: dict[str, Any]) -> None:
    found, recorded = _objective(document, AVAILABILITY.slo_id), AVAILABILITY.counts(MONTH, END)
    bad, total = _recorded(AVAILABILITY, _TEST)
    assert found["bad_events"] == pytest.approx(recorded[0] - bad, rel=1e-6)
    assert found["total_events"] == pytest.approx(recorded[1] - total, rel=1e-9)
    (taken,) = found["corrections"]
    assert taken["name"] == "load-test"
    assert taken["bad_events"] == pytest.approx(bad, rel=1e-9)
    assert taken["total_events"] == pytest.approx(total, rel=1e-9)
    assert (found["as_recorded"]["bad_events"], found["as_recorded"]["total_events"]) == pytest.approx(
        recorded
    )
    assert (found["state"], found["as_recorded"]["state"]) == ("met", "missed")
    days = {day["date"]: day["bad_events"] for day in found["days"]}
    assert sum(days.values()) == pytest.approx(found["bad_events"])
    assert days["2026-10-10"] < recorded[0] / 100


def test_a_share_of_the_bad_events_counts_as_good(document: dict[str, Any]) -> None:
    found, recorded = _objective(document, LATENCY.slo_id), LATENCY.counts(MONTH, END)
    bad, _ = _recorded(LATENCY, _PROBE)
    assert found["bad_events"] == pytest.approx(recorded[0] - 0.4 * bad, rel=1e-9)
    assert found["total_events"] == pytest.approx(recorded[1], rel=1e-9)
    assert found["corrections"][0]["total_events"] == 0


def test_an_incident_stays_with_the_reason_as_its_cause(document: dict[str, Any]) -> None:
    incidents = _objective(document, AVAILABILITY.slo_id)["incidents"]
    assert [one["cause"] for one in incidents if one["paged"]] == ["corrected by Mona Lisa: our load test"]
    assert {one["name"]: one["author"] for one in document["corrections"]} == {
        "load-test": "Mona Lisa",
        "probe": "Grace",
    }


def test_people_read_both_and_customers_see_no_author(server: str, spec: Path) -> None:
    text = _report(server, spec, "r.md")
    assert "## With corrections, and as recorded" in text
    assert "Mona Lisa" in text
    # The first table says so itself: a figure that was corrected in silence would be worth nothing.
    assert "Corrected by hand: checkout-latency, checkout-availability (✘ missed as recorded)." in text
    assert "Mona Lisa" in " ".join(Page(_report(server, spec, "r.html")).text)
    public = _report(server, spec, "c.md", "--audience", "customer")
    assert "our load test" in public
    assert "a wrong probe" not in public  # no promise is read from the latency objective
    assert "As recorded" in public
    assert "Corrected by hand: checkout availability (✘ missed as recorded)." in public
    assert "Mona Lisa" not in public
    assert "tickets.example.com" not in public
    values = json.loads(_report(server, spec, "c.json", "--audience", "customer"))
    (shown,) = values["corrections"]
    assert shown["reason"] == "our load test"
    assert not {"name", "slo", "services", "author", "ticket"} & shown.keys()
    assert {one["as_recorded"]["state"] for one in values["promises"]} == {"missed"}
    assert "Mona Lisa" not in json.dumps(values)
    row = _report(server, spec, "r.csv").splitlines()
    assert row[0].endswith("actual_as_recorded_ratio,bad_events_as_recorded")


def test_the_month_after_has_the_corrected_month_as_its_past(server: str, spec: Path) -> None:
    out = spec.parent / "n.json"
    words = ["--from", "2026-10-16", "--to", "2026-10-31"]
    main(["report", str(spec), "--prometheus", server, *words, "--out", str(out)])
    found = _objective(json.loads(out.read_text()), AVAILABILITY.slo_id)
    bad, total = (
        all_ - taken
        for all_, taken in zip(
            AVAILABILITY.counts(MONTH, MONTH + 15 * 86_400), _recorded(AVAILABILITY, _TEST), strict=True
        )
    )
    assert found["previous"]["total_events"] == pytest.approx(total, rel=1e-6)
    assert found["previous"]["bad_events"] == pytest.approx(bad, rel=1e-4)
    assert found["corrections"] == []
