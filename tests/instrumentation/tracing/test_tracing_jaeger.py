"""Spans of real services arrive in a real Jaeger, with parent, child and attributes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.tracing import TracingManager
from tests.conftest import need_tool

from ..asgi_driver import acall, call
from ..tracing_servers import Jaeger, free_ports, running_jaeger, wait_until


async def fine(_: Request) -> Response:
    return PlainTextResponse("fine")


@contextmanager
def tracing(jaeger: Jaeger, service: str, port: str = "http") -> Iterator[TracingManager]:
    """A manager whose spans have all arrived when the block ends."""
    manager = TracingManager(service, "127.0.0.1", jaeger.ports[port])
    try:
        yield manager
        assert manager.flush(30), manager.get_tracer_info()
    finally:
        manager.close()


def test_two_services_are_joined_by_traceparent(jaeger_server: Jaeger) -> None:
    with tracing(jaeger_server, "front") as front, tracing(jaeger_server, "back") as back:

        @front.trace_external_call("back", "http://back:8000/orders?token=canary")
        def ask(headers: dict[str, str] | None = None) -> dict[str, str]:
            assert headers is not None
            return headers

        with front.span("GET /checkout") as request:
            assert request is not None
            headers = ask()
        with back.span("GET /orders", parent_span=back.extract_span_context(headers)):
            pass
    fronts, backs = jaeger_server.wait_for("front", 2), jaeger_server.wait_for("back", 1)
    assert fronts["GET /checkout"].parent is None
    assert fronts["back"].parent == fronts["GET /checkout"].id
    assert backs["GET /orders"].parent == fronts["back"].id
    assert {each.trace for each in (*fronts.values(), *backs.values())} == {fronts["back"].trace}
    call = fronts["back"].tags
    assert (call["span.kind"], call["peer.service"], call["server.address"]) == ("client", "back", "back")
    assert call["url.full"] == "http://back:8000/orders?token=[redacted]"


def test_database_and_tool_spans_have_their_attributes(jaeger_server: Jaeger) -> None:
    with tracing(jaeger_server, "worker") as manager:

        @manager.trace_database_operation(
            "select", "users", "SELECT * FROM users WHERE name = 'canary' LIMIT 5"
        )
        async def read() -> int:
            return 3

        @manager.trace_tool_execution("grep", "search")
        def search() -> None:
            raise ValueError("no such file, password=canary")

        assert asyncio.run(read()) == 3
        with pytest.raises(ValueError, match="no such file"):
            search()
    spans = jaeger_server.wait_for("worker", 2)
    query = spans["select users"].tags
    assert {key: value for key, value in query.items() if key.startswith("db.")} == {
        "db.operation.name": "select",
        "db.collection.name": "users",
        "db.query.text": "SELECT * FROM users WHERE name = ? LIMIT ?",
    }
    tool = spans["grep search"]
    assert (tool.tags["tool.name"], tool.tags["tool.operation"]) == ("grep", "search")
    assert (tool.tags["otel.status_code"], tool.tags["error.type"]) == ("ERROR", "ValueError")
    assert tool.tags["otel.status_description"] == "ValueError: no such file, password=[redacted]"
    (log,) = tool.logs
    assert log["exception.message"] == "no such file, password=[redacted]"
    assert "canary" not in str(tool)


def test_the_context_crosses_threads_task_queues_and_websockets(jaeger_server: Jaeger) -> None:
    with tracing(jaeger_server, "crossing") as manager:
        message: dict[str, object] = {"task": "resize", "headers": {"retries": 3, "id": None}}

        def worker(carrier: object, name: str) -> None:
            with manager.span(name, parent_span=manager.extract_span_context(carrier)):
                pass

        with manager.span("request") as request:
            headers = manager.inject_span_context(request, {})
            message["headers"].update(headers)  # type: ignore[attr-defined]
            # What a server makes of a WebSocket's handshake: pairs of bytes.
            handshake = [(name.title().encode(), value.encode()) for name, value in headers.items()]
            for carrier, name in ((headers, "thread"), (message["headers"], "task"), (handshake, "socket")):
                thread = threading.Thread(target=worker, args=(carrier, name))
                thread.start()
                thread.join()
    spans = jaeger_server.wait_for("crossing", 4)
    assert {name: span.parent for name, span in spans.items()} == {
        "request": None,
        **dict.fromkeys(("thread", "task", "socket"), spans["request"].id),
    }


def test_grpc_is_spoken_where_it_is_asked_for(jaeger_server: Jaeger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"http://127.0.0.1:{jaeger_server.ports['grpc']}"
    )
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    manager = TracingManager("by-grpc")
    assert manager.get_tracer_info()["exporter"] == "otlp/grpc"
    manager.finish_span(manager.start_span("one", tags={"answer": 42}), logs={"event": "half", "way": 1})
    assert manager.flush(30), manager.get_tracer_info()
    manager.close()
    span = jaeger_server.wait_for("by-grpc", 1)["one"]
    assert span.tags["answer"] == 42
    assert span.logs == [{"event": "half", "way": 1}]


def test_spans_wait_for_a_collector_that_comes_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("http", "grpc", "query", "query_grpc")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    binary = need_tool("jaeger")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    manager = TracingManager("early", "127.0.0.1", ports["http"])
    try:
        manager.finish_span(manager.start_span("before"))
        wait_until(lambda: manager.get_tracer_info()["last_error"] is not None, "it was tried in vain")
        with running_jaeger(binary, tmp_path, ports) as jaeger:
            assert "before" in jaeger.wait_for("early", 1)
            wait_until(lambda: manager.get_tracer_info()["exported"] == 1, "it is told as sent")
        assert manager.get_tracer_info()["dropped"] == 0
    finally:
        manager.close(0)


def test_two_instrumented_services_are_one_trace_in_jaeger(
    jaeger_server: Jaeger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As users run it: from the environment alone, the call between them over the headers that arrive."""
    monkeypatch.setenv("JAEGER_AGENT_HOST", "127.0.0.1")
    monkeypatch.setenv("JAEGER_AGENT_PORT", str(jaeger_server.ports["http"]))
    monkeypatch.setenv("SERVICE_NAME", "shop-api")
    back = instrument(
        Starlette(routes=[Route("/fine/{id}", fine)]), registry=CollectorRegistry(), config=Settings()
    )
    front_app = FastAPI()
    front = instrument(front_app, registry=CollectorRegistry(), config=Settings(service="ignored"))
    manager = TracingManager("shop-client")

    @manager.trace_external_call("shop-api", "http://shop-api/fine/1")
    async def ask(headers: dict[str, str] | None = None) -> int | None:
        return (await acall(back.app, "/fine/1", headers=(headers or {}).items())).status

    @front_app.get("/checkout/{cart}")
    async def checkout(cart: str) -> int | None:
        return await ask()

    assert call(front_app, "/checkout/9?card=canary").body == b"200"
    for handle in (front, back):
        handle.uninstrument()
    manager.close()
    spans = jaeger_server.wait_for("shop-api", 2)
    (client,) = jaeger_server.wait_for("shop-client", 1).values()
    assert spans["GET /fine/{id}"].parent == client.id
    assert client.parent == spans["GET /checkout/{cart}"].id
    assert len({each.trace for each in (*spans.values(), client)}) == 1
    assert "canary" not in str(spans)
