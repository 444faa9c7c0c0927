"""One request to the demo in the real stack: in Prometheus, in Jaeger, and its failure in Sentry, by one trace id."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.instrumentation.sentry_servers import Inbox, envelope_server
from watchkeeper.local_http import NoAnswer, get_json
from watchkeeper.stack.processes import end_processes

from .test_native_stack import BUNDLED, Site, ask, site, tools

pytestmark = pytest.mark.integration

__all__ = ["tools"]  # a fixture

TRACE, FAILED = "4bf92f3577b34da6a3ce929d0e0e4736", "4bf92f3577b34da6a3ce929d0e0e4737"
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with envelope_server() as running:
        yield running


@pytest.fixture(scope="module")
def stack(tools: dict[str, Path], inbox: Inbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = site(tmp_path_factory.mktemp("traces"), BUNDLED.read_text(encoding="utf-8"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTRY_DSN", inbox.dsn)
        done = made.up()
    try:
        assert done.returncode == 0, done.stderr
        yield made
    finally:
        made.run("down", "--volumes")
        end_processes(made.state, term_seconds=0)


def request(url: str, trace: str, *, body: bytes | None = None) -> int:
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "content-type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def operations(jaeger: str, trace: str) -> set[str]:
    try:
        data = get_json(f"{jaeger}/api/traces/{trace}")["data"]
    except NoAnswer:  # it does not know the trace yet
        return set()
    return {span["operationName"] for each in data for span in each["spans"]}


def wait_until(true: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.5)


def exemplars(prometheus: str, handler: str) -> set[str]:
    query = quote(f'http_request_duration_seconds_bucket{{handler="{handler}"}}')
    now = time.time()
    url = f"{prometheus}/api/v1/query_exemplars?query={query}&start={now - 600}&end={now}"
    return {each["labels"]["trace_id"] for series in get_json(url)["data"] for each in series["exemplars"]}


def test_a_request_is_found_in_prometheus_and_its_exemplar_opens_in_jaeger(stack: Site) -> None:
    urls = stack.status()[1]["urls"]
    demo, handler = urls["Demo"].removesuffix("/docs"), "/api/v1/agents/{agent}/messages"

    def ask_demo() -> int:
        return request(f"{demo}/api/v1/agents/ada/messages?token=canary", TRACE, body=b'{"text": "hi"}')

    def exemplar_found() -> bool:
        # A bucket keeps its newest exemplar only, and the demo's own load is faster than the scrapes.
        assert ask_demo() == 200
        return TRACE in exemplars(urls["Prometheus"], handler)

    assert ask_demo() == 200
    counted = quote(f'http_requests_total{{handler="{handler}"}} > 0')
    wait_until(lambda: ask(stack, counted), "Prometheus has the request")
    wait_until(exemplar_found, "Prometheus has its exemplar")
    names = {f"POST {handler}", "assistant think", "insert message", "delete message"}
    wait_until(lambda: names <= operations(urls["Jaeger"], TRACE), "Jaeger has the trace")
    assert "canary" not in str(get_json(f"{urls['Jaeger']}/api/traces/{TRACE}"))


def test_a_failure_carries_the_trace_id_to_sentry(stack: Site, inbox: Inbox) -> None:
    urls = stack.status()[1]["urls"]
    demo = urls["Demo"].removesuffix("/docs")
    assert request(f"{demo}/faults", TRACE, body=b'{"error_ratio": 1.0}') == 200
    assert request(f"{demo}/api/v1/agents", FAILED) == 500
    request(f"{demo}/faults", TRACE, body=b'{"error_ratio": 0.0}')

    def events() -> dict[str, Any]:
        return {event["contexts"]["trace"]["trace_id"]: event for event in inbox.events}

    wait_until(lambda: FAILED in events(), "the failure arrives")
    traces = events()
    wait_until(lambda: operations(urls["Jaeger"], FAILED), "Jaeger has the trace")
    assert traces[FAILED]["tags"] == {"handler": "/api/v1/agents", "method": "GET", "status_code": "500"}
