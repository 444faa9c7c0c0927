"""Closers run once, at the end of the lifespan or when the instrumentation is removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings

from ..asgi_driver import start


def test_closers_run_once_newest_first_before_the_shutdown_is_complete() -> None:
    ran: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        ran.append("application")

    app = Starlette(lifespan=lifespan)
    handle = instrument(app, registry=CollectorRegistry(), config=Settings())

    def refuse() -> None:
        raise RuntimeError("broken on purpose")

    handle.closers.extend([lambda: ran.append("first"), refuse, lambda: ran.append("second")])
    start(app)
    assert ran == ["application", "second", "first"]
    handle.uninstrument()
    assert ran == ["application", "second", "first"]


def test_taking_it_off_runs_the_closers() -> None:
    ran: list[str] = []
    handle = instrument(Starlette(), registry=CollectorRegistry(), config=Settings())
    handle.closers.append(lambda: ran.append("closed"))
    handle.uninstrument()
    assert ran == ["closed"]
