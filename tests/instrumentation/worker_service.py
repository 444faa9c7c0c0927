"""A service with a counter, a gauge and a histogram of its own, for several worker processes."""

from __future__ import annotations

import asyncio
import os

from prometheus_client import REGISTRY, Counter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import parse

THEIRS = Counter("theirs_total", "A metric of the service's own, made before ours.", ["label"])

EARLY = Counter("early_total", "Its file is open before ours comes.")


async def hello(request: Request) -> Response:
    THEIRS.labels(request.path_params["label"]).inc()
    return PlainTextResponse(str(os.getpid()))


async def pool(request: Request) -> Response:
    handle.instruments.gauge("sandbox_pool_available").set(int(request.path_params["size"]))
    return PlainTextResponse("set")


async def endless(_: Request) -> Response:
    await asyncio.sleep(3600)
    return PlainTextResponse("never")


app = Starlette(
    routes=[Route("/hello/{label}", hello), Route("/pool/{size:int}", pool), Route("/endless", endless)]
)
handle = instrument(
    app, registry=REGISTRY, config=parse({"version": 1, "packs": ["http", "system", "sandbox"]})
)
