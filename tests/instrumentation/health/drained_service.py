"""A service that uvicorn runs: one route that takes a moment, and one check of a dependency."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI

from backend_instrumentation import instrument
from backend_instrumentation.health import Health

app = FastAPI()
health = Health()
health.dependency("db", lambda: True, period=0.1, timeout=1)


@app.get("/work")
async def work() -> str:
    await asyncio.sleep(0.05)
    return "done"


instrument(app)
health.attach(app, drain_seconds=1.5)
