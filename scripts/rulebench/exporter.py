"""The live end of the history: an HTTP server whose counters go on where the blocks end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .traffic import counters


@contextmanager
def serving(end: int, services: frozenset[str]) -> Iterator[int]:
    """Serve /<service> on a free port of 127.0.0.1, yield the port; a service that is not among these is empty."""
    own = tuple(counters(end))

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            now = int(time.time())
            lines = (f"http_requests_total{{{counter.labels}}} {counter.read(now)}\n" for counter in own)
            body = "".join(lines).encode() if self.path.lstrip("/") in services else b""
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
