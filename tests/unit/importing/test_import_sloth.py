"""Sloth's files, plain and as a Kubernetes object."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.importing.imports import imported, said, slos

_EVENTS = """
      events:
        error_query: sum(rate(requests_total{job="shop",code=~"5.."}[{{.window}}]))
        total_query: sum(rate(requests_total{job="shop"}[{{.window}}]))
"""
PLAIN = f"""
version: "prometheus/v1"
service: "Shop Front"
labels: {{owner: web, tier: 2, severity: high}}
slo_plugins: {{chain: [{{id: "sloth.dev/core/debug/v1"}}]}}
slos:
  - name: requests
    objective: 99.9
    description: >-
      Requests that
      succeed.
    labels: {{category: availability}}
    sli:{_EVENTS}
    alerting:
      name: ShopErrors
      labels: {{kind: slo, owner: payments}}
      annotations: {{summary: Errors, runbook: "https://wiki.example.com/shop"}}
      page_alert:
        labels: {{severity: pageteam, channel: a, room: x}}
      ticket_alert:
        labels: {{severity: info, channel: a, room: y}}
  - name: quiet
    objective: 99.90000000000001
    sli:{_EVENTS}
    alerting: {{page_alert: {{disable: true}}, ticket_alert: {{disable: true}}}}
  - name: tickets-only
    objective: 95
    sli:{_EVENTS}
    alerting: {{page_alert: {{disable: true}}}}
  - name: plugged
    objective: 99
    sli: {{plugin: {{id: availability, options: {{job: shop}}}}}}
"""


def test_every_field_is_kept_changed_or_dropped(tmp_path: Path) -> None:
    found = imported(tmp_path, "sloth", PLAIN, window="28d")
    spec = yaml.safe_load(found.text)
    assert (spec["service"], spec["scrape"], spec["labels"]) == (
        "shop-front",
        False,
        {"owner": "web", "tier": "2"},
    )
    assert slos(found)["requests"] == {
        "name": "requests",
        "description": "Requests that succeed.",
        "objective": "99.9%",
        "window": "28d",
        "sli": {
            "events": {
                "bad": 'requests_total{job="shop",code=~"5.."}',
                "total": 'requests_total{job="shop"}',
            },
            "external": True,
        },
        "labels": {"category": "availability", "kind": "slo", "owner": "payments", "channel": "a"},
        "runbook": "https://wiki.example.com/shop",
        "alerting": {"ticket": "info"},
    }
    assert (found.defined, found.count, found.is_whole) == (4, 3, False)


def test_the_report_names_each_line(tmp_path: Path) -> None:
    found = imported(tmp_path, "sloth", PLAIN)
    assert [one.partition(" has ")[0].partition(" is ")[0] for one in said(found, "dropped")] == [
        "4 labels.severity cannot be a label here: the label 'severity'",
        "5 slo_plugins 'sloth.dev/core/debug/v1'",
        "21 annotations.summary",
        "23 alerting.page_alert.labels.room",
        "25 alerting.ticket_alert.labels.room",
    ]
    changed = said(found, "changed")
    assert "3 service 'Shop Front' is 'shop-front' here" in changed
    assert '4 labels.tier is written as the text "2"' in changed
    assert any("ShopFrontRequestsFastBurn" in one and one.startswith("19 alerting.name") for one in changed)
    assert (
        "23 alerting.page_alert.labels.severity 'pageteam' is critical here; route that severity" in changed
    )
    assert [one for one in changed if "noise of a binary fraction" in one] == [
        "27 objective 99.90000000000001% has the noise of a binary fraction and is 99.9% here"
    ]
    (refused,) = said(found, "refused")
    assert refused.startswith("44 sli.plugin 'availability' is a program that writes the query")


def test_alerts_that_are_off_stay_off(tmp_path: Path) -> None:
    found = slos(imported(tmp_path, "sloth", PLAIN))
    assert found["quiet"]["alerting"] == {"enabled": False}
    assert found["quiet"]["objective"] == "99.9%"
    assert found["tickets-only"]["alerting"] == {"page": "off"}


_OBJECT = """
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata: {{name: {service}, namespace: monitoring}}
spec:
  service: {service}
  labels: {{owner: {owner}, camelCase: kept}}
  slos:
    - name: "requests"
      objective: 99.99
      sli:
        raw:
          errorRatioQuery: |
            sum(rate(bad_total[{{{{.window}}}}]))
            /
            sum(rate(all_total[{{{{.window}}}}]))
      alerting: {{pageAlert: {{disable: true}}}}
"""


def test_several_objects_in_a_file_become_several_services(tmp_path: Path) -> None:
    text = _OBJECT.format(service="cart", owner="web") + "---" + _OBJECT.format(service="pay", owner="money")
    found = imported(tmp_path, "sloth", text + "---\napiVersion: v1\nkind: ConfigMap\n")
    spec = yaml.safe_load(found.text)
    assert [one["labels"] for one in spec["services"]] == [
        {"owner": "web", "camelCase": "kept"},
        {"owner": "money", "camelCase": "kept"},
    ]
    assert [one["slos"][0]["sli"]["events"] for one in spec["services"]] == [
        {"bad": "bad_total", "total": "all_total"}
    ] * 2
    assert said(found, "dropped")[-1].endswith(
        "ConfigMap is not Sloth's `version: prometheus/v1` or `kind: PrometheusServiceLevel`"
    )


def test_two_files_of_one_service_share_it_and_no_name(tmp_path: Path) -> None:
    first, second = (_OBJECT.format(service="cart", owner=owner) for owner in ("web", "money"))
    found = imported(tmp_path, "sloth", first, second)
    assert [(name, one["labels"]["owner"]) for name, one in slos(found).items()] == [
        ("requests", "web"),
        ("requests-2", "money"),
    ]
    assert any("is taken in cart" in one for one in said(found, "changed"))


def test_a_grouped_indicator_has_a_budget_for_each_value_or_says_why_not(tmp_path: Path) -> None:
    def grouped(label: str) -> str:
        text = PLAIN.replace("sum(rate(", f"sum by ({label}) (rate(")
        return text.partition("  - name: quiet")[0]

    found = imported(tmp_path, "sloth", grouped("handler"))
    assert (slos(found)["requests"]["by"], slos(found)["requests"]["at_most"]) == (["handler"], 50)
    assert any("sli is `by: [handler]`: at most 50 values" in one for one in said(found, "changed"))
    found = imported(tmp_path, "sloth", grouped("instance"))
    assert "by" not in slos(found)["requests"]
    assert any("sli has no place, the objective has one budget" in one for one in said(found, "dropped"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("objective: 99.99", "objective: 100"), "an objective of 100% leaves no error budget"),
        (("objective: 99.99", "objective: high"), "'high' is not a number"),
        (('name: "requests"', 'name: "!!"'), "contains no letter and no digit"),
        (('name: "requests"', 'name: ""'), "is missing"),
        (("sum(rate(bad_total", "sum by (code) (rate(bad_total"), "is grouped by (code)"),
        (("errorRatioQuery", "errorRatioQurey"), "`error_ratio_query` is missing"),
        (("    - name", "    - nmae"), "`name` is missing"),
    ],
)
def test_a_refused_objective_says_why_and_nothing_is_written(
    tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    found = imported(tmp_path, "sloth", _OBJECT.format(service="cart", owner="web").replace(*change))
    (refused,) = [one for one in found.changes if one.kind == "refused"]
    assert reason in f"`{refused.field}` {refused.text}"
    assert (found.text, found.count) == ("", 0)


def test_an_objective_that_a_spec_cannot_have_is_refused_with_the_specs_own_words(tmp_path: Path) -> None:
    text = _OBJECT.format(service="cart", owner="web")
    several = text.replace("sum(rate(bad_total[{{.window}}]))\n            /", 'errors:ratio{job="a"} + b')
    found = imported(
        tmp_path, "sloth", several.replace("            sum(rate(all_total[{{.window}}]))\n", "")
    )
    (refused,) = said(found, "refused")
    assert refused.startswith(
        "9 sli has a problem: `ratio` may return several series, and one is needed; wrap"
    )
    assert refused.endswith(" [WK222]")
