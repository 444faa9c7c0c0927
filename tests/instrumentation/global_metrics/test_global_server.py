"""The server of a port answers scrapers of every kind, and survives clients of every kind."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import threading
from typing import Any

import pytest
from prometheus_client.registry import Collector

from backend_instrumentation import ExecutorMetrics, record_operation
from backend_instrumentation.global_metrics import metrics_server

from ..components import OPENMETRICS, close, initialize, initialized, port_of, scrape, url_of


def get(metrics: ExecutorMetrics, path: str = "/metrics", method: str = "GET", **headers: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(metrics), timeout=10)
    with contextlib.closing(connection):
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


def test_the_format_is_the_one_that_the_scraper_asks_for() -> None:
    metrics = initialized(metrics_port=0)
    record_operation("sync")
    _, headers, page = get(metrics)
    assert headers["Content-Type"].startswith("text/plain; version=")
    assert b"# TYPE operations_total counter" in page
    _, headers, page = get(metrics, Accept=OPENMETRICS["Accept"])
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert page.endswith(b"# EOF\n")
    status, headers, page = get(metrics, Accept="application/openmetrics-text; version=x")
    assert status == 200
    assert b"operations_total" in page


def test_it_compresses_for_those_who_accept_it() -> None:
    metrics = initialized(metrics_port=0)
    _, headers, page = get(metrics, Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(page) == get(metrics)[2]


def test_it_can_be_asked_for_some_names() -> None:
    metrics = initialized(metrics_port=0)
    record_operation("sync", duration=1)
    _, _, page = get(metrics, "/metrics?name[]=operations_total&name[]=nothing")
    lines = [line for line in page.decode().splitlines() if not line.startswith("#")]
    assert lines == ['operations_total{component="default",operation_type="sync",success="true"} 1.0']


def test_other_paths_and_methods() -> None:
    metrics = initialized(metrics_port=0)
    assert get(metrics, "/")[2] == get(metrics)[2]
    assert get(metrics, "/elsewhere")[0] == 404
    assert get(metrics, method="POST")[0] == 501
    status, headers, body = get(metrics, method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 0
    assert "Python" not in headers["Server"]


def test_a_page_that_cannot_be_rendered_is_a_500_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Collector):
        def describe(self) -> Any:
            return []

        def collect(self) -> Any:
            raise RuntimeError("broken on purpose")

    metrics = initialized(metrics_port=0)
    assert metrics.server is not None
    metrics.server.registry.register(Broken())
    assert [get(metrics)[0] for _ in range(2)] == [500, 500]
    assert len(caplog.records) == 1


def test_clients_that_send_nonsense_or_leave_are_not_noticed(capfd: pytest.CaptureFixture[str]) -> None:
    metrics = initialized(metrics_port=0)
    for sent in (
        b"",
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"GET /metrics HTTP/1.0\r\n\r\n",
        b"x" * 70_000,
    ):
        with (
            socket.create_connection(("127.0.0.1", port_of(metrics))) as client,
            contextlib.suppress(OSError),
        ):
            client.sendall(sent)
    scrape(url_of(metrics))
    assert capfd.readouterr() == ("", "")


def test_components_that_come_and_go_while_others_record_and_scrape() -> None:
    keeper = initialized(metrics_port=0, instance_name="keeper")
    stop = threading.Event()
    failures: list[BaseException] = []

    def guarded(run: Any) -> threading.Thread:
        def repeat() -> None:
            try:
                while not stop.is_set():
                    run()
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=repeat)
        thread.start()
        return thread

    def come_and_go() -> None:
        initialize(metrics_port=port_of(keeper))
        initialize(metrics_port=0, instance_name="other")
        close("default", "other")

    def record() -> None:
        record_operation("sync", duration=0.1)
        record_operation("sync", instance_name="other")
        stop.wait(0.001)

    threads = [guarded(come_and_go), guarded(come_and_go), guarded(record)]
    try:
        for _ in range(15):
            scrape(url_of(keeper))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    close("default", "other")
    assert list(metrics_server._servers) == [port_of(keeper)]
