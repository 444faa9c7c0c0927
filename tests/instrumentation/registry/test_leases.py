"""Applications of one process share a registry's collectors; the last one to leave removes them."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter

from backend_instrumentation import Instruments
from backend_instrumentation.config.settings import Settings, parse

DECLARED = parse(
    {
        "version": 1,
        "packs": [],
        "metrics": [{"name": "orders_total", "type": "counter", "help": "Orders placed."}],
    }
)


def test_the_default_registrys_own_readings_of_the_process_are_not_doubled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from prometheus_client import REGISTRY

    # Applications of other tests may still have theirs in this registry.
    before = [metric.name for metric in REGISTRY.collect()]
    instruments = Instruments(Settings())
    names = [metric.name for metric in REGISTRY.collect()]
    instruments.close()
    assert caplog.records == []
    assert names.count("process_cpu_seconds") == 1
    assert names.count("process_memory_limit_bytes") == 1
    assert [metric.name for metric in REGISTRY.collect()] == before


def test_a_closed_lease_leaves_the_registry_to_its_other_users() -> None:
    registry = CollectorRegistry()
    first, second = (Instruments(DECLARED, registry=registry) for _ in range(2))
    assert first.counter("orders_total") is second.counter("orders_total")
    first.close()
    first.close()
    assert "orders" in [metric.name for metric in registry.collect()]
    second.close()
    assert list(registry.collect()) == []
    Counter("orders_total", "A name that is free again.", registry=registry)
