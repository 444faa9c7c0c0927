"""The applications that bench_middleware.py compares: the same routes, each instrumented in another way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from fastapi import FastAPI

Build = Callable[[FastAPI], Any]
NOWHERE = "http://key@127.0.0.1:9/1"


def routes(number: int) -> FastAPI:
    """Return an application with that many routes of one parameter and, last, one that fails."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for each in range(number):
        app.add_api_route(f"/r{each}/items/{{item_id}}", _item(), methods=["GET"])
    app.add_api_route("/fail/{item_id}", _failing, methods=["GET"])
    return app


def _item() -> Callable[[str], Any]:
    async def item(item_id: str) -> str:
        return item_id

    return item


async def _failing(item_id: str) -> str:
    raise ValueError(item_id)


def none(app: FastAPI) -> Any:
    """No instrumentation."""
    return app


def floor(app: FastAPI) -> Any:
    """The least that any counting costs: the clock, one inc and one observe on children that are looked up already."""
    from prometheus_client import CollectorRegistry, Counter, Histogram

    registry, names = CollectorRegistry(), ("method", "handler", "status_code")
    labels = ("GET", "/", "200")
    inc = Counter("requests_total", "Requests.", names, registry=registry).labels(*labels).inc
    buckets = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
    durations = Histogram("duration_seconds", "Durations.", names, registry=registry, buckets=buckets)
    observe = durations.labels(*labels).observe

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        started = time.perf_counter()

        async def sending(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                inc()
                observe(time.perf_counter() - started)

        await app(scope, receive, sending)

    return counted


def ours(app: FastAPI) -> Any:
    """backend_instrumentation."""
    from prometheus_client import CollectorRegistry

    from backend_instrumentation import instrument
    from backend_instrumentation.config.settings import Settings

    instrument(app, registry=CollectorRegistry(), config=Settings())
    return app


def ours_and_sentry(app: FastAPI) -> Any:
    """backend_instrumentation, reporting failures to a Sentry server that does not exist."""
    import_module("backend_instrumentation.sentry")  # the variant is left out where the package has none
    os.environ["SENTRY_DSN"] = NOWHERE
    return ours(app)


def _ours_with(**options: Any) -> Build:
    def build(app: FastAPI) -> Any:
        from prometheus_client import CollectorRegistry

        from backend_instrumentation import instrument
        from backend_instrumentation.config.settings import Settings

        instrument(app, registry=CollectorRegistry(), config=Settings(), **options)
        return app

    return build


def instrumentator(app: FastAPI) -> Any:
    """prometheus-fastapi-instrumentator, with its defaults."""
    from prometheus_client import CollectorRegistry
    from prometheus_fastapi_instrumentator import Instrumentator

    Instrumentator(registry=CollectorRegistry()).instrument(app)
    return app


def starlette_exporter(app: FastAPI) -> Any:
    """starlette_exporter, with its defaults."""
    from starlette_exporter import PrometheusMiddleware

    app.add_middleware(PrometheusMiddleware)
    return app


def opentelemetry(app: FastAPI) -> Any:
    """OpenTelemetry's contrib instrumentation of FastAPI, metrics only, stable names."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.trace import NoOpTracerProvider

    meters = MeterProvider(metric_readers=[InMemoryMetricReader()])
    FastAPIInstrumentor.instrument_app(app, tracer_provider=NoOpTracerProvider(), meter_provider=meters)
    return app


def fastapi_own(app: FastAPI) -> Any:
    """FastAPI's own telemetry, metrics only."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    meters = MeterProvider(metric_readers=[InMemoryMetricReader()])
    app._telemetry.update(meter_provider=meters, tracing=False, logs=False)  # type: ignore[attr-defined]
    return app


def sentry(app: FastAPI) -> Any:
    """sentry-sdk with its defaults; events are built and thrown away."""
    import sentry_sdk

    sentry_sdk.init(dsn=NOWHERE, transport=lambda _: None)
    return app


VARIANTS: dict[str, Build] = {
    "none": none,
    "floor": floor,
    "ours": ours,
    "ours with sentry": ours_and_sentry,
    "ours with sizes and first byte": _ours_with(packs=["http_sizes", "http_first_byte"]),
    "ours with a computed label": _ours_with(labels={"tier": lambda scope, _: scope["method"]}),
    "ours with a pattern to exclude": _ours_with(exclude=["re:^/admin/"]),
    "ours with a function of requests": _ours_with(on_request=lambda _: None),
    "prometheus-fastapi-instrumentator": instrumentator,
    "starlette_exporter": starlette_exporter,
    "opentelemetry contrib": opentelemetry,
    "fastapi's own": fastapi_own,
    "sentry-sdk defaults": sentry,
}
