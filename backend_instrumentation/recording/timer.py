"""Times a piece of work: as `with`, as `async with`, or as a decorator that times every call."""

from __future__ import annotations

import copy
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, Final

from ..guard import Guard
from .wrapping import Function, wrapped

if TYPE_CHECKING:
    from typing_extensions import Self


class Timer(ABC):
    """One piece of work. An exception that leaves it, or `success = False`, makes it a failure.

    `seconds` is its duration, known at its end. The exception propagates unchanged.
    """

    step: Final = None
    """A generator is timed as a whole, its consumer's time included."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._started = 0.0
        self._error: BaseException | None = None
        self.seconds = 0.0
        self.success = True

    @abstractmethod
    def _record(self) -> None:
        """Record the finished work."""

    def __enter__(self) -> Self:
        self._started = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._started
        # A consumer that stops iterating a generator early is not a failure of the generator.
        self._error = None if isinstance(error, GeneratorExit) else error
        if self._error is not None:
            self.success = False
        try:
            self._record()
        except Exception:
            self._guard.note(f"recording: {type(self).__name__.lower()}")
        self._error = None  # it refers to this timer through its frames

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: Function) -> Function:
        """Decorate a function, a coroutine function, a generator, an asynchronous generator, or a method."""
        return wrapped(function, lambda args, kwargs: (self.copy(), args, kwargs))

    def copy(self) -> Self:
        """Return a timer like this one that has not begun."""
        return copy.copy(self)
