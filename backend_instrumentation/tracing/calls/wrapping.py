"""Runs functions of every kind under watch: plain, async, generator and async generator."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


class Watch(Protocol):
    """One call being watched. Neither method raises."""

    def step(self) -> AbstractContextManager[None]:
        """Return what surrounds each piece of the call's own code: a generator runs in many."""

    def ended(self, error: BaseException | None) -> None:
        """Take note of the call's end."""


class Begin(Protocol):
    """Begins to watch a call, and returns the arguments that the function gets; never raises."""

    def __call__(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Watch | None, tuple[Any, ...], dict[str, Any]]: ...


def watched(function: Function, begin: Begin) -> Function:
    """Return a function of the same kind, each call of which `begin` is asked to watch."""
    if isinstance(function, staticmethod | classmethod):
        return cast("Function", type(function)(watched(function.__func__, begin)))
    if inspect.isasyncgenfunction(function):
        made: Callable[..., Any] = _async_generator(function, begin)
    elif inspect.iscoroutinefunction(function):
        made = _coroutine(function, begin)
    elif inspect.isgeneratorfunction(function):
        made = _generator(function, begin)
    else:
        made = _plain(function, begin)
    return cast("Function", functools.wraps(function)(made))


def _plain(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        watch, args, kwargs = begin(args, kwargs)
        if watch is None:
            return function(*args, **kwargs)
        try:
            with watch.step():
                result = function(*args, **kwargs)
        except BaseException as error:
            watch.ended(error)
            raise
        watch.ended(None)
        return result

    return call


def _coroutine(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        watch, args, kwargs = begin(args, kwargs)
        if watch is None:
            return await function(*args, **kwargs)
        try:
            with watch.step():
                result = await function(*args, **kwargs)
        except BaseException as error:
            watch.ended(error)
            raise
        watch.ended(None)
        return result

    return call


def _generator(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        watch, args, kwargs = begin(args, kwargs)
        if watch is None:
            return (yield from function(*args, **kwargs))
        try:
            result = yield from _steps(function(*args, **kwargs), watch)
        except BaseException as error:
            watch.ended(error)
            raise
        watch.ended(None)
        return result

    return call


def _steps(generator: Generator[Any, Any, Any], watch: Watch) -> Generator[Any, Any, Any]:
    # The context is the consumer's again at each `yield`: what it does there is no part of the call.
    step: Callable[[], Any] = functools.partial(next, generator)
    while True:
        try:
            with watch.step():
                value = step()
        except StopIteration as done:
            return done.value
        try:
            sent = yield value
        except GeneratorExit:
            with watch.step():
                generator.close()
            raise
        except BaseException as error:
            step = functools.partial(generator.throw, error)
        else:
            step = functools.partial(generator.send, sent)


def _async_generator(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        watch, args, kwargs = begin(args, kwargs)
        generator = function(*args, **kwargs)
        step = generator.asend(None)
        try:
            while True:
                try:
                    with _step(watch):
                        value = await step
                except StopAsyncIteration:
                    break
                try:
                    sent = yield value
                except GeneratorExit:
                    with _step(watch):
                        await generator.aclose()
                    raise
                except BaseException as error:
                    step = generator.athrow(error)
                else:
                    step = generator.asend(sent)
        except BaseException as error:
            _ended(watch, error)
            raise
        _ended(watch, None)

    return call


def _step(watch: Watch | None) -> AbstractContextManager[None]:
    return nullcontext() if watch is None else watch.step()


def _ended(watch: Watch | None, error: BaseException | None) -> None:
    if watch is not None:
        watch.ended(error)
