"""A service that exposes one native histogram in protobuf, the only format in which Prometheus scrapes them."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil, floor, log2

SCHEMA = 4
_TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
_HISTOGRAM = 4


@dataclass
class Growing:
    """A histogram that grows with each scrape: by `good` observations within the threshold and `bad` ones over it."""

    name: str
    threshold: float
    good: int
    bad: int
    scrapes: int = 0

    def exposed(self) -> bytes:
        """Return the next scrape: a MetricFamily after its length."""
        self.scrapes += 1
        place = log2(self.threshold) * 2**SCHEMA
        first, last = floor(place), ceil(place) + 1
        good, bad = self.good * self.scrapes, self.bad * self.scrapes
        counts = [good, *[0] * (last - first - 1), bad]
        deltas = [now - before for before, now in zip([0, *counts], counts, strict=False)]
        span = _whole(1, _zigzag(first)) + _whole(2, len(counts))
        histogram = _whole(1, good + bad) + _double(2, 1.0) + _whole(5, _zigzag(SCHEMA)) + _double(6, 1e-9)
        histogram += _whole(7, 0) + _bytes(12, span)
        histogram += b"".join(_whole(13, _zigzag(delta)) for delta in deltas)
        family = _bytes(1, self.name.encode()) + _whole(3, _HISTOGRAM) + _bytes(4, _bytes(7, histogram))
        return _varint(len(family)) + family


@contextmanager
def exporting(growing: Growing) -> Iterator[int]:
    """Serve the histogram on a port for as long as the block runs; who does not ask for protobuf gets nothing."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            takes_native = "application/vnd.google.protobuf" in self.headers.get("Accept", "")
            self.send_response(200)
            self.send_header("Content-Type", _TYPE if takes_native else "text/plain; version=0.0.4")
            self.end_headers()
            if takes_native:
                self.wfile.write(growing.exposed())

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _zigzag(value: int) -> int:
    return value * 2 if value >= 0 else -value * 2 - 1


def _whole(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
