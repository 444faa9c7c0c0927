"""Shares one result among concurrent calls with the same arguments."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")


class _Flight:
    def __init__(self) -> None:
        self.landed = anyio.Event()
        self.results: list[object] = []


_FLYING: RunVar[dict[Hashable, _Flight]] = RunVar("backend_instrumentation.flights")


class SingleFlight(Generic[T]):
    """Runs a function in a thread of its own; concurrent calls with equal arguments get the same result."""

    def __init__(self, function: Callable[..., T]) -> None:
        self._function = function

    async def __call__(self, *arguments: Hashable) -> T:
        flying = _FLYING.get(None)
        if flying is None:
            flying = {}
            _FLYING.set(flying)
        key = (self, arguments)
        while (flight := flying.get(key)) is not None:
            await flight.landed.wait()
            if flight.results:
                return flight.results[0]  # type: ignore[return-value]
        return await self._fly(flying, key, arguments)

    async def _fly(
        self, flying: dict[Hashable, _Flight], key: Hashable, arguments: tuple[Hashable, ...]
    ) -> T:
        flight = flying[key] = _Flight()
        try:
            # A limiter of its own: a scrape must not queue behind the service's slow threads.
            limiter = anyio.CapacityLimiter(1)
            result = await anyio.to_thread.run_sync(self._function, *arguments, limiter=limiter)
            flight.results.append(result)
            return result
        finally:
            del flying[key]
            flight.landed.set()
