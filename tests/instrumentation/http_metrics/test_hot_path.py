"""What a request costs does not depend on the number of routes: told by calls, not by a clock."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry

import backend_instrumentation
from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.http_metrics import handler

from ..asgi_driver import acall, call, counted

PACKAGE = str(Path(backend_instrumentation.__file__).parent)


def service(routes: int) -> tuple[FastAPI, CollectorRegistry]:
    app, router, registry = FastAPI(), APIRouter(), CollectorRegistry()
    for number in range(routes):

        async def endpoint(x: str) -> str:
            return x

        app.add_api_route(f"/r{number}/{{x}}", endpoint)
        router.add_api_route(f"/i{number}/{{x}}", endpoint)
    app.include_router(router, prefix="/api")
    instrument(app, registry=registry, config=Settings())
    return app, registry


def calls(app: FastAPI, path: str) -> Counter[str]:
    """Return the functions of the package and of prometheus-client that a request calls."""
    seen: Counter[str] = Counter()

    def watch(frame: Any, event: str, _: Any) -> None:
        file = frame.f_code.co_filename
        if event == "call" and (file.startswith(PACKAGE) or "prometheus_client" in file):
            seen[frame.f_code.co_qualname if sys.version_info >= (3, 11) else frame.f_code.co_name] += 1

    async def run() -> None:
        await acall(app, path)
        sys.setprofile(watch)
        try:
            await acall(app, path)
        finally:
            sys.setprofile(None)

    asyncio.run(run())
    return seen


@pytest.mark.parametrize("path", ["/r{}/x", "/api/i{}/x", "/nothing{}"])
def test_a_request_calls_as_little_with_200_routes_as_with_one(path: str) -> None:
    one = calls(service(1)[0], path.format(0))
    many = calls(service(200)[0], path.format(199))
    assert one == many
    assert 0 < sum(many.values()) <= 12, many


def test_no_route_is_matched_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    app, registry = service(20)
    paths = ("/r7/x", "/api/i7/x", "/nothing")
    for path in paths:
        call(app, path)

    def refuse(*_: Any) -> Any:
        raise AssertionError("a route was matched on the hot path")

    monkeypatch.setattr(handler, "find", refuse)
    for path in paths:
        call(app, path)
    assert sorted(counted(registry).values()) == [2, 2, 2]
