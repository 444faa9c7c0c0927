"""Times a piece of work: as `with`, as `async with`, or round every call of a decorated function."""

from __future__ import annotations

import copy
import functools
import inspect
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..guard import Guard

if TYPE_CHECKING:
    from typing_extensions import Self

F = TypeVar("F", bound=Callable[..., Any])


class Timer(ABC):
    """One piece of work. An exception that leaves it, or `success = False`, makes it a failure.

    `seconds` is its duration, known at its end. The exception goes on as it was.
    """

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
        # A consumer that stops iterating a generator early is no failure of the generator.
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

    def __call__(self, function: F) -> F:
        """Decorate a function, a coroutine function, a generator, an asynchronous generator, or a method."""
        if isinstance(function, staticmethod | classmethod):
            return cast("F", type(function)(self(function.__func__)))
        return cast("F", functools.wraps(function)(_wrapper(function, self)))

    def copy(self) -> Self:
        """Return a timer like this one that has not begun."""
        return copy.copy(self)


def _wrapper(function: Callable[..., Any], timer: Timer) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        return _coroutine(function, timer)
    if inspect.isasyncgenfunction(function):
        return _async_generator(function, timer)
    if inspect.isgeneratorfunction(function):
        return _generator(function, timer)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with timer.copy():
            return function(*args, **kwargs)

    return wrapper


def _coroutine(function: Callable[..., Any], timer: Timer) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with timer.copy():
            return await function(*args, **kwargs)

    return wrapper


def _generator(function: Callable[..., Any], timer: Timer) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with timer.copy():
            return (yield from function(*args, **kwargs))

    return wrapper


def _async_generator(function: Callable[..., Any], timer: Timer) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with timer.copy():
            async with aclosing(function(*args, **kwargs)) as generator:
                step = generator.asend(None)
                while True:
                    try:
                        value = await step
                    except StopAsyncIteration:
                        return
                    try:
                        step = generator.asend((yield value))
                    except GeneratorExit:
                        raise
                    except BaseException as thrown:
                        step = generator.athrow(thrown)

    return wrapper
