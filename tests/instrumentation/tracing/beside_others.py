"""A program: one application traced by others and by ours, in each way and order; it prints what the exporters got.

It needs packages that the tests' own environment lacks, and forks for each case, since a process has one provider.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

REQUESTS = 5
WAYS = ("apart", "joining")
ORDERS = ("before", "after")


class Kept(SpanExporter):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS


THEIRS, OURS = Kept(), Kept()
Part = tuple[Any, Callable[[], None]]


def provider() -> TracerProvider:
    made = TracerProvider(resource=Resource({"service.name": "theirs"}))
    made.add_span_processor(SimpleSpanProcessor(THEIRS))
    return made


def handled(app: Any, tracer: Callable[[], Any]) -> Any:
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse

    async def work(request: Request) -> PlainTextResponse:
        with tracer().start_as_current_span("outer"):
            manager = request.app.state.manager
            if manager is None:
                inner(tracer)
            else:
                with manager.span("ours", tags={"text": "Bearer canary-canary"}):
                    inner(tracer)
        return PlainTextResponse("done")

    app.add_route("/work/{id}", work)
    return app


def inner(tracer: Callable[[], Any]) -> None:
    with tracer().start_as_current_span("inner"):
        pass


def fastapi(**options: Any) -> Any:
    from fastapi import FastAPI

    return FastAPI(**options)


def installed(module: str) -> Any:
    """Import what the environment of the tests lacks."""
    return import_module(module)


def globally() -> Any:
    trace.set_tracer_provider(provider())
    return trace.get_tracer("application")


def provider_only() -> Part:
    tracer = globally()
    return handled(fastapi(telemetry={"tracing": False}), lambda: tracer), lambda: None


def opentelemetrys_instrumentor() -> Part:
    tracer = globally()
    app = handled(fastapi(), lambda: tracer)
    return app, lambda: installed("opentelemetry.instrumentation.fastapi").FastAPIInstrumentor.instrument_app(
        app
    )


def opentelemetrys_instrumentor_with_a_provider_of_its_own() -> Part:
    instrumentor = installed("opentelemetry.instrumentation.fastapi").FastAPIInstrumentor
    own = provider()
    app = handled(fastapi(), lambda: own.get_tracer("application"))
    return app, lambda: instrumentor.instrument_app(app, tracer_provider=own)


def opentelemetrys_middleware() -> Part:
    from starlette.applications import Starlette

    tracer = globally()
    app = handled(Starlette(), lambda: tracer)
    middleware = installed("opentelemetry.instrumentation.asgi").OpenTelemetryMiddleware
    return app, lambda: app.add_middleware(middleware)


def starlettes_middleware() -> Part:
    from starlette.applications import Starlette

    own = provider()
    app = handled(Starlette(), lambda: own.get_tracer("application"))
    middleware = installed("starlette.middleware.opentelemetry").OpenTelemetryMiddleware
    return app, lambda: app.add_middleware(middleware, tracer_provider=own)


def fastapis_own_with_a_provider() -> Part:
    own = provider()
    app = fastapi(telemetry={"tracer_provider": own})
    return handled(app, lambda: own.get_tracer("application")), lambda: None


def fastapis_own_from_the_environment() -> Part:
    os.environ["FASTAPI_OTEL_AUTO_CONFIGURE"] = "true"
    os.environ["OTEL_EXPORTER_OTLP_TIMEOUT"] = (
        "1"  # nobody listens, and the end of the lifespan waits for an answer
    )
    os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")

    def exported_here() -> None:
        found: Any = trace.get_tracer_provider()
        found.add_span_processor(SimpleSpanProcessor(THEIRS))

    app = handled(fastapi(), lambda: trace.get_tracer("application"))
    app.state.started = exported_here
    return app, lambda: None


def logfires() -> Part:
    logfire = installed("logfire")

    def configure() -> None:
        logfire.configure(
            send_to_logfire=False,
            console=False,
            metrics=False,
            inspect_arguments=False,
            additional_span_processors=[SimpleSpanProcessor(THEIRS)],
        )
        logfire.instrument_fastapi(app)

    app = handled(fastapi(), lambda: trace.get_tracer("application"))
    return app, configure


OTHERS = {
    each.__name__: each
    for each in (
        provider_only,
        opentelemetrys_instrumentor,
        opentelemetrys_instrumentor_with_a_provider_of_its_own,
        opentelemetrys_middleware,
        starlettes_middleware,
        fastapis_own_with_a_provider,
        fastapis_own_from_the_environment,
        logfires,
    )
}


def run(other: str, way: str | None, order: str) -> dict[str, Any]:
    """Return what the exporters got of the requests; without a way ours is off."""
    from backend_instrumentation.tracing.export import otlp

    otlp.make = lambda *_: OURS  # type: ignore[assignment]
    if way == "joining":
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
    app, theirs = OTHERS[other]()
    app.state.manager = None
    manager = None
    if order == "before":
        theirs()
    if way is not None:
        manager = app.state.manager = attached(app, way)
    if order == "after":
        theirs()
    answers = asyncio.run(asked(app))
    if manager is not None:
        manager.flush(10)
    return {
        "answers": answers,
        "theirs": told(THEIRS.spans),
        "ours": told(OURS.spans),
        "leaked": [
            each.name for each in THEIRS.spans + OURS.spans if is_ours(each) and "canary" in each.to_json()
        ],
        "counted": counted() if way is not None else REQUESTS,
    }


def attached(app: Any, way: str) -> Any:
    from backend_instrumentation import instrument
    from backend_instrumentation.tracing import TracingManager

    host = "http://127.0.0.1:9/v1/traces" if way == "apart" else None
    manager = TracingManager("ours", host, enable_tracing=True)
    instrument(app, tracing=manager)
    return manager


async def asked(app: Any) -> list[int]:
    """Run the lifespan around the requests, as a server does."""
    import httpx

    inbox: asyncio.Queue[Any] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    lifespan = asyncio.create_task(app(scope, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    getattr(app.state, "started", lambda: None)()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        answers = [
            (await client.get(f"/work/{number}?token=canary")).status_code for number in range(REQUESTS)
        ]
    await inbox.put({"type": "lifespan.shutdown"})
    await outbox.get()
    await lifespan
    return answers


def told(spans: Sequence[ReadableSpan]) -> list[str]:
    """Return each span with the way from its root: `GET /work/{id} SERVER > outer INTERNAL`."""
    by_id = {span.context.span_id: span for span in spans}

    def path(span: ReadableSpan) -> str:
        own = f"{span.name} {span.kind.name}"
        if span.parent is None:
            return own
        above = by_id.get(span.parent.span_id)
        same = above is not None and above.context.trace_id == span.context.trace_id
        return f"{path(above) if above is not None and same else 'unknown'} > {own}"

    return sorted(path(span) for span in spans)


def is_ours(span: ReadableSpan) -> bool:
    scope = span.instrumentation_scope
    return scope is not None and scope.name == "backend_instrumentation"


def counted() -> float:
    from prometheus_client import REGISTRY

    labels = {"method": "GET", "handler": "/work/{id}", "status_code": "200"}
    return REGISTRY.get_sample_value("http_requests_total", labels) or 0


def cases() -> Iterator[tuple[str, str | None, str]]:
    for other in OTHERS:
        yield other, None, "before"
        for way in WAYS:
            for order in ORDERS:
                yield other, way, order


def forked(case: tuple[str, str | None, str]) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            result = run(*case)
        except BaseException:
            result = {"error": traceback.format_exc()}
        with os.fdopen(writer, "w") as out:
            json.dump(result, out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as found:
        text = found.read()
    os.waitpid(child, 0)
    return {"other": case[0], "way": case[1], "order": case[2], **json.loads(text)}


if __name__ == "__main__":
    json.dump([forked(case) for case in cases()], sys.stdout)
