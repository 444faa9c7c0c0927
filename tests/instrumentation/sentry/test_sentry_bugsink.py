"""Failures are read back from a real server that speaks Sentry's protocol."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry

from backend_instrumentation import instrument, sentry
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.tracing import TracingManager
from tests.conftest import need_bugsink

from ..asgi_driver import call
from ..sentry_servers import running_bugsink
from ..tracing_servers import Jaeger, wait_until

TRACE = "0af7651916cd43dd8448eb211c80319d"


def test_a_failure_carries_the_trace_that_opens_in_jaeger(jaeger_server: Jaeger, tmp_path: Path) -> None:
    app = FastAPI()

    @app.post("/orders/{order}")
    async def order(order: str, request: Request) -> None:
        body = (await request.body()).decode()
        raise LookupError(f"order {order} is unknown, api_key={request.headers['x-api-key']}{body}")

    with running_bugsink(need_bugsink(), tmp_path) as bugsink:
        reporter = sentry.init(bugsink.dsn, environment="testing", release="shop@1.2.3")
        manager = TracingManager("bugsink-shop", "127.0.0.1", jaeger_server.ports["http"])
        try:
            instrument(app, registry=CollectorRegistry(), config=Settings(), tracing=manager, sentry=reporter)
            headers = [
                ("traceparent", f"00-{TRACE}-b7ad6b7169203331-01"),
                ("x-api-key", "canary-key"),
                ("cookie", "sid=canary-cookie"),
            ]
            for number in range(3):
                call(app, f"/orders/{number}?token=canary-query", method="POST", headers=headers)
        finally:
            manager.close()
            if reporter is not None:
                reporter.close()
        wait_until(lambda: len(bugsink.events()) == 3, "Bugsink has the events")
        events = [each["data"] for each in bugsink.events()]
    for event in events:
        assert event["contexts"]["trace"]["trace_id"] == TRACE
        assert event["exception"]["values"][0]["type"] == "LookupError"
        assert (event["environment"], event["release"]) == ("testing", "shop@1.2.3")
        assert event["tags"] == {"handler": "/orders/{order}", "method": "POST", "status_code": "500"}
        assert "canary" not in str(event)
    wait_until(lambda: len(jaeger_server.trace(TRACE)) == 3, "Jaeger has the trace")
    assert {span.name for span in jaeger_server.trace(TRACE)} == {"POST /orders/{order}"}
