"""A service that others scrape: everything that reads its series selects by their labels, and nothing scrapes it again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.loading import load_plan, load_spec
from watchkeeper import promql_tree
from watchkeeper.model.service import Matcher
from watchkeeper.pipeline import render_files, render_proofs
from watchkeeper.report.described import spec_facts

SPEC = """version: watchkeeper/v1
services:
- service: checkout
  signals: [http, system, sandbox, health, database]
  match: {job: pay, namespace: prod}
  sla: {availability: 99%, latency: {quantile: 0.9, below: 500ms}}
  metrics: [{name: orders_total, type: counter, labels: [channel]}]
  slos:
  - {name: availability, objective: 99%, sli: {availability: http}}
  - {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 200ms}}
  - {name: orders, objective: 95%, sli: {events: {bad: 'orders_total{channel="lost"}', total: orders_total}}}
  alerts:
  - {preset: service_down, severity: critical}
  - {preset: error_ratio, above: 5%, name: Errors}
  - {preset: latency_quantile, above: 500ms, name: Slow}
  - {preset: saturation, resource: cpu, above: 90%, name: Cpu}
  - {preset: gauge_below, metric: sandbox_pool_available, below: 1, name: Pool}
  - {preset: health_failing, name: Health}
  - {preset: replicas_below, below: 2, name: Replicas}
  - {name: Pods, expr: 'sum by (pod) (rate(orders_total[5m])) > 9', proof: {fires: [{series: 'orders_total{pod="a"}', values: 0+900x9}], silent: [{series: 'orders_total{pod="a"}', values: 0x9}]}}
- {service: found, labels: {tier: "1"}, metrics_path: /m, discovery: {dns: {names: [tasks.found], port: 8000}}}
- {service: listed, discovery: {file: [discovery/a-*.json]}}
- {service: asked, discovery: {http: "http://inventory/a"}}
- {service: elsewhere, scrape: false, alerts: [{preset: service_down}]}
"""  # noqa: E501
OWN = {("job", "=", "pay"), ("namespace", "=", "prod")}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("foreign") / "spec.yml"
    path.write_text(SPEC)
    plan = load_plan(path)
    return {**render_files(plan), **render_proofs(plan, root="..")}


def _rules(files: dict[str, str]) -> Iterator[str]:
    for path, text in files.items():
        if path.startswith(
            ("monitoring/prometheus/rules/checkout/", "monitoring/prometheus/alerts/checkout")
        ):
            for group in yaml.safe_load(text)["groups"]:
                for rule in group["rules"]:
                    yield rule["expr"]
                    if "annotations" in rule and "{{" not in rule["annotations"]["query"]:
                        yield rule["annotations"]["query"]


def _panels(files: dict[str, str]) -> Iterator[str]:
    for path, text in files.items():
        if path.startswith("monitoring/grafana/dashboards/checkout/"):
            for panel in json.loads(text)["panels"]:
                for target in panel.get("targets", ()):
                    yield _without_variables(target["expr"])


def _without_variables(expr: str) -> str:
    for variable, value in (("$__rate_interval", "5m"), ("$__range_s", "3600"), ("$__range", "1h")):
        expr = expr.replace(variable, value)
    return expr


def _raw(query: str) -> Iterator[tuple[str, set[Matcher]]]:
    """Yield the selectors of what the service exposes, and of its `up`."""
    for node in promql_tree.selectors(promql_tree.parse(query)):
        name = promql_tree.metric_name(node)
        if name != "ALERTS" and ":" not in name:
            yield name, set(promql_tree.matchers(node))


@pytest.mark.parametrize(("source", "least"), [(_rules, 40), (_panels, 60)])
def test_every_selector_of_exposed_series_has_the_labels(
    source: object, least: int, files: dict[str, str]
) -> None:
    found = [one for query in source(files) for one in _raw(query)]  # type: ignore[operator]
    assert len(found) > least
    assert "up" in {name for name, _ in found}
    assert [
        (name, has) for name, has in found if not has >= OWN or "service" in {one[0] for one in has}
    ] == []


def test_recorded_series_and_alerts_keep_the_label_service(files: dict[str, str]) -> None:
    rules = yaml.safe_load(files["monitoring/prometheus/rules/checkout/latency.yml"])
    labels = [rule["labels"] for group in rules["groups"] for rule in group["rules"]]
    assert {(one["service"], one.get("namespace")) for one in labels} == {("checkout", None)}
    expr = "\n".join(rule["expr"] for group in rules["groups"] for rule in group["rules"])
    assert 'service="checkout"' in expr.replace(" ", "").partition("ALERTS{")[2]


def test_pages_that_choose_a_service_list_only_those_that_a_label_distinguishes(
    files: dict[str, str],
) -> None:
    shared = json.loads(files["monitoring/grafana/dashboards/watchkeeper/api-performance.json"])
    (choice,) = [one for one in shared["templating"]["list"] if one["name"] == "service"]
    assert choice["query"] == "asked,elsewhere,found,listed"
    own = json.loads(files["monitoring/grafana/dashboards/checkout/api-performance.json"])
    assert [one["name"] for one in own["templating"]["list"]] == ["datasource", "instance"]
    overview = json.loads(files["monitoring/grafana/dashboards/checkout/overview.json"])
    assert f"/d/{own['uid']}" in {link["url"] for link in overview["links"]}


def test_runbooks_and_the_report_ask_with_the_labels(files: dict[str, str], tmp_path: Path) -> None:
    runbooks = "".join(
        text for path, text in files.items() if path.startswith("monitoring/runbooks/checkout/")
    )
    asked = re.findall(r"(?<![\w:])((?!ALERTS)[A-Za-z_]+)\{([^}]*)", runbooks)
    assert len({name for name, _ in asked}) > 10
    assert [(name, has) for name, has in asked if 'job="pay",namespace="prod"' not in has] == []
    (tmp_path / "spec.yml").write_text(SPEC)
    facts = spec_facts(load_spec(tmp_path / "spec.yml")[0], "", ["checkout"])
    read = [one for promise in facts.promises for one in (promise.total, promise.within) if one]
    read += [one.bad for one in facts.objectives if one.bad]
    assert len(read) == 4
    assert all(set(matchers) >= OWN for _, matchers in read)


def test_a_proof_has_a_decoy_for_each_label(files: dict[str, str]) -> None:
    proof = files["checkout/availability-minutes.yml"]
    for other in (
        'job="pay",namespace="watchkeeper-neighbour"',
        'job="watchkeeper-neighbour",namespace="prod"',
    ):
        assert f'up{{instance="proof:8000",{other}}}' in proof
        assert f'{other},status_code="503"' in proof.replace('method="GET",', "").replace(
            'handler="/proof",', ""
        )


def test_only_our_own_jobs_scrape_and_discovery_takes_the_place_of_targets(files: dict[str, str]) -> None:
    jobs = {
        job["job_name"]: job
        for job in yaml.safe_load(files["monitoring/prometheus/prometheus.yml"])["scrape_configs"]
    }
    assert {"checkout", "elsewhere"}.isdisjoint(jobs)
    assert jobs["found"]["dns_sd_configs"][0] == {
        "names": ["tasks.found"], "type": "A", "refresh_interval": "30s", "port": 8000
    }  # fmt: skip
    assert jobs["found"]["metrics_path"] == "/m"
    labels = {one["target_label"]: one["replacement"] for one in jobs["found"]["relabel_configs"]}
    assert labels == {"service": "found", "tier": "1"}
    assert jobs["listed"]["file_sd_configs"][0]["files"] == ["discovery/a-*.json"]
    assert jobs["asked"]["http_sd_configs"] == [{"url": "http://inventory/a"}]
    assert not [path for path in files if path.startswith("monitoring/prometheus/targets/services/")]
