"""Metrics are reached by name; one that is not enabled accepts every call and records nothing."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from backend_instrumentation import Instruments
from backend_instrumentation.config.settings import Settings, parse
from backend_instrumentation.contract import FAMILIES, PACKS

DECLARED = {
    "version": 1,
    "packs": ["business"],
    "metrics": [
        {"name": "orders_total", "type": "counter", "labels": ["channel"], "help": "Orders placed."},
        {"name": "basket_bytes", "type": "histogram", "buckets": [10, 100]},
    ],
}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_declared_metrics_are_typed_and_record(registry: CollectorRegistry) -> None:
    instruments = Instruments(parse(DECLARED), registry=registry)
    assert instruments["orders_total"] is instruments.counter("orders_total")
    instruments.counter("orders_total").labels(channel="web").inc(2)
    instruments.histogram("basket_bytes").observe(50)
    instruments.gauge("business_active_users").set(3)
    assert registry.get_sample_value("orders_total", {"channel": "web"}) == 2
    assert registry.get_sample_value("basket_bytes_bucket", {"le": "100.0"}) == 1
    assert registry.get_sample_value("basket_bytes_bucket", {"le": "10.0"}) == 0
    assert registry.get_sample_value("business_active_users") == 3
    assert {metric.name: metric.documentation for metric in registry.collect()}["orders"] == "Orders placed."


def test_a_name_that_is_not_enabled_accepts_every_call(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    instruments = Instruments(parse(DECLARED), registry=registry)
    for _ in range(2):
        instruments.counter("sandbox_executions_total").labels(status="success", error_type="none").inc()
        instruments.histogram("nothing_seconds").observe(1)
        instruments.gauge("orders_total").set(1)  # there, but a counter
        with instruments.histogram("nothing_seconds").labels("a").time():
            pass
    assert instruments["nothing_seconds"].labels(any="thing") is not None
    assert [record.getMessage() for record in caplog.records] == [
        "no counter named sandbox_executions_total is enabled or declared; it records nothing",
        "no histogram named nothing_seconds is enabled or declared; it records nothing",
        "no gauge named orders_total is enabled or declared; it records nothing",
    ]


def test_an_absent_metric_decorates_a_function_without_changing_it(registry: CollectorRegistry) -> None:
    instruments = Instruments(Settings(families=()), registry=registry)

    @instruments.histogram("nothing_seconds").time()
    def double(number: int) -> int:
        return number * 2

    assert double(21) == 42


def test_every_pack_of_the_contract_can_be_exposed_at_once(registry: CollectorRegistry) -> None:
    Instruments(parse({"version": 1, "packs": list(PACKS)}), registry=registry)
    exposed = {
        metric.name + ("_total" if metric.type == "counter" else ""): metric.type
        for metric in registry.collect()
    }
    assert exposed == {family.name: family.type for family in FAMILIES}
