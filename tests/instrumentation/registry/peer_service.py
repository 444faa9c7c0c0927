"""A service with a peer's instrumentation and ours, in the order of the arguments: prints what both show, as JSON."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import Any

from fastapi import FastAPI
from prometheus_client import REGISTRY, generate_latest

from backend_instrumentation import instrument
from tests.instrumentation.asgi_driver import acall


def instrumentator(app: FastAPI) -> None:
    from prometheus_fastapi_instrumentator import Instrumentator

    Instrumentator().instrument(app).expose(app)


def starlette_exporter(app: FastAPI) -> None:
    from starlette_exporter import PrometheusMiddleware, handle_metrics

    app.add_middleware(PrometheusMiddleware, prefix="http")
    app.add_route("/metrics", handle_metrics)


def instrumentator_alone(app: FastAPI) -> None:
    from prometheus_fastapi_instrumentator import Instrumentator

    Instrumentator(should_instrument_requests_inprogress=True).instrument(app).expose(app)


def starlette_exporter_alone(app: FastAPI) -> None:
    from starlette_exporter import PrometheusMiddleware, handle_metrics
    from starlette_exporter.optional_metrics import request_body_size, response_body_size

    app.add_middleware(PrometheusMiddleware, optional_metrics=[request_body_size, response_body_size])
    app.add_route("/metrics", handle_metrics)


def ours(app: FastAPI) -> None:
    instrument(app, metrics_path="/ours")


STEPS = {
    "instrumentator": instrumentator,
    "instrumentator alone": instrumentator_alone,
    "starlette_exporter": starlette_exporter,
    "starlette_exporter alone": starlette_exporter_alone,
    "ours": ours,
}


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


async def main(order: list[str]) -> dict[str, Any]:
    kept, app = Kept(), FastAPI()
    logging.getLogger("backend_instrumentation").addHandler(kept)

    @app.get("/items/{item}")
    async def item(item: str) -> str:
        return item

    for step in order:
        STEPS[step](app)
    answers = [await acall(app, "/items/1") for _ in range(3)]
    pages = [await acall(app, path) for path in ("/metrics", "/ours", "/metrics", "/ours")]
    return {
        "answers": [(each.status, repr(each.raised)) for each in answers],
        "statuses": [each.status for each in pages],
        "theirs": pages[2].body.decode(),
        "ours": pages[3].body.decode(),
        "registry": generate_latest(REGISTRY).decode(),
        "warnings": kept.messages,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1:]))))
