"""Each option of `instrument()` has its effect, is bounded, and cannot harm the service."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from backend_instrumentation import MetricsMiddleware, instrument
from backend_instrumentation.config.settings import Settings, parse
from backend_instrumentation.guard import Guard
from backend_instrumentation.http_metrics import labelled_counter
from backend_instrumentation.http_metrics.measured_request import MeasuredRequest
from backend_instrumentation.http_metrics.observed_request import ObservedRequest
from backend_instrumentation.http_metrics.request_counter import RequestCounter
from backend_instrumentation.recording.callbacks import MOST_QUEUED, FinishedRequest, RequestCallbacks

from ..asgi_driver import Client, acall, call

PAUSE = 0.05


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello " + (await request.body()).decode())


async def stream(_: Request) -> Response:
    async def chunks() -> Any:
        await asyncio.sleep(PAUSE)
        yield b"first"
        await asyncio.sleep(PAUSE)
        yield b"second"

    return StreamingResponse(chunks())


async def file(_: Request) -> Response:
    return FileResponse(Path(__file__))


async def fail(_: Request) -> Response:
    raise RuntimeError("broken")


def service(**options: Any) -> tuple[FastAPI, CollectorRegistry]:
    app, registry = FastAPI(openapi_url=None), CollectorRegistry()
    for path, endpoint in (("/hello/{x}", hello), ("/stream", stream), ("/file", file), ("/fail", fail)):
        app.add_route(path, endpoint, methods=["GET", "POST"])
    instrument(app, registry=registry, config=options.pop("config", Settings()), **options)
    return app, registry


def rows(registry: CollectorRegistry, name: str) -> list[tuple[dict[str, str], float]]:
    return [
        (sample.labels, sample.value)
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == name and sample.value
    ]


def only(registry: CollectorRegistry, name: str) -> tuple[dict[str, str], float]:
    (found,) = rows(registry, name)
    return found


@pytest.mark.parametrize(
    ("entry", "paths"),
    [
        ("/hello/1", {"/hello/1"}),
        ("/hello/{x}", {"/hello/1", "/hello/2"}),
        ("re:^/hello/[13]$", {"/hello/1"}),
        (re.compile("^/(stream|fail)"), {"/stream", "/fail"}),
        ("re:.*", {"/hello/1", "/hello/2", "/stream", "/fail", "/nothing"}),
        ("__unmatched__", {"/nothing"}),
        ("re:{x}", {"/hello/1", "/hello/2"}),  # a pattern of the template
    ],
)
def test_paths_templates_and_patterns_are_excluded(entry: Any, paths: set[str]) -> None:
    app, registry = service(exclude=[entry])
    asked = ("/hello/1", "/hello/2", "/stream", "/fail", "/nothing")
    counted = set()
    for path in asked:
        before = sum(value for _, value in rows(registry, "http_requests_total"))
        call(app, path)
        if sum(value for _, value in rows(registry, "http_requests_total")) > before:
            counted.add(path)
    assert counted == set(asked) - paths


def test_a_pattern_in_the_file_is_compiled(tmp_path: Path) -> None:
    path = tmp_path / "instrumentation.json"
    path.write_text(json.dumps({"version": 1, "exclude": ["re:^/hello"]}))
    app, registry = service(config=path, exclude=["/fail"])
    for asked in ("/hello/1", "/fail", "/stream"):
        call(app, asked)
    assert [labels["handler"] for labels, _ in rows(registry, "http_requests_total")] == ["/stream"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"exclude": ["re:["]}, "exclude: 're:[' is no regular expression: "),
    (
        {"exclude": ["/admin/.*"]},
        "exclude: '/admin/.*' is no path; write 're:/admin/.*' for a regular expression",
    ),
    ({"exclude": [re.compile(b"x")]}, "is neither a path nor a pattern of text"),
    ({"exclude": 7}, "exclude: 7 is no list of paths and patterns"),
    ({"exclude": "/hello"}, "exclude: '/hello' is no list of paths and patterns"),
    ({"packs": ["http_size"]}, "pack 'http_size': there are http, system"),
    ({"packs": "http_sizes"}, "packs: 'http_sizes' is no list of packs"),
    ({"packs": [["x"]]}, "pack ['x']: there are"),
    ({"labels": ["a"]}, "labels: ['a'] is no mapping of label names to values"),
    ({"labels": {"a b": "c"}}, "labels: 'a b' cannot be a label"),
    ({"labels": {7: "c"}}, "labels: 7 cannot be a label"),
    ({"labels": {"handler": "c"}}, "labels: 'handler' is taken"),
    ({"labels": {"region": 7}}, "labels: 'region' needs a text or a function, not 7"),
    ({"labels": {"region": hello}}, "labels: 'region' needs a plain function, not a coroutine function"),
    ({"labels": {f"l{n}": "" for n in range(9)}}, "labels: 'l8' is one too many, there can be 8"),
    ({"status_groups": "yes"}, "status_groups: 'yes' is neither True nor False"),
    ({"on_request": [7]}, "on_request: 7 is no function"),
    ({"on_request": "print"}, "on_request: 'print' is no function"),
]


@pytest.mark.parametrize(("given", "message"), WRONG, ids=[message for _, message in WRONG])
def test_an_option_that_cannot_be_used_is_one_warning(
    given: dict[str, Any], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    app, registry = service(**given)
    assert call(app, "/hello/1").status == 200
    assert only(registry, "http_requests_total")[1] == 1
    assert call(app, "/metrics").status == 200
    (record,) = caplog.records
    assert record.getMessage().startswith("instrument(): left out: ")
    assert message in record.getMessage()


def test_a_label_of_the_file_is_not_given_twice(caplog: pytest.LogCaptureFixture) -> None:
    config = parse({"version": 1, "labels": {"region": "eu"}})
    app, registry = service(config=config, labels={"region": "us", "zone": "b"})
    call(app, "/stream")
    assert only(registry, "http_requests_total")[0] == {
        "method": "GET", "handler": "/stream", "status_code": "200", "region": "eu", "zone": "b"
    }  # fmt: skip
    assert "labels: 'region' is in the file already" in caplog.text


def test_sizes_are_of_the_bodies() -> None:
    app, registry = service(packs=["http_sizes"])
    call(app, "/hello/1", headers=[("content-length", "5000")])
    call(app, "/stream")
    call(app, "/file", extensions={"http.response.pathsend": {}})
    sizes = {
        name: {labels["handler"]: value for labels, value in rows(registry, f"http_{name}_size_bytes_sum")}
        for name in ("request", "response")
    }
    assert sizes == {
        "request": {"/hello/{x}": 5000},
        "response": {"/hello/{x}": 6, "/stream": 11, "/file": Path(__file__).stat().st_size},
    }
    buckets = rows(registry, "http_response_size_bytes_bucket")
    assert all(value == 1 for labels, value in buckets if labels["handler"] == "/stream")


@pytest.mark.parametrize("length", ["", "x", "-5", "1e3"])
def test_a_length_that_is_none_is_not_believed(length: str) -> None:
    app, registry = service(packs=["http_sizes"])
    call(app, "/hello/1", headers=[("content-length", length)])
    assert rows(registry, "http_request_size_bytes_sum") == []
    assert only(registry, "http_request_size_bytes_count")[1] == 1
    assert registry.get_sample_value("instrumentation_errors_total") == 0


def test_the_first_byte_is_that_of_the_body() -> None:
    app, registry = service(packs=["http_first_byte"])
    call(app, "/stream")
    _, first = only(registry, "http_response_first_byte_seconds_sum")
    _, last = only(registry, "http_request_duration_seconds_sum")
    assert PAUSE <= first <= last - PAUSE / 2


def test_a_status_counts_in_its_group() -> None:
    app, registry = service(status_groups=True)
    for path in ("/stream", "/fail", "/nothing"):
        call(app, path)
    found = {labels["handler"]: labels["status_code"] for labels, _ in rows(registry, "http_requests_total")}
    assert found == {"/stream": "2xx", "/fail": "5xx", "__unmatched__": "4xx"}
    initial = {
        sample.labels["status_code"]
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "http_requests_total" and sample.labels["handler"] == "/hello/{x}"
    }
    assert initial == {"2xx", "5xx"}


def test_labels_are_on_every_metric_of_requests_and_on_initial_series() -> None:
    app, registry = service(
        labels={"region": "eu", "tenant": lambda scope, status: dict(scope["headers"]).get(b"tenant", b"").decode()},
        packs=["http_sizes", "http_first_byte"],
    )  # fmt: skip
    for tenant in ("a", "b", "a"):
        call(app, "/hello/1", headers=[("tenant", tenant)])
    counted = {labels["tenant"]: value for labels, value in rows(registry, "http_requests_total")}
    assert counted == {"a": 2, "b": 1}
    for name in (
        "http_request_duration_seconds",
        "http_response_size_bytes",
        "http_response_first_byte_seconds",
    ):
        found = rows(registry, f"{name}_count")
        assert {(labels["tenant"], labels["region"]) for labels, _ in found} == {("a", "eu"), ("b", "eu")}
    assert registry.get_sample_value(
        "http_requests_total",
        {"method": "GET", "handler": "/fail", "status_code": "500", "region": "eu", "tenant": ""},
    ) == 0  # fmt: skip
    assert registry.get_sample_value("http_requests_in_progress") == 0


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("returned", "value"),
    [(None, ""), (7, "7"), (True, "true"), ("x" * 1000, "x" * 128), ("\ud800", "?"), (b"x", "b'x'"),
     (Unprintable(), "__other__"), (ValueError("raised"), "__other__")],
)  # fmt: skip
def test_whatever_a_label_function_returns_is_a_label(returned: Any, value: str) -> None:
    def label(_: Any, __: int) -> Any:
        if isinstance(returned, Exception):
            raise returned
        return returned

    app, registry = service(labels={"tenant": label})
    assert call(app, "/stream").body == b"firstsecond"
    assert only(registry, "http_requests_total")[0]["tenant"] == value
    failures = int(value == "__other__")
    assert registry.get_sample_value("instrumentation_errors_total") == failures
    assert call(app, "/metrics").status == 200


def test_an_unbounded_label_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelled_counter, "MOST_VALUES", 20)
    monkeypatch.setattr(labelled_counter, "MOST_SERIES", 30)
    numbers = iter(range(10_000))
    app, registry = service(
        labels={"a": lambda *_: next(numbers), "b": lambda *_: next(numbers)}, status_groups=True
    )
    for _ in range(100):
        call(app, "/hello/1")
        call(app, "/nothing")
    found = rows(registry, "http_requests_total")
    assert len(found) <= 32
    assert sum(value for _, value in found) == 200
    assert {"a": "__other__", "b": "__other__"}.items() <= found[-1][0].items()


def test_a_slow_label_function_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(labelled_counter, "SLOWEST_SECONDS", 0.01)
    asked: list[int] = []

    def slow(_: Any, status: int) -> str:
        asked.append(status)
        time.sleep(PAUSE)
        return "slow"

    app, registry = service(labels={"tenant": slow})
    for _ in range(3):
        call(app, "/stream")
    assert asked == [200]
    counted = {labels["tenant"]: value for labels, value in rows(registry, "http_requests_total")}
    assert counted == {"slow": 1, "__other__": 2}
    (record,) = caplog.records
    assert "computing the label tenant took more than a second" in record.getMessage()


def finished(app: Starlette, made: list[FinishedRequest], number: int) -> list[FinishedRequest]:
    deadline = time.monotonic() + 10
    while len(made) < number:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return made


def test_a_function_gets_each_finished_request() -> None:
    made: list[FinishedRequest] = []
    app, _ = service(on_request=[made.append, lambda each: None])
    call(app, "/hello/7?q=1", method="POST", headers=[("content-length", "4")])
    call(app, "/metrics")
    call(app, "/stream", client=Client(breaks_at_message=3))
    one, other = finished(app, made, 2)
    assert (one.method, one.handler, one.status_code) == ("POST", "/hello/{x}", 200)
    assert (one.request_size, one.response_size) == (4, 6)
    assert one.scope["query_string"] == b"q=1"
    assert (b"content-type", b"text/plain; charset=utf-8") in one.response_headers
    assert 0 < one.first_byte_seconds <= one.seconds < 10
    assert (other.handler, other.status_code) == ("/stream", 200)


def test_functions_that_raise_and_hang_harm_nobody(caplog: pytest.LogCaptureFixture) -> None:
    released, made = threading.Event(), []

    def hangs(_: FinishedRequest) -> None:
        released.wait(30)

    def raises(each: FinishedRequest) -> None:
        made.append(each)
        raise RuntimeError("broken on purpose")

    app, registry = service(on_request=[raises, hangs])
    try:
        started = time.monotonic()

        async def many() -> None:
            for _ in range(MOST_QUEUED + 50):
                assert (await acall(app, "/hello/1")).status == 200

        asyncio.run(many())
        assert time.monotonic() - started < 25
        errors = registry.get_sample_value("instrumentation_errors_total") or 0
        assert errors >= 49  # what did not fit into the queue, and one exception
        assert len(made) == 1
        assert only(registry, "http_requests_total")[1] == MOST_QUEUED + 50
    finally:
        released.set()
    assert len(caplog.records) == 2
    started = time.monotonic()
    instrument(app).uninstrument()
    assert time.monotonic() - started < 5


def test_closing_waits_for_the_queue_and_ends_the_thread() -> None:
    made: list[FinishedRequest] = []

    def slow(each: FinishedRequest) -> None:
        time.sleep(0.01)
        made.append(each)

    before = set(threading.enumerate())
    app, _ = service(on_request=slow)
    for _ in range(5):
        call(app, "/hello/1")
    instrument(app).uninstrument()
    assert len(made) == 5
    assert set(threading.enumerate()) <= before


def test_the_thread_ends_when_nothing_happens_and_comes_back() -> None:
    made: list[Any] = []
    callbacks = RequestCallbacks([made.append], Guard(lambda: None), idle_seconds=0.01)
    for number in range(3):
        callbacks.call(number)  # type: ignore[arg-type]
        deadline = time.monotonic() + 10
        while callbacks._thread is not None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
    assert made == [0, 1, 2]


def test_a_fork_gets_a_thread_of_its_own() -> None:
    import os

    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    made: list[Any] = []
    callbacks = RequestCallbacks([made.append], Guard(lambda: None))
    callbacks.call("before")  # type: ignore[arg-type]
    reader, writer = os.pipe()
    if os.fork() == 0:
        made.clear()
        callbacks.call("after")  # type: ignore[arg-type]
        callbacks.close(5)
        os.write(writer, repr(made).encode())
        os._exit(0)
    os.wait()
    assert os.read(reader, 100) == b"['after']"
    callbacks.close(5)
    assert made == ["before"]


def middleware_of(app: Any) -> Any:
    found = app.middleware_stack
    while not isinstance(found, MetricsMiddleware):
        found = found.app
    return found


def test_without_options_no_request_pays() -> None:
    app, _ = service()
    call(app, "/hello/1")
    stack = middleware_of(app)
    assert stack._request is ObservedRequest
    assert type(stack._exclude) is frozenset
    assert type(stack._counter) is RequestCounter
    app, _ = service(packs=["http_sizes"], exclude=["re:x"], labels={"a": lambda *_: ""})
    call(app, "/hello/1")
    stack = middleware_of(app)
    assert stack._request.func is MeasuredRequest
    assert type(stack._counter) is labelled_counter.LabelledCounter


@pytest.mark.parametrize("with_scope", [True, False])
def test_the_exemplar_hook_gets_the_scope_if_it_takes_one(with_scope: bool) -> None:
    app, _ = service()
    handle = instrument(app)
    hook: Callable[..., Any] = (
        (lambda scope: {"path": scope["path"]}) if with_scope else (lambda: {"path": "none"})
    )
    handle.hooks.exemplar = hook
    call(app, "/hello/7")
    accept = [("accept", "application/openmetrics-text; version=1.0.0")]
    page = call(app, "/metrics", headers=accept).body.decode()
    assert f'# {{path="{"/hello/7" if with_scope else "none"}"}}' in page


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("asyncio").setLevel(logging.ERROR)
