"""Blocks time code without changing it: as `with`, `async with`, and round functions of every kind."""

from __future__ import annotations

import asyncio
import gc
import inspect
import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from backend_instrumentation import Instruments


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def instruments(registry: CollectorRegistry) -> Instruments:
    return Instruments.from_spec({"version": 1, "packs": ["operations"]}, registry=registry)


@pytest.fixture
def counted(registry: CollectorRegistry) -> Callable[[], tuple[float, float]]:
    def read() -> tuple[float, float]:
        rows = [{"operation_type": "work", "success": success} for success in ("true", "false")]
        good, bad = (registry.get_sample_value("operations_total", row) or 0 for row in rows)
        return good, bad

    return read


Counted = Callable[[], tuple[float, float]]


def test_a_function_keeps_its_name_arguments_and_exceptions(
    instruments: Instruments, counted: Counted
) -> None:
    @instruments.operations.operation("work")
    def divide(a: int, b: int = 1) -> float:
        """Divide."""
        return a / b

    assert (divide.__name__, divide.__doc__) == ("divide", "Divide.")
    assert str(inspect.signature(divide)) == "(a: 'int', b: 'int' = 1) -> 'float'"
    assert divide(6, b=2) == 3
    with pytest.raises(ZeroDivisionError):
        divide(1, 0)
    assert counted() == (1, 1)


def test_a_coroutine_function_stays_one_and_is_timed_until_it_is_awaited(
    instruments: Instruments, counted: Counted, registry: CollectorRegistry
) -> None:
    @instruments.operations.operation("work")
    async def double(number: int) -> int:
        await asyncio.sleep(0.01)
        return number * 2

    async def run() -> None:
        assert await asyncio.gather(*(double(n) for n in range(5))) == [0, 2, 4, 6, 8]
        async with instruments.operations.operation("work"):
            pass

    assert inspect.iscoroutinefunction(double)
    asyncio.run(run())
    assert counted() == (6, 0)
    total = registry.get_sample_value("operation_duration_seconds_sum", {"operation_type": "work"})
    assert total is not None
    assert total >= 5 * 0.0099


def test_a_cancelled_coroutine_counts_as_failed_and_stays_cancelled(
    instruments: Instruments, counted: Counted
) -> None:
    @instruments.operations.operation("work")
    async def forever() -> None:
        await asyncio.sleep(3600)

    async def run() -> None:
        task = asyncio.create_task(forever())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert counted() == (0, 1)


def test_an_object_with_an_asynchronous_call_is_awaited(instruments: Instruments, counted: Counted) -> None:
    class Handler:
        async def __call__(self) -> str:
            raise ValueError("awaited")

    with pytest.raises(ValueError, match="awaited"):
        asyncio.run(instruments.operations.operation("work")(Handler())())
    assert counted() == (0, 1)


def test_methods_of_every_kind_stay_what_they_are(instruments: Instruments, counted: Counted) -> None:
    work = instruments.operations.operation("work")

    class Worker:
        @work
        def plain(self, number: int) -> tuple[type, int]:
            return type(self), number

        @work
        @classmethod
        def of_class(cls, number: int) -> tuple[type, int]:
            return cls, number

        @staticmethod
        @work
        def inside(number: int) -> int:
            return number

        @work
        @staticmethod
        def outside(number: int) -> int:
            return number

    worker = Worker()
    assert worker.plain(1) == worker.of_class(1) == Worker.of_class(1) == (Worker, 1)
    assert worker.inside(2) == Worker.inside(2) == worker.outside(2) == Worker.outside(2) == 2
    assert counted() == (7, 0)


def test_a_generator_is_timed_to_its_end_and_can_be_sent_to(
    instruments: Instruments, counted: Counted
) -> None:
    @instruments.operations.operation("work")
    def echo() -> Generator[str, str, str]:
        sent = yield "ready"
        yield sent.upper()
        return "end"

    made = echo()
    assert next(made) == "ready"
    assert counted() == (0, 0)
    assert made.send("a") == "A"
    with pytest.raises(StopIteration) as end:
        next(made)
    assert end.value.value == "end"
    assert counted() == (1, 0)


def test_a_generator_that_is_left_early_has_not_failed(instruments: Instruments, counted: Counted) -> None:
    @instruments.operations.operation("work")
    def numbers() -> Generator[int, None, None]:
        yield from range(10)

    made = numbers()
    next(made)
    made.close()
    assert counted() == (1, 0)


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_asynchronous_generator_behaves_as_undecorated(
    wrapped: bool, instruments: Instruments, counted: Counted
) -> None:
    seen: list[Any] = []

    async def echo() -> AsyncGenerator[str, str]:
        try:
            while True:
                try:
                    seen.append((yield str(len(seen))))
                except KeyError as error:  # noqa: PERF203
                    seen.append(error.args[0])
                    if error.args[0] == "stop":
                        return
        finally:
            seen.append("closed")

    made = (instruments.operations.operation("work")(echo) if wrapped else echo)()

    async def run() -> list[Any]:
        found = [await made.__anext__(), await made.asend("a"), await made.athrow(KeyError("b"))]
        with pytest.raises(StopAsyncIteration):
            await made.athrow(KeyError("stop"))
        other = (instruments.operations.operation("work")(echo) if wrapped else echo)()
        await other.__anext__()
        await other.aclose()
        return found

    assert asyncio.run(run()) == ["0", "1", "2"]
    assert seen == ["a", "b", "stop", "closed", "closed"]
    assert counted() == ((2, 0) if wrapped else (0, 0))


def test_an_asynchronous_generator_that_raises_has_failed(instruments: Instruments, counted: Counted) -> None:
    @instruments.operations.operation("work")
    async def broken() -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError("broken")

    async def run() -> None:
        async for _ in broken():
            pass

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run())
    assert counted() == (0, 1)


def test_calls_of_one_decorated_function_do_not_share_their_outcome(
    instruments: Instruments, counted: Counted
) -> None:
    @instruments.operations.operation("work")
    def work(depth: int) -> None:
        if depth == 0:
            raise ValueError("at the bottom")
        try:
            work(depth - 1)
        except ValueError:
            if depth == 1:
                raise

    work(2)
    assert counted() == (1, 2)


def test_a_recording_that_fails_is_counted_and_does_not_reach_the_code(
    instruments: Instruments, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(type(instruments.operations), "record", refuse)
    for _ in range(2):
        with instruments.operations.operation("work") as operation:
            pass
    assert operation.success
    (record,) = caplog.records
    assert record.getMessage().startswith("recording: operation failed; the service goes on")


def test_a_block_does_not_keep_the_exception_that_left_it(instruments: Instruments) -> None:
    class Held(Exception):
        pass

    block = instruments.operations.operation("work")
    try:
        with block:
            raise Held
    except Held as error:
        left = weakref.ref(error)
    gc.collect()
    assert left() is None
