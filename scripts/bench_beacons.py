"""Measure what a beacon of a page costs, alone and through a real server: `python scripts/bench_beacons.py`."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.rum import attach_beacons

_CALLS, _SECONDS, _CONNECTIONS = 5_000, 5, 8
_BODY = json.dumps(
    {"route": "/orders/{id}", "load": 1840.5, "vitals": {"LCP": 1200, "INP": 80, "FCP": 700, "TTFB": 90}}
).encode()
_HEADERS = {
    "host": "shop.example.com",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "content-type": "text/plain;charset=UTF-8",
    "content-length": str(len(_BODY)),
    "sec-fetch-site": "same-origin",
}


def service() -> FastAPI:
    """Return an instrumented service that takes any number of beacons."""
    app = FastAPI()
    instrument(app, registry=CollectorRegistry(), config=Settings(), packs=["web"])
    attach_beacons(
        app, routes=["/", "/orders/{id}"], per_address=1e6, burst=10**6, most_per_second=1e6, sample_rate=0.1
    )
    return app


async def alone() -> list[float]:
    """Return the sorted CPU seconds of many beacons, from the server's call to the end of the answer."""
    app, found = service(), []
    headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    scope = {"type": "http", "method": "POST", "path": "/page-loads", "root_path": "", "headers": headers,
             "client": ("10.0.0.1", 1)}  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": _BODY, "more_body": False}

    async def send(_: Any) -> None:
        """Take the answer."""

    for _ in range(_CALLS):
        request = dict(scope)
        began = time.thread_time()
        await app(request, receive, send)
        found.append(time.thread_time() - began)
    return sorted(found)


async def _client(port: int, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "".join(f"{name}: {value}\r\n" for name, value in _HEADERS.items())
    request, count = f"POST /page-loads HTTP/1.1\r\n{head}\r\n".encode() + _BODY, 0
    while time.monotonic() < until:
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 204"), answer
        count += 1
    writer.close()
    return count


async def served(port: int) -> int:
    """Return how many beacons the server on that port answered."""
    until = time.monotonic() + _SECONDS
    return sum(await asyncio.gather(*(_client(port, until) for _ in range(_CONNECTIONS))))


def _cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def main() -> None:
    """Print both figures; with `serve PORT`, serve."""
    if sys.argv[1:2] == ["serve"]:
        os.sched_setaffinity(0, {0})
        uvicorn.run(service(), port=int(sys.argv[2]), log_level="error", access_log=False)
        return
    # The median of the least disturbed of ten runs: other programs share the machine.
    times = min((asyncio.run(alone()) for _ in range(10)), key=lambda run: run[_CALLS // 2])
    print(
        f"alone, CPU time: p50 {times[_CALLS // 2] * 1e6:.1f} µs, p99 {times[_CALLS * 99 // 100] * 1e6:.1f} µs"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, __file__, "serve", str(port)]) as server:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        asyncio.run(served(port))
        memory, before = _megabytes(server.pid), _cpu_seconds(server.pid)
        count = asyncio.run(served(port))
        each, rate = (_cpu_seconds(server.pid) - before) / count, count / _SECONDS
        grown = _megabytes(server.pid) - memory
        server.terminate()
    print(f"uvicorn: {rate:.0f} beacons a second on this machine, {each * 1e6:.0f} µs of CPU each,")
    print(
        f"so {1 / each:.0f} a second fill one core; {memory:.1f} MB, and {count} more beacons add {grown:.1f}"
    )


if __name__ == "__main__":
    main()
