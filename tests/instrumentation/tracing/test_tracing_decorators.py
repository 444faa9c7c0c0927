"""The decorators: functions of every kind stay what they are, traced or not."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import REGISTRY, CollectorRegistry

from backend_instrumentation import Instruments
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.contract import families
from backend_instrumentation.tracing import TracingManager

from ..spans_kept import kept_spans, sent

Decorate = Callable[[Any], Any]


def decorators(manager: TracingManager) -> dict[str, Decorate]:
    return {
        "plain": manager.with_tracing("op"),
        "database": manager.trace_database_operation("select", "t"),
        "external": manager.trace_external_call("peer"),
        "tool": manager.trace_tool_execution("tool", "run"),
    }


def current() -> str | None:
    return getattr(trace.get_current_span(), "name", None)


@pytest.mark.parametrize("name", ["plain", "database", "external", "tool"])
@pytest.mark.parametrize("on", [True, False])
def test_every_kind_of_function_works_under_every_decorator(name: str, on: bool) -> None:
    with kept_spans() as (manager, kept):
        decorate = decorators(manager if on else TracingManager("off"))[name]

        @decorate
        def plain(a: int, *, b: int = 2) -> int:
            """What it does."""
            return a + b

        @decorate
        async def coroutine(a: int) -> int:
            await asyncio.sleep(0)
            return a

        @decorate
        def generator(count: int) -> Generator[int, int, str]:
            total = 0
            for number in range(count):
                total += (yield number) or 0
            return f"total {total}"

        @decorate
        async def stream(count: int) -> AsyncIterator[int]:
            for number in range(count):
                yield number

        class Service:
            @decorate
            def method(self, a: int) -> int:
                return a

            @decorate
            @staticmethod
            def static(a: int) -> int:
                return a

            @decorate
            @classmethod
            def of_class(cls, a: int) -> str:
                return f"{cls.__name__} {a}"

        async def collected() -> list[int]:
            return [number async for number in stream(3)]

        assert (plain(1, b=5), plain.__doc__, plain.__name__) == (6, "What it does.", "plain")
        assert inspect.iscoroutinefunction(coroutine)
        assert inspect.isgeneratorfunction(generator)
        assert inspect.isasyncgenfunction(stream)
        assert asyncio.run(coroutine(4)) == 4
        assert asyncio.run(collected()) == [0, 1, 2]
        assert Service().method(7) == 7
        assert (Service().static(8), Service.static(9)) == (8, 9)
        assert (Service().of_class(1), Service.of_class(2)) == ("Service 1", "Service 2")
        assert decorate(max)(3, 4) == 4
        running = generator(2)
        assert (next(running), running.send(5)) == (0, 1)
        with pytest.raises(StopIteration, match="total 11"):
            running.send(6)
        with pytest.raises(TypeError):
            plain()
        assert manager.flush(30)
        assert len(kept.spans) == (11 if on else 0)


def test_a_span_is_current_inside_and_not_where_a_generator_is_consumed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with kept_spans() as (manager, kept):
        seen: list[str | None] = []

        @manager.with_tracing("numbers")
        def numbers() -> Generator[int, None, None]:
            for number in range(2):
                seen.append(current())
                with manager.span(f"inner {number}"):
                    yield number

        @manager.with_tracing("stream")
        async def stream() -> AsyncIterator[int]:
            seen.append(current())
            yield 1

        async def consume() -> None:
            async for _ in stream():
                assert current() is None

        assert [current() for _ in numbers()] == [None, None], "the consumer's context is its own"
        assert current() is None
        asyncio.run(consume())
        spans = sent(manager, kept)
    assert seen == ["numbers", "numbers", "stream"]
    assert spans["inner 0"].parent is not None
    assert spans["inner 0"].parent.span_id == spans["numbers"].context.span_id
    assert "detach" not in caplog.text


def test_generators_that_are_left_early_end_their_spans() -> None:
    with kept_spans() as (manager, kept):
        cleaned: list[str] = []

        @manager.with_tracing("left")
        def numbers() -> Generator[int, None, None]:
            try:
                yield 1
                yield 2
            finally:
                cleaned.append("sync")

        @manager.with_tracing("left async")
        async def stream() -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                cleaned.append("async")

        async def leave() -> None:
            running = stream()
            await anext(running)
            await running.aclose()  # type: ignore[attr-defined]

        running = numbers()
        next(running)
        running.close()
        asyncio.run(leave())
        spans = sent(manager, kept)
    assert cleaned == ["sync", "async"]
    assert {spans[name].status.status_code for name in ("left", "left async")} == {StatusCode.UNSET}


def test_what_is_thrown_into_a_generator_arrives_there() -> None:
    with kept_spans() as (manager, _):

        @manager.with_tracing("patient")
        def patient() -> Generator[str, None, None]:
            try:
                yield "waiting"
            except KeyError:
                yield "caught"

        running = patient()
        assert next(running) == "waiting"
        assert running.throw(KeyError()) == "caught"


def test_an_exception_is_recorded_and_raised_unchanged() -> None:
    error = LookupError("not there")
    with kept_spans() as (manager, kept):

        @manager.with_tracing("failing", tags={"tier": "gold"})
        async def failing() -> None:
            raise error

        with pytest.raises(LookupError) as raised:
            asyncio.run(failing())
        span = sent(manager, kept)["failing"]
    assert raised.value is error
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "LookupError: not there")
    assert span.attributes == {"tier": "gold", "error.type": "LookupError"}
    assert [event.name for event in span.events] == ["exception"]


def test_a_cancelled_call_has_not_failed() -> None:
    with kept_spans() as (manager, kept):

        @manager.with_tracing("slow")
        async def slow() -> None:
            await asyncio.sleep(60)

        async def cancel() -> None:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(slow(), 0.01)

        asyncio.run(cancel())
        span = sent(manager, kept)["slow"]
    assert (span.status.status_code, dict(span.attributes or {})) == (StatusCode.UNSET, {"cancelled": True})


def test_arguments_become_attributes_unless_they_are_not_wanted() -> None:
    with kept_spans() as (manager, kept):

        @manager.with_tracing("told")
        def told(self: object, text: str, count: int = 1, *more: int, **named: object) -> None: ...

        @manager.with_tracing("untold", record_args=False)
        def untold(text: str) -> None: ...

        told(object(), "x" * 1000, 2, 3, 4, password="canary", deep={"token": "canary", "page": 3})
        untold("x")
        spans = sent(manager, kept)
    attributes = dict(spans["told"].attributes or {})
    assert attributes == {
        "arg.text": "x" * 255 + "…",
        "arg.count": 2,
        "arg.more": "[3, 4]",
        "arg.named": "{password: [redacted], deep: {token: [redacted], page: 3}}",
    }
    assert dict(spans["untold"].attributes or {}) == {}


def test_an_external_call_adds_to_the_headers_and_leaves_the_callers_alone() -> None:
    with kept_spans() as (manager, kept):

        @manager.trace_external_call("peer")
        def ask(url: str, headers: Any = None) -> Any:
            return headers

        @manager.trace_external_call("peer")
        def loose(**options: Any) -> Any:
            return options

        given = {"accept": "json", "Traceparent": "old"}
        seen = ask("/a", given)
        assert given == {"accept": "json", "Traceparent": "old"}
        assert set(seen) == {"accept", "traceparent"}
        assert set(ask("/a")) == {"traceparent"}
        assert dict(ask("/a", [("accept", "json")])).keys() == {"accept", "traceparent"}
        assert loose(a=1) == {"a": 1}
        assert set(loose(headers={})["headers"]) == {"traceparent"}
        span = sent(manager, kept)["peer"]
    assert (span.kind, dict(span.attributes or {})) == (SpanKind.CLIENT, {"peer.service": "peer"})


@pytest.mark.parametrize("on", [True, False])
def test_database_and_tool_calls_are_counted_and_timed_whether_traced_or_not(on: bool) -> None:
    registry = CollectorRegistry()
    instruments = Instruments(Settings(families=families(("database", "tool"))), registry=registry)
    with kept_spans(instruments=instruments) as (traced, _):
        manager = traced if on else TracingManager("off", instruments=instruments)

        @manager.trace_database_operation("SELECT", "users")
        async def read() -> None: ...

        @manager.trace_database_operation("vacuum")
        def vacuum() -> None: ...

        @manager.trace_tool_execution("grep", "search")
        def search(*, fail: bool) -> None:
            if fail:
                raise ValueError

        asyncio.run(read())
        vacuum()
        search(fail=False)
        with pytest.raises(ValueError):
            search(fail=True)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    assert value("database_query_duration_seconds_count", operation="select") == 1
    assert value("database_query_duration_seconds_count", operation="__other__") == 1
    assert value("tool_calls_total", tool="grep", operation="search", status="success") == 1
    assert value("tool_calls_total", tool="grep", operation="search", status="error") == 1
    assert value("tool_call_duration_seconds_count", tool="grep", operation="search") == 2


def test_without_instruments_the_default_registry_is_used() -> None:
    @TracingManager("off").trace_tool_execution("alone", "run")
    def run() -> int:
        return 5

    assert run() == 5
    labels = {"tool": "alone", "operation": "run", "status": "success"}
    assert REGISTRY.get_sample_value("tool_calls_total", labels) == 1


def test_finishing_nothing_or_twice_is_harmless(caplog: pytest.LogCaptureFixture) -> None:
    with kept_spans() as (manager, kept):
        manager.finish_span(None)
        span = manager.start_span("once", tags={"a": 1})
        manager.finish_span(span, tags={"b": 2}, logs=[{"event": "x", "n": 1}, "y"], error="it broke")
        manager.finish_span(span, tags={"c": 3}, error=ValueError())
        found = sent(manager, kept)["once"]
    assert dict(found.attributes or {}) == {"a": 1, "b": 2}
    assert [event.name for event in found.events] == ["x", "y"]
    assert (found.status.status_code, found.status.description) == (StatusCode.ERROR, "it broke")
    assert (len(kept.spans), caplog.records) == (1, []), "OpenTelemetry warns of spans that end twice"


def test_an_object_with_an_asynchronous_call_is_traced_until_it_has_answered() -> None:
    class Client:
        async def __call__(self) -> str | None:
            await asyncio.sleep(0)
            return current()

    with kept_spans() as (manager, kept):
        assert asyncio.run(manager.with_tracing("call")(Client())()) == "call"
        assert list(sent(manager, kept)) == ["call"]


def test_an_asynchronous_generator_that_cannot_be_called_ends_its_span() -> None:
    async def consumed(function: Any) -> None:
        async for _ in function("one too many"):
            pass

    with kept_spans() as (manager, kept):

        @manager.with_tracing("stream")
        async def stream() -> AsyncIterator[int]:
            yield 1

        with pytest.raises(TypeError):
            asyncio.run(consumed(stream))
        assert sent(manager, kept)["stream"].status.status_code is StatusCode.ERROR
