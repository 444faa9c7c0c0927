"""A FastAPI service that OpenTelemetry measures, and no code of ours: `python -m … PORT instrumentation|fastapi`.

Its metrics are on /metrics. FastAPI measures by itself where a meter provider is set; the instrumentation takes its place.
"""

from __future__ import annotations

import os
import sys

# The instrumentation reads it when it is imported.
os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"

import uvicorn
from fastapi import FastAPI, HTTPException
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import make_asgi_app

app = FastAPI()


@app.get("/orders/{order_id}")
async def order(order_id: int) -> int:
    return order_id


@app.get("/busy")
async def busy() -> None:
    raise HTTPException(503)


@app.get("/broken")
async def broken() -> None:
    raise ValueError("an exception that nobody handles")


@app.get("/health")
async def health() -> str:
    return "ok"


if __name__ == "__main__":
    port, measured_by = int(sys.argv[1]), sys.argv[2]
    metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
    app.mount("/metrics", make_asgi_app())
    if measured_by == "instrumentation":
        FastAPIInstrumentor.instrument_app(app)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical")
