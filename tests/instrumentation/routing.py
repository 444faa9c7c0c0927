"""Small applications, and the handler that a request to them is counted under."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings

from .asgi_driver import call, counted


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


def handlers(app: Any, *paths: str, **options: Any) -> list[str]:
    registry = CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    return [counted_handler(registry, app, path, **options) for path in paths]


def counted_handler(registry: CollectorRegistry, app: Any, path: str, **options: Any) -> str:
    before = counted(registry)
    call(app, path, **options)
    after = counted(registry)
    (labels,) = [each for each in after if after[each] != before.get(each, 0)]
    return labels[1]


def skip_unless_served(app: Any, path: str) -> None:
    if call(app, path).status == 404:
        pytest.skip("this version of FastAPI serves no such route")


def items() -> APIRouter:
    router = APIRouter(prefix="/items")

    @router.get("/{item}")
    async def item(item: str) -> str:
        return item

    return router


def fastapi_inside() -> FastAPI:
    inside = FastAPI()
    inside.include_router(items(), prefix="/sub")
    return inside
