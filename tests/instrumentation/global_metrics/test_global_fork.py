"""After a fork the parent goes on listening, its port can be freed, and the child may begin anew."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from backend_instrumentation import (
    close_global_metrics,
    get_global_metrics,
    get_metrics_summary,
    initialize_global_metrics,
    record_operation,
)

from ..components import can_be_bound, close, initialized, port_of, scrape, url_of

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]


class Child:
    """A forked child that runs one function, tells its result, and waits until it may end."""

    def __init__(self, run: Callable[[], Any]) -> None:
        read, write = os.pipe()
        hold, self._let_go = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._let_go)
            try:
                os.write(write, json.dumps(run()).encode() + b"\n")
                os.read(hold, 1)
            except BaseException:
                os.write(write, json.dumps(traceback.format_exc()).encode() + b"\n")
            finally:
                sys.stdout.flush()
                os._exit(0)
        os.close(write)
        os.close(hold)
        with os.fdopen(read) as pipe:
            self.result = json.loads(pipe.readline())

    def end(self) -> None:
        os.close(self._let_go)
        os.waitpid(self.pid, 0)


def test_closing_frees_the_port_while_a_forked_child_lives() -> None:
    port = port_of(initialized(metrics_port=0))
    child = Child(lambda: "there")
    assert child.result == "there"
    close()
    assert can_be_bound(port)
    assert port_of(initialized(metrics_port=port)) == port
    child.end()


def test_the_parents_page_outlives_its_children() -> None:
    metrics = initialized(metrics_port=0)

    def run() -> Any:
        server = get_metrics_summary()["port"]
        record_operation("in the child")
        asyncio.run(close_global_metrics())
        asyncio.run(close_global_metrics())
        return [server, get_global_metrics() is None]

    child = Child(run)
    assert child.result == [None, True]
    child.end()
    record_operation("in the parent")
    page = scrape(url_of(metrics))
    assert "in the parent" in page
    assert "in the child" not in page


def test_a_child_that_initializes_gets_a_server_of_its_own() -> None:
    metrics = initialized(metrics_port=0)
    record_operation("before")

    def run() -> Any:
        again = asyncio.run(initialize_global_metrics(metrics_port=0))
        assert again is not None
        assert again is get_global_metrics()
        return url_of(again)

    child = Child(run)
    assert child.result != url_of(metrics)
    assert scrape(child.result).count('operation_type="before"') == 1
    assert scrape(url_of(metrics)).count('operation_type="before"') == 1
    child.end()


def test_a_child_cannot_share_the_parents_server_and_does_not_hold_its_socket() -> None:
    metrics = initialized(metrics_port=0)
    port = port_of(metrics)
    assert metrics.server is not None
    descriptor = metrics.server.socket.fileno()
    address = metrics.server.socket.getsockname()

    def still_open() -> bool:
        try:
            with socket.socket(fileno=os.dup(descriptor)) as copy:
                return bool(copy.getsockname() == address)
        except OSError:
            return False

    def run() -> Any:
        other = asyncio.run(initialize_global_metrics(metrics_port=port, instance_name="other"))
        assert other is not None
        return [other.server is None, still_open()]

    assert still_open()
    child = Child(run)
    assert child.result == [True, False]
    child.end()
    scrape(url_of(metrics))


def test_the_locks_that_another_thread_held_during_the_fork_do_not_stop_the_child() -> None:
    from backend_instrumentation.global_metrics import instances, metrics_server
    from backend_instrumentation.registry import leases

    metrics = initialized(metrics_port=0)
    assert metrics._exposure is not None
    held = (leases.lock(), instances._lock, metrics_server._lock, metrics._exposure._lock)

    def run() -> Any:
        asyncio.run(close_global_metrics())
        return asyncio.run(initialize_global_metrics(metrics_port=0)) is not None

    import threading

    locked, forked = threading.Event(), threading.Event()

    def hold() -> None:
        for each in held:
            each.acquire()
        locked.set()
        forked.wait(30)
        for each in reversed(held):
            each.release()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(10)
    try:
        child = Child(run)
    finally:
        forked.set()
        thread.join()
    assert child.result is True
    child.end()
