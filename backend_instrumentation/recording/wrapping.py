"""Wraps functions of every kind so that each call is watched: plain, coroutine, generator, async generator."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Final, Protocol, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])
Step = Callable[[], AbstractContextManager[None]]


class Watch(Protocol):
    """One watched call: entered before the call's own code runs, exited after it. It raises nothing itself."""

    @property
    def step(self) -> Step | None:
        """What surrounds each piece of the call's own code: a generator runs in many. None is nothing."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Begin(Protocol):
    """Returns the watch of a new call and the arguments that the function gets; never raises."""

    def __call__(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Watch, tuple[Any, ...], dict[str, Any]]: ...


class _Unwatched:
    step: Final = None

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


UNWATCHED: Final[Watch] = _Unwatched()
"""The watch of a call that is not watched."""


def wrapped(function: Function, begin: Begin) -> Function:
    """Return a function of the same kind; `begin` is asked for the watch of each call."""
    if isinstance(function, staticmethod | classmethod):
        return cast("Function", type(function)(wrapped(function.__func__, begin)))
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        call = _coroutine(function, begin)
    elif inspect.isasyncgenfunction(function):
        call = _async_generator(function, begin)
    elif inspect.isgeneratorfunction(function):
        call = _generator(function, begin)
    else:
        call = _plain(function, begin)
    return cast("Function", functools.wraps(function)(call))


def _plain(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        watch, args, kwargs = begin(args, kwargs)
        with watch:
            if watch.step is None:
                return function(*args, **kwargs)
            with watch.step():
                return function(*args, **kwargs)

    return call


def _coroutine(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        watch, args, kwargs = begin(args, kwargs)
        with watch:
            if watch.step is None:
                return await function(*args, **kwargs)
            with watch.step():
                return await function(*args, **kwargs)

    return call


def _generator(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        watch, args, kwargs = begin(args, kwargs)
        with watch:
            generator = function(*args, **kwargs)
            return (yield from generator if watch.step is None else _in_steps(generator, watch.step))

    return call


def _in_steps(generator: Generator[Any, Any, Any], step: Step) -> Generator[Any, Any, Any]:
    # At each `yield` the consumer's context is restored: what the consumer does there is not part of the call.
    resume: Callable[[], Any] = functools.partial(next, generator)
    while True:
        try:
            with step():
                value = resume()
        except StopIteration as done:
            return done.value
        try:
            sent = yield value
        except GeneratorExit:
            with step():
                generator.close()
            raise
        except BaseException as error:
            resume = functools.partial(generator.throw, error)
        else:
            resume = functools.partial(generator.send, sent)


def _async_generator(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        watch, args, kwargs = begin(args, kwargs)
        with watch:
            step, generator = watch.step, function(*args, **kwargs)
            resumed = generator.asend(None)
            while True:
                try:
                    if step is None:
                        value = await resumed
                    else:
                        with step():
                            value = await resumed
                except StopAsyncIteration:
                    return
                try:
                    resumed = generator.asend((yield value))
                except GeneratorExit:
                    with nullcontext() if step is None else step():
                        await generator.aclose()
                    raise
                except BaseException as error:
                    resumed = generator.athrow(error)

    return call
