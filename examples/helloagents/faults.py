"""The demo's fault switches, and the HTTP endpoints that set them."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field


class Faults(BaseModel):
    """The current faults; with every field at its default the service is healthy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error_ratio: float = Field(
        default=0.0, ge=0, le=1, description="Share of API requests answered with 500."
    )
    latency_seconds: float = Field(default=0.0, ge=0, le=60, description="Added to each API request.")
    sandbox_error_ratio: float = Field(default=0.0, ge=0, le=1, description="Share of executions that fail.")
    sandbox_delay_seconds: float = Field(default=0.0, ge=0, le=60, description="Added to each execution.")
    pool_empty: bool = Field(default=False, description="No sandbox container is available.")
    database_down: bool = Field(default=False, description="The database answers no query.")
    memory_ratio: float = Field(default=0.0, ge=0, le=0.95, description="Share of the memory limit to fill.")
    cpu_ratio: float = Field(
        default=0.0, ge=0, le=1, description="Share of the CPU limit to burn, one core at most."
    )


class FaultSwitches:
    """Keeps the current faults and calls its listeners when they change."""

    def __init__(self) -> None:
        self.now = Faults()
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener after each change."""
        self._listeners.append(listener)

    def set(self, faults: Faults) -> None:
        """Replace the current faults."""
        self.now = faults
        for listener in self._listeners:
            listener()


def router(switches: FaultSwitches) -> APIRouter:
    """Return the endpoints that show, set and clear the faults."""
    routes = APIRouter(prefix="/faults", tags=["faults"])

    @routes.get("")
    async def show() -> Faults:
        return switches.now

    @routes.post("")
    async def change(faults: Faults) -> Faults:
        switches.set(switches.now.model_copy(update=faults.model_dump(exclude_unset=True)))
        return switches.now

    @routes.delete("")
    async def clear() -> Faults:
        switches.set(Faults())
        return switches.now

    return routes
