"""Listens on one port for all instances of the process that ask for it, and frees it at once when closed."""

from __future__ import annotations

import errno
import os
import socket
import socketserver
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from prometheus_client import CollectorRegistry

from ..guard import Guard
from .scrape_text import ScrapeText

_WAKES_SECONDS: Final = 0.5
_SILENT_CLIENT_SECONDS: Final = 10.0
_OUT_OF_FILES_SECONDS: Final = 0.2
_GONE: Final = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK})
_PATHS: Final = frozenset({"/", "/metrics"})

_servers: Final[dict[int, MetricsServer]] = {}
_lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENT_CLIENT_SECONDS
    server_version = "metrics"
    sys_version = ""
    server: MetricsServer

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path not in _PATHS:
            self._answer(404, b"there is /metrics here\n", {"Content-Type": "text/plain"})
            return
        try:
            text, headers = self.server.scrape.rendered(
                accept=self.headers.get("Accept", ""),
                encodings=self.headers.get("Accept-Encoding", ""),
                names=parse_qs(asked.query).get("name[]", []),
            )
        except Exception:
            self.server.guard.note("rendering the metrics")
            self._answer(500, b"the metrics could not be rendered\n", {"Content-Type": "text/plain"})
            return
        self._answer(200, text, headers)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Do nothing: one log line per scrape is too much."""


class MetricsServer(ThreadingHTTPServer):
    """One listening port, its registry, and the number of instances on it."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # elsewhere it would let two processes share one port
    allow_reuse_port = False

    def __init__(self, host: str, port: int) -> None:
        self.registry = CollectorRegistry()
        self.guard = Guard(lambda: None)
        self.scrape = ScrapeText(self.registry, self.guard)
        self.users = 0
        self._closed = False
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        self.socket.settimeout(_WAKES_SECONDS)
        try:
            threading.Thread(target=self._accept, name=f"metrics on port {self.port}", daemon=True).start()
        except RuntimeError:  # no thread can be started
            self.socket.close()
            raise

    @property
    def port(self) -> int:
        """The port listened on, never 0."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address to scrape."""
        host = str(self.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/metrics"

    def server_bind(self) -> None:
        # HTTPServer would resolve the host's name here, which can take as long as the resolver's timeout.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do nothing: a client that left early is not a failure of the service."""

    def free(self) -> None:
        """Stop listening and free the port, even if a child process has a copy of the socket."""
        self._closed = True
        with suppress(
            OSError
        ):  # some systems refuse it for a socket that only listens; closing is enough there
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def forget(self) -> None:
        """Close this process's copy of the socket; the process that opened it keeps listening."""
        self._closed = True
        self.socket.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                request, address = self.socket.accept()
            except TimeoutError:
                continue
            except OSError as error:
                if self._closed or error.errno in _GONE:
                    return
                time.sleep(_OUT_OF_FILES_SECONDS)
                continue
            try:
                self.process_request(request, address)
            except Exception:  # no thread can be started
                self.shutdown_request(request)


def acquire(host: str, port: int) -> MetricsServer:
    """Return the process's server on the port, started if there is none; 0 takes a free port.

    Raises OSError when another process uses the port or it cannot be bound.
    """
    with _lock:
        server = _servers.get(port)
        if server is None:
            server = MetricsServer(host, port)
            _servers[server.port] = server
        server.users += 1
        return server


def release(server: MetricsServer) -> None:
    """End one use of the server; its last user frees the port."""
    with _lock:
        server.users -= 1
        if server.users <= 0 and _servers.get(server.port) is server:
            del _servers[server.port]
            server.free()


def _after_fork() -> None:
    global _lock  # another thread may have held it during the fork
    _lock = threading.Lock()
    for server in _servers.values():
        server.forget()
    _servers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
