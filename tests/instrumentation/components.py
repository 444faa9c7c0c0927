"""Reads what components show, over real sockets, and leaves no instance behind."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from backend_instrumentation import ExecutorMetrics, close_global_metrics, initialize_global_metrics
from backend_instrumentation.global_metrics.instances import instances

OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


def initialize(*arguments: Any, **named: Any) -> ExecutorMetrics | None:
    """Initialize in an event loop of its own, which is closed by the end."""
    return asyncio.run(initialize_global_metrics(*arguments, **named))


def initialized(*arguments: Any, **named: Any) -> ExecutorMetrics:
    metrics = initialize(*arguments, **named)
    assert metrics is not None
    return metrics


def close(*names: str) -> None:
    for name in names or tuple(instances()):
        asyncio.run(close_global_metrics(name))


def scrape(url: str, **options: Any) -> str:
    """Return the page, which any parser of OpenMetrics must be able to read."""
    answer = httpx.get(url, headers=OPENMETRICS, timeout=10, trust_env=False, **options)
    assert answer.status_code == 200, answer.text
    list(text_string_to_metric_families(answer.text))
    return answer.text


def url_of(metrics: ExecutorMetrics) -> str:
    assert metrics.server is not None
    return metrics.server.url


def port_of(metrics: ExecutorMetrics) -> int:
    assert metrics.server is not None
    return metrics.server.port


def taken_port() -> socket.socket:
    """Return a listening socket of 127.0.0.1 whose port nobody else can have."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def can_be_bound(port: int) -> bool:
    """Tell whether a listener with SO_REUSEADDR gets the port at once."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen()
        except OSError:
            return False
        return True


def value(metrics: ExecutorMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, {"component": metrics.instance_name, **labels})
