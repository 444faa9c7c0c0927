"""Jaeger's rendered configuration: container values by default, the environment's where it says otherwise."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loading import load_plan
from watchkeeper.backends import jaeger

SPEC = "version: watchkeeper/v1\nservice: checkout\n"
VARIABLE = re.compile(r"\$\{env:([A-Z_]+):-([^}]*)\}")


def rendered(folder: Path, more: str = "") -> dict[str, str]:
    path = folder / "spec.yml"
    path.write_text(SPEC + more, encoding="utf-8")
    return jaeger.render(load_plan(path))


def config(folder: Path, more: str = "", **environment: str) -> dict[str, Any]:
    """Load jaeger.yaml as Jaeger would in that environment."""
    text = rendered(folder, more)["monitoring/jaeger/jaeger.yaml"]
    loaded: dict[str, Any] = yaml.safe_load(VARIABLE.sub(lambda m: environment.get(m[1], m[2]), text))
    return loaded


def test_without_an_environment_the_standard_ports_are_open_to_the_container_network(tmp_path: Path) -> None:
    loaded = config(tmp_path)
    extensions, protocols = loaded["extensions"], loaded["receivers"]["otlp"]["protocols"]
    expected = {
        "grpc": "0.0.0.0:4317",
        "http": "0.0.0.0:4318",
        "query": "0.0.0.0:16686",
        "query_grpc": "0.0.0.0:16685",
        "sampling": "0.0.0.0:5778",
        "sampling_grpc": "0.0.0.0:5779",
        "health": "0.0.0.0:13133",
        "span_metrics": "0.0.0.0:8889",
        "metrics": {"host": "0.0.0.0", "port": 8888},
    }
    actual = {
        "grpc": protocols["grpc"]["endpoint"],
        "http": protocols["http"]["endpoint"],
        "query": extensions["jaeger_query"]["http"]["endpoint"],
        "query_grpc": extensions["jaeger_query"]["grpc"]["endpoint"],
        "sampling": extensions["remote_sampling"]["http"]["endpoint"],
        "sampling_grpc": extensions["remote_sampling"]["grpc"]["endpoint"],
        "health": extensions["healthcheckv2"]["http"]["endpoint"],
        "span_metrics": loaded["exporters"]["prometheus"]["endpoint"],
        "metrics": loaded["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]["prometheus"],
    }
    assert expected == actual


def test_each_address_port_and_folder_has_its_variable(tmp_path: Path) -> None:
    text = rendered(tmp_path)["monitoring/jaeger/jaeger.yaml"]
    expected = {
        "JAEGER_LISTEN_HOST", "JAEGER_OTLP_GRPC_PORT", "JAEGER_OTLP_HTTP_PORT", "JAEGER_QUERY_PORT",
        "JAEGER_QUERY_GRPC_PORT", "JAEGER_HEALTH_PORT", "JAEGER_METRICS_PORT", "JAEGER_SPAN_METRICS_PORT",
        "JAEGER_SAMPLING_HTTP_PORT", "JAEGER_SAMPLING_GRPC_PORT", "JAEGER_STORAGE_DIR",
        "JAEGER_SAMPLING_FILE", "JAEGER_PROMETHEUS_URL",
    }  # fmt: skip
    assert expected == {match[1] for match in VARIABLE.finditer(text)}


def test_no_address_port_or_path_stands_outside_a_variable(tmp_path: Path) -> None:
    bare = VARIABLE.sub("", rendered(tmp_path)["monitoring/jaeger/jaeger.yaml"])
    found = re.findall(r"https?://|[0-9.]+:[0-9]+|port: [0-9]+|(?<![\w/])/(?!keys|values)\w+", bare)
    assert found == []


@pytest.mark.parametrize(
    ("written", "understood"), [("7d", "168h"), ("90m", "90m"), ("45s", "45s"), ("1500ms", "1500ms")]
)
def test_spans_are_kept_for_the_specs_time_in_a_unit_that_jaeger_knows(
    tmp_path: Path, written: str, understood: str
) -> None:
    loaded = config(tmp_path, f"stack: {{traces: {{retention: {written}}}}}\n")
    badger = loaded["extensions"]["jaeger_storage"]["backends"]["traces"]["badger"]
    assert (False, {"spans": understood}) == (badger["ephemeral"], badger["ttl"])


def test_keys_and_values_lie_in_the_storage_folder(tmp_path: Path) -> None:
    loaded = config(tmp_path, JAEGER_STORAGE_DIR="/state/jaeger")
    badger = loaded["extensions"]["jaeger_storage"]["backends"]["traces"]["badger"]
    assert badger["directories"] == {"keys": "/state/jaeger/keys", "values": "/state/jaeger/values"}


def test_memory_storage_needs_no_folder(tmp_path: Path) -> None:
    loaded = config(tmp_path, "stack: {traces: {storage: memory}}\n")
    assert loaded["extensions"]["jaeger_storage"]["backends"] == {
        "traces": {"memory": {"max_traces": 50_000}}
    }


def test_the_monitor_tab_reads_latencies_in_the_unit_that_span_metrics_have(tmp_path: Path) -> None:
    loaded = config(tmp_path)
    source = loaded["extensions"]["jaeger_storage"]["metric_backends"]["span_metrics"]["prometheus"]
    assert loaded["connectors"]["spanmetrics"]["histogram"]["unit"] == source["latency_unit"] == "s"


def test_span_metrics_are_flushed_as_often_as_they_are_scraped(tmp_path: Path) -> None:
    loaded = config(tmp_path, "stack: {scrape_interval: 30s}\n")
    assert loaded["connectors"]["spanmetrics"]["metrics_flush_interval"] == "30s"


def test_every_component_of_a_pipeline_is_configured(tmp_path: Path) -> None:
    loaded = config(tmp_path)
    configured = {*loaded["receivers"], *loaded["processors"], *loaded["exporters"], *loaded["connectors"]}
    parts = loaded["service"]["pipelines"].values()
    used = {name for part in parts for names in part.values() for name in names}
    assert configured == used
    assert set(loaded["extensions"]) == set(loaded["service"]["extensions"])


def test_every_request_is_traced_but_probes_and_scrapes(tmp_path: Path) -> None:
    sampling = json.loads(
        rendered(tmp_path, "metrics_path: /internal/metrics\n")["monitoring/jaeger/sampling.json"]
    )
    strategy = sampling["default_strategy"]
    never = {each["operation"] for each in strategy["operation_strategies"] if each["param"] == 0}
    assert (strategy["type"], strategy["param"]) == ("probabilistic", 1)
    assert {"GET /health", "GET /ready", "GET /internal/metrics"} == never


def test_the_file_says_who_owns_it(tmp_path: Path) -> None:
    first = rendered(tmp_path)["monitoring/jaeger/jaeger.yaml"].splitlines()[0]
    assert first == "# Code generated by watchkeeper from spec.yml. DO NOT EDIT."


def test_equal_plans_give_equal_bytes(tmp_path: Path) -> None:
    assert rendered(tmp_path) == rendered(tmp_path)
