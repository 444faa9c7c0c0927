"""HelloAgents: an API with a code sandbox, an AI assistant and a database, instrumented by the package."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from backend_instrumentation import Instruments, instrument
from backend_instrumentation.config.settings import load
from backend_instrumentation.health import Health
from backend_instrumentation.logmetrics import CheckpointMonitor, LLMMonitor, LogFile, LogSettings
from backend_instrumentation.process.limits import CPU_VARIABLE, MEMORY_VARIABLE
from backend_instrumentation.rum import attach_beacons
from backend_instrumentation.tracing import TracingManager

from . import faults, frontend
from .assistant import Assistant
from .faults import FaultSwitches
from .pressure import Pressure
from .sandbox import Sandbox
from .storage import Storage

PACKS: Final = ("http", "system", "sandbox", "ai", "database", "operations", "checkpoint", "health", "web")
PAGES: Final = ("/", "/agents/{agent}")
AGENTS: Final = ("ada", "grace", "alan", "edsger")
# The demo declares small limits, so that its resource faults do not exhaust the machine.
DECLARED_LIMITS: Final[Mapping[str, str]] = {MEMORY_VARIABLE: str(256 * 1024 * 1024), CPU_VARIABLE: "0.25"}


class Message(BaseModel):
    """A message to an agent."""

    text: str


class Code(BaseModel):
    """Code for the sandbox."""

    code: str


def create_app(*, config: Path | None = None, registry: CollectorRegistry | None = None) -> FastAPI:
    """Return the instrumented service."""
    app = FastAPI(title="HelloAgents")
    switches = FaultSwitches()
    # The environment decides where traces go, if anywhere; errors go to Sentry when SENTRY_DSN is set.
    tracing = TracingManager(os.environ.get("OTEL_SERVICE_NAME", "helloagents"))
    handle = instrument(
        app, config=load(config, packs=PACKS), registry=registry, exclude={"/faults"}, tracing=tracing
    )
    handle.closers.append(tracing.close)
    instruments = handle.instruments
    sandbox = Sandbox(instruments, switches, tracing)
    calls, checkpoints = _monitors(instruments)
    assistant, storage = Assistant(calls, tracing), Storage(instruments, switches, tracing, checkpoints)
    switches.on_change(sandbox.show_pool)
    switches.on_change(Pressure(switches).adjust)
    api = APIRouter(prefix="/api/v1", dependencies=[Depends(_injected(switches))])
    api.include_router(_agents(assistant, storage, instruments))
    api.include_router(_executions(sandbox))
    app.include_router(api)
    app.include_router(faults.router(switches))
    # The load stands for many browsers, but has one address.
    attach_beacons(app, path="/api/v1/page-loads", routes=PAGES, per_address=1000, burst=1000)
    frontend.serve(app, os.environ)
    _health(storage).attach(app)
    return app


def _health(storage: Storage) -> Health:
    health = Health()
    health.dependency("database", storage.ping, period=5)
    health.watch_loop()
    return health


def _monitors(instruments: Instruments) -> tuple[LLMMonitor, CheckpointMonitor]:
    # Without PERFORMANCE_LOG_FILE only the metrics remain: a container's files are read-only.
    log = None if os.environ.get("PERFORMANCE_LOG_FILE") else LogFile(LogSettings(os.devnull))
    calls, checkpoints = LLMMonitor(log), CheckpointMonitor(log)
    calls.metrics = checkpoints.metrics = instruments
    return calls, checkpoints


def _injected(switches: FaultSwitches) -> Any:
    async def inject() -> None:
        if switches.now.latency_seconds:
            await asyncio.sleep(switches.now.latency_seconds)
        if random.random() < switches.now.error_ratio:
            raise HTTPException(500, "injected fault")

    return inject


def _agents(assistant: Assistant, storage: Storage, instruments: Instruments) -> APIRouter:
    routes = APIRouter(prefix="/agents", tags=["agents"])

    @routes.get("")
    async def names() -> list[str]:
        return list(AGENTS)

    @routes.get("/{agent}/messages")
    async def messages(agent: str) -> list[str]:
        _known(agent)
        with instruments.operations.operation("read conversation"):
            return await storage.latest(agent)

    @routes.post("/{agent}/messages")
    async def talk(agent: str, message: Message) -> dict[str, str]:
        _known(agent)
        with instruments.operations.operation("reply"):
            model, answer = await assistant.reply(message.text)
            await storage.add(agent, message.text)
        return {"model": model, "answer": answer}

    return routes


def _executions(sandbox: Sandbox) -> APIRouter:
    routes = APIRouter(prefix="/sandbox/executions", tags=["sandbox"])

    @routes.post("", status_code=202)
    async def submit(_: Code) -> dict[str, int]:
        return {"execution": sandbox.submit()}

    @routes.get("/{execution}")
    async def result(execution: int) -> dict[str, str]:
        status = sandbox.result(execution)
        if status is None:
            raise HTTPException(404, "no such execution")
        return {"status": status}

    return routes


def _known(agent: str) -> None:
    if agent not in AGENTS:
        raise HTTPException(404, "no such agent")


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="helloagents", description="The demo service.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--config", type=Path, help="instrumentation.json; else INSTRUMENTATION_CONFIG names it"
    )
    options = parser.parse_args()
    for variable, value in DECLARED_LIMITS.items():
        os.environ.setdefault(variable, value)
    app = create_app(config=options.config)
    uvicorn.run(app, host=options.host, port=options.port, access_log=False, timeout_graceful_shutdown=2)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
