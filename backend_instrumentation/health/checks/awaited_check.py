"""Waits for a check that is a coroutine: in the application's event loop, as long as it does not block it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from typing import Any, Final

from ...guard import LOGGER

LoopOf = Callable[[], "asyncio.AbstractEventLoop | None"]
_BLOCKS_SECONDS: Final = 0.25


class CheckLoop:
    """Where the coroutines of one check run.

    The application's loop has the clients that a check uses. A check that occupies it for a quarter of a second
    without a pause runs in a loop of its own from then on, so that it delays the requests of the service once.
    """

    def __init__(self, name: str, loop_of: LoopOf) -> None:
        self._name = name
        self._loop_of = loop_of
        self.apart = False
        """Whether the check runs in a loop of its own."""

    def result(self, value: Any, seconds: float) -> Any:
        """Return the coroutine's value; raises its exception, or TimeoutError after that many seconds."""
        loop = self._loop_of()
        if self.apart or loop is None or not loop.is_running():
            return asyncio.run(_within(value, seconds))
        steps = _Steps(value)
        future = asyncio.run_coroutine_threadsafe(_within(steps, seconds), loop)
        try:
            return future.result(seconds)
        finally:
            future.cancel()
            if steps.longest() >= _BLOCKS_SECONDS:
                self.apart = True
                LOGGER.warning("the health check %s blocks the event loop: it runs in a loop of its own from now on",
                               self._name)  # fmt: skip


class _Steps:
    """Runs an awaitable and measures how long it keeps the loop at a time."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._longest = 0.0
        self._since: float | None = None

    def longest(self) -> float:
        """Return the longest step in seconds, the one that runs included."""
        since = self._since
        return max(self._longest, 0.0 if since is None else time.monotonic() - since)

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._value.__await__()
        advance: Callable[..., Any] = steps.__next__
        given: tuple[Any, ...] = ()
        while True:
            self._since = time.monotonic()
            try:
                waited = advance(*given)
            except StopIteration as ended:
                return ended.value
            finally:
                self._longest, self._since = self.longest(), None
            try:
                yield waited
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as error:
                advance, given = steps.throw, (error,)
            else:
                advance, given = steps.__next__, ()


async def _within(value: Any, seconds: float) -> Any:
    return await asyncio.wait_for(_plain(value), seconds)


async def _plain(value: Any) -> Any:
    return await value
