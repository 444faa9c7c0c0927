"""Decides where an instance is exposed: on a port of its own, or on the page that an application serves already."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry

from ..guard import LOGGER
from ..registry.collectors import ExposedFamily
from ..registry.component_families import join, leave
from ..registry.leases import serving
from .environment import DEFAULT_PORT, metrics_port, port_number
from .metrics_server import MetricsServer, acquire, release
from .scrape_text import multiprocess

RETRY_SECONDS = 5.0
"""How long a worker waits before it retries a port that another worker uses."""


class Exposure:
    """Where the families of one instance are exposed; nowhere after `close`."""

    def __init__(self, families: Sequence[ExposedFamily], *, host: str) -> None:
        self._families = tuple(families)
        self._host = host
        self._process = os.getpid()
        self._registry: CollectorRegistry | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self.server: MetricsServer | None = None

    @property
    def lost(self) -> bool:
        """Whether this process is a child of the one that opened it: the listening thread stayed there."""
        return self._process != os.getpid()

    @property
    def registry(self) -> CollectorRegistry | None:
        """The registry that has the families now, or None."""
        return self._registry

    def add(self, families: Sequence[ExposedFamily]) -> None:
        """Expose further families wherever the others are, now and later."""
        if self.lost:  # the lock may be that of another thread of the parent
            return
        with self._lock:
            self._families += tuple(families)
            if self._registry is not None:
                join(self._registry, families)

    def open(self, port: object) -> None:
        """Expose the families on `port`, else on METRICS_PORT, else on 8001 unless a page is served."""
        given = self._given(port)
        application = serving()
        if given is None and application is not None:
            self._expose_in(application)
            return
        wanted = DEFAULT_PORT if given is None else given
        try:
            self._listen(wanted)
        except Exception as error:
            self._refused(wanted, error)
            if application is not None:
                self._expose_in(application)
            if multiprocess():
                _retry(lambda: self._try_again(wanted), self._closed)

    def close(self) -> None:
        """Stop exposing the families; the port is freed when no other instance uses it. Safe twice."""
        self._closed.set()
        # Another thread of the parent may have held the lock when this process was forked.
        with threading.Lock() if self.lost else self._lock:
            server, self.server = self.server, None
            registry, self._registry = self._registry, None
            if registry is not None:
                leave(registry, self._families)
            if server is not None:
                release(server)

    def _given(self, port: object) -> int | None:
        found = port_number(port)
        if port is not None and found is None:
            LOGGER.warning("metrics_port is %r, which is no port, 0 to 65535; it counts as not given", port)
        return metrics_port() if found is None else found

    def _expose_in(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        join(registry, self._families)

    def _listen(self, port: int) -> None:
        server = acquire(self._host, port)
        self.server = server
        if self._registry is not None:
            leave(self._registry, self._families)
        self._expose_in(server.registry)

    def _try_again(self, port: int) -> bool:
        with self._lock:
            if self._closed.is_set() or self.lost:
                return True
            try:
                self._listen(port)
            except Exception:
                return False
            return True

    def _refused(self, port: int, error: Exception) -> None:
        remedy = "this worker tries again in the background" if multiprocess() else (
            "set METRICS_PORT to a free port, or to 0 for any, or instrument(app) and scrape its /metrics"
        )  # fmt: skip
        LOGGER.warning(
            "port %d on %s cannot be listened on (%s): metrics are recorded, but not shown there; %s",
            port, self._host, getattr(error, "strerror", None) or error, remedy,
        )  # fmt: skip


def _retry(attempt: Callable[[], bool], stop: threading.Event) -> None:
    def run() -> None:
        while not stop.wait(RETRY_SECONDS) and not attempt():
            pass

    threading.Thread(target=run, name="metrics port", daemon=True).start()
