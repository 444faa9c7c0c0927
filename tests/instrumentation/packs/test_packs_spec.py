"""`Instruments.from_spec` takes a file, its content or nothing, and never fails the service."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from backend_instrumentation import Instruments, instrument
from backend_instrumentation.config.settings import Settings, parse
from backend_instrumentation.contract import FAMILIES, PACKS, initial_rows

from ..asgi_driver import call

SPEC = {
    "version": 1,
    "packs": ["sandbox", "ai"],
    "metrics": [
        {"name": "orders_total", "type": "counter", "labels": ["channel"],
         "allowed": {"channel": ["web", "shop"]}},
        {"name": "pdf_seconds", "type": "histogram", "labels": ["kind"]},
    ],
}  # fmt: skip
ATTRIBUTES = tuple(pack for pack in PACKS if not pack.startswith(("http", "system")))


def samples(registry: CollectorRegistry) -> dict[str, float]:
    return {
        f"{sample.name}{sample.labels}": sample.value
        for metric in registry.collect()
        for sample in metric.samples
    }


def test_a_file_its_content_and_its_settings_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "instrumentation.json"
    path.write_text(json.dumps(SPEC))
    monkeypatch.chdir(tmp_path)
    found: list[dict[str, float]] = []
    specs: tuple[Any, ...] = (path, str(path), SPEC, parse(SPEC), None)
    for spec in specs:
        registry = CollectorRegistry()
        Instruments.from_spec(spec, registry=registry)
        found.append(samples(registry))
    assert all(each == found[0] for each in found)
    assert found[0]["orders_total{'channel': 'web'}"] == 0


@pytest.mark.parametrize("spec", ["/nowhere/instrumentation.json", {"version": 2}, {}, 7, ["a"], {1: 2}])
def test_a_spec_that_cannot_be_used_is_one_warning_and_the_defaults(
    spec: Any, caplog: pytest.LogCaptureFixture
) -> None:
    instruments = Instruments.from_spec(spec, registry=CollectorRegistry())
    assert instruments.settings == Settings()
    assert len(caplog.records) == 1
    assert "cannot be used, running on the defaults" in caplog.text


def test_an_entry_that_cannot_be_used_is_named(caplog: pytest.LogCaptureFixture) -> None:
    metrics = [*SPEC["metrics"], {"name": "9", "type": "counter"}]  # type: ignore[misc]
    instruments = Instruments.from_spec({**SPEC, "metrics": metrics}, registry=CollectorRegistry())
    assert caplog.messages == ["the spec: left out: metrics[2]: '9' is not a metric name"]
    instruments.own.orders_total.inc(channel="web")
    assert len(caplog.records) == 1


def test_closed_label_sets_are_initialized_gauges_and_open_labels_are_not() -> None:
    registry = CollectorRegistry()
    instruments = Instruments.from_spec({"version": 1, "packs": list(PACKS)}, registry=registry)
    for pack in ATTRIBUTES:  # asking for the helpers creates nothing
        getattr(instruments, pack)
    shown = {metric.name: metric.samples for metric in registry.collect()}
    for family in FAMILIES:
        # The http families are initialized by route; the machine is read at each scrape.
        if family.pack.startswith(("http", "system")):
            continue
        found = shown[family.name.removesuffix("_total")]
        wanted = {dict(zip(family.labels, row, strict=True)).__repr__() for row in initial_rows(family)}
        got = {repr({k: v for k, v in sample.labels.items() if k != "le"}) for sample in found}
        assert got == wanted, family.name
        assert all(sample.value == 0 for sample in found)


def test_a_pack_that_is_not_enabled_accepts_every_call_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry = CollectorRegistry()
    instruments = Instruments.from_spec({"version": 1, "packs": []}, registry=registry)
    for _ in range(2):
        with instruments.sandbox.execution() as run:
            run.error_type = "timeout"
        instruments.sandbox.pool(available=1)
        instruments.ai.response(model="x", prompt_tokens=1)
    assert caplog.messages == [
        "the pack 'sandbox' is not enabled: its metrics record nothing",
        "the pack 'ai' is not enabled: its metrics record nothing",
    ]
    assert samples(registry) == {}


def test_declared_metrics_are_attributes_and_items() -> None:
    registry = CollectorRegistry()
    instruments = Instruments.from_spec(SPEC, registry=registry)
    instruments.own.orders_total.inc(2, channel="shop")
    assert instruments.own["orders_total"] is instruments.own.orders_total
    assert {"orders_total", "pdf_seconds"} <= set(dir(instruments.own))
    with instruments.own.pdf_seconds.time(kind="invoice"):
        pass

    @instruments.own.pdf_seconds.time(kind="invoice")
    async def render() -> str:
        return "pdf"

    assert asyncio.run(render()) == "pdf"
    assert registry.get_sample_value("orders_total", {"channel": "shop"}) == 2
    assert registry.get_sample_value("pdf_seconds_count", {"kind": "invoice"}) == 2


def test_an_unknown_name_records_nothing_and_the_warning_names_what_was_meant(
    caplog: pytest.LogCaptureFixture,
) -> None:
    instruments = Instruments.from_spec(SPEC, registry=CollectorRegistry())
    for _ in range(2):
        instruments.own.order_total.inc(channel="web")
        instruments.own.something_else.set(1)
    assert caplog.messages == [
        "no metric named order_total is declared; it records nothing, did you mean orders_total?",
        "no metric named something_else is declared; it records nothing",
    ]
    with pytest.raises(AttributeError):
        instruments.own.__deepcopy__  # noqa: B018


def test_the_handle_of_an_instrumented_application_has_the_packs() -> None:
    app = Starlette()
    handle = instrument(app, config=parse(SPEC), registry=CollectorRegistry())
    with handle.instruments.sandbox.execution():
        pass
    page = call(app, "/metrics").body.decode()
    assert 'sandbox_executions_total{error_type="none",status="success"} 1.0' in page
    assert "# TYPE ai_requests_total counter" in page


def test_a_thousand_calls_from_eight_threads_are_all_counted() -> None:
    registry = CollectorRegistry()
    instruments = Instruments.from_spec(SPEC, registry=registry)
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for number in range(1000):
            instruments.own.orders_total.inc(channel="web")
            instruments.ai.response(model=f"m{number}")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = samples(registry)
    assert found["orders_total{'channel': 'web'}"] == 8000
    models = {key: value for key, value in found.items() if key.startswith("ai_requests_total")}
    assert len(models) == 201
    assert sum(models.values()) == 8000
