"""A collector that is away, silent, slow, refusing or without a name holds nothing up: not even the end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.tracing import TracingManager

from ..asgi_driver import call
from ..spans_kept import kept_spans
from ..tracing_servers import free_ports, wait_until

# The bound is two seconds; OpenTelemetry's own is thirty for each provider.
HANGS_SECONDS = 25
STATES = ("away", "silent", "dripping", "refusing", "nameless")


@contextmanager
def collector(state: str) -> Iterator[str]:
    """Give the endpoint of a collector in that state."""
    if state == "nameless":
        yield "http://collector.invalid:4318/v1/traces"
        return
    (port,) = free_ports(1)
    endpoint = f"http://127.0.0.1:{port}/v1/traces"
    if state == "away":
        yield endpoint
        return
    with socket.create_server(("127.0.0.1", port)) as listener:
        ended = threading.Event()
        threading.Thread(target=answer, args=(listener, state, ended), daemon=True).start()
        yield endpoint
        ended.set()


def answer(listener: socket.socket, state: str, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=misbehave, args=(connection, state, ended), daemon=True).start()


def misbehave(connection: socket.socket, state: str, ended: threading.Event) -> None:
    with connection:
        try:
            if state == "refusing":
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 503 no\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n")
            elif state == "dripping":
                for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000:
                    connection.sendall(bytes((byte,)))
                    if ended.wait(0.2):
                        break
            else:
                ended.wait(60)
        except OSError:
            pass


@pytest.fixture(scope="module")
def endpoints() -> Iterator[dict[str, str]]:
    """The endpoint of a collector in each state."""
    with ExitStack() as stack:
        yield {state: stack.enter_context(collector(state)) for state in STATES}


def test_requests_are_answered_and_the_end_comes_within_its_bound(
    endpoints: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    closing: dict[str, threading.Thread] = {}
    apps: dict[str, FastAPI] = {}
    for state, endpoint in endpoints.items():
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint)
        app = apps[state] = FastAPI()
        app.add_api_route("/", lambda: "home")
        handle = instrument(app, registry=CollectorRegistry(), config=Settings())
        assert handle.hooks.exemplar is not None, "it is traced"
        assert [call(app).status for _ in range(20)] == [200] * 20
        closing[state] = threading.Thread(target=handle.uninstrument, daemon=True)
    for thread in closing.values():
        thread.start()
    for thread in closing.values():
        thread.join(HANGS_SECONDS)
    assert [state for state, thread in closing.items() if thread.is_alive()] == []
    assert [call(app).status for app in apps.values()] == [200] * len(STATES)


PROGRAM = """
from backend_instrumentation.tracing import TracingManager
managers = [TracingManager(f"service {number}") for number in range(3)]
for manager in managers:
    assert manager.enabled
    for _ in range(600):
        manager.finish_span(manager.start_span("work"))
print("ready", flush=True)
input()
"""


def test_the_interpreter_ends(endpoints: dict[str, str]) -> None:
    def start(endpoint: str) -> subprocess.Popen[str]:
        environ = {**os.environ, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": endpoint}
        command = [sys.executable, "-c", PROGRAM]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    running = {state: start(endpoint) for state, endpoint in endpoints.items()}
    try:
        # What loading the libraries takes on a busy machine does not count.
        for process in running.values():
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running.values():
            assert process.stdin is not None
            process.stdin.write("end\n")
            process.stdin.flush()
        for state, process in running.items():
            _, said = process.communicate(timeout=HANGS_SECONDS)
            assert process.returncode == 0, (state, said)
            assert said.count("traces cannot be sent") <= 1, "one line a collector"
    finally:
        for process in running.values():
            process.kill()


def test_a_full_queue_drops_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100")
    with collector("silent") as endpoint:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint)
        manager = TracingManager("flood")
        for _ in range(1000):
            manager.finish_span(manager.start_span("drop"))
        assert manager.get_tracer_info()["dropped"] >= 800
        manager.close(0)


def test_after_close_decorated_functions_run_on() -> None:
    with kept_spans() as (manager, kept):

        @manager.with_tracing("work")
        def work() -> int:
            return 3

        manager.close()
        manager.close()
        assert (work(), manager.enabled, manager.start_span("x")) == (3, False, None)
        assert kept.spans == []


def test_a_forked_child_sends_its_own_spans_and_not_its_parents() -> None:
    with kept_spans() as (manager, kept):
        manager.finish_span(manager.start_span("parents"))
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            manager.finish_span(manager.start_span("childs"))
            manager.flush(10)
            os.write(writer, ",".join(span.name for span in kept.spans[-1:]).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reader, 100) == b"childs"
        assert manager.flush(10)
        assert [span.name for span in kept.spans] == ["parents"]


@pytest.mark.parametrize("missing", ["opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter"])
def test_without_the_libraries_everything_runs_and_one_line_says_so(missing: str) -> None:
    program = f"""
        import sys
        sys.modules[{missing!r}] = None
        from backend_instrumentation.tracing import TracingManager
        manager = TracingManager("shop", "127.0.0.1")
        @manager.with_tracing("x")
        def plain(a):
            return a
        @manager.trace_external_call("peer")
        def ask(headers=None):
            return headers
        @manager.trace_tool_execution("tool", "run")
        def tool():
            return 1
        with manager.span("y") as span:
            assert (plain(1), ask(), tool(), span) == (1, None, 1, None)
        assert plain.__wrapped__ if hasattr(plain, "__wrapped__") else True
        assert manager.get_tracer_info()["tracer_initialized"] is False
        manager.close()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (line,) = done.stderr.splitlines()
    assert line.startswith("tracing is off: ")
    assert line.endswith("install backend-instrumentation[otel]")


def test_a_broken_tracer_reaches_nobody(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("broken on purpose")

    with kept_spans() as (manager, _):
        manager._spans = Broken()  # type: ignore[assignment]

        @manager.with_tracing("x")
        async def work() -> int:
            return 5

        span = manager.start_span("a")
        manager.finish_span(span)
        with manager.span("b"):
            pass
        assert manager.inject_span_context(None, {}) == {}
        assert manager.extract_span_context({}) is None
        import asyncio

        assert asyncio.run(work()) == 5
    assert len({record.getMessage() for record in caplog.records}) == len(caplog.records)


def test_closing_is_not_held_up_by_requests_in_flight() -> None:
    with kept_spans() as (manager, _):
        stop = threading.Event()

        def load() -> None:
            while not stop.is_set():
                manager.finish_span(manager.start_span("busy"))
                time.sleep(0)

        threads = [threading.Thread(target=load, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        closing = threading.Thread(target=manager.close, daemon=True)
        closing.start()
        closing.join(HANGS_SECONDS)
        stop.set()
        assert not closing.is_alive()


def closed_port() -> str:
    (port,) = free_ports(1)
    return f"http://127.0.0.1:{port}/v1/traces"


def senders() -> int:
    return sum(thread.name == "trace-sender" for thread in threading.enumerate())


def test_an_application_factory_leaves_one_thread_and_only_once_there_is_a_span() -> None:
    before, endpoint = senders(), closed_port()
    managers = [TracingManager("factory", endpoint, enable_tracing=True) for _ in range(150)]
    apps = [FastAPI() for _ in managers]
    for app, manager in zip(apps, managers, strict=True):
        instrument(app, registry=CollectorRegistry(), config=Settings(), tracing=manager)
    assert senders() == before
    assert [call(app, "/nowhere").status for app in apps] == [404] * 150
    assert senders() == before + 1
    for manager in managers:
        manager.close(2)
    wait_until(lambda: senders() == before, "the last one closes the sender")


def test_one_managers_end_does_not_wait_for_a_dead_collector() -> None:
    endpoint = closed_port()
    first, second = (TracingManager("two", endpoint, enable_tracing=True) for _ in range(2))
    second.finish_span(second.start_span("work"))
    started = time.monotonic()
    second.close(HANGS_SECONDS)
    assert time.monotonic() - started < HANGS_SECONDS / 2
    first.finish_span(first.start_span("work"))
    info = first.get_tracer_info()
    assert (info["enabled"], second.enabled) == (True, False)
    first.close(0)


def test_managers_of_one_collector_send_all_that_they_had() -> None:
    with kept_spans() as (first, kept):
        second = TracingManager("second", first.settings.endpoint, enable_tracing=True)
        second.finish_span(second.start_span("of the second"))
        second.close()
        first.finish_span(first.start_span("of the first"))
        assert first.flush(10)
    assert {(span.name, span.resource.attributes["service.name"]) for span in kept.spans} == {
        ("of the first", "kept"),
        ("of the second", "second"),
    }


CLOSED_STREAM = """
import atexit, io, logging
from backend_instrumentation.tracing import TracingManager
stream = io.StringIO()
logging.basicConfig(stream=stream, level=logging.DEBUG)
manager = TracingManager("late", %r, enable_tracing=True)
atexit.register(stream.close)
manager.finish_span(manager.start_span("work"))
"""


def test_nothing_is_logged_into_a_stream_that_is_closed_at_the_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSED_STREAM % closed_port()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
