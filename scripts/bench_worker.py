"""One variant of bench_middleware.py: answers requests on a command from stdin, and prints their durations."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from bench_variants import VARIANTS, routes


def scope(path: str, method: str = "GET") -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), (b"user-agent", b"bench"), (b"accept", b"*/*")],
        "client": ("127.0.0.1", 1234),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


async def receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(_: Any) -> None: ...


async def one(app: Any, asked: dict[str, Any]) -> None:
    with contextlib.suppress(ValueError):  # the route that fails
        await app(asked, receive, send)


async def timed(app: Any, path: str, requests: int) -> dict[str, float]:
    """Answer that many requests and return CPU, p10, p50 and p99 in microseconds per request."""
    taken, clock = [], time.perf_counter_ns
    gc.collect()
    gc.disable()
    cpu = time.process_time_ns()
    for _ in range(requests):
        asked = scope(path)
        start = clock()
        await one(app, asked)
        taken.append(clock() - start)
    cpu = time.process_time_ns() - cpu
    gc.enable()
    taken.sort()
    return {
        "cpu": cpu / requests / 1000,
        "p10": taken[requests // 10] / 1000,
        "p50": taken[requests // 2] / 1000,
        "p99": taken[requests * 99 // 100] / 1000,
    }


async def hostile(app: Any, path: str, requests: int) -> None:
    """Request unknown paths, with invented methods, and the one path."""
    for number in range(requests):
        kind = number % 4
        asked = scope(
            f"/unknown/{number}" if kind == 1 else path, f"M{number % 10007}" if kind == 2 else "GET"
        )
        await one(app, asked)


def left_behind(app: Any) -> dict[str, float]:
    registry = app.state.backend_instrumentation.instruments.registry
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {"series": sum(len(each.samples) for each in registry.collect()), "rss": pages * 4096 / 1e6}


async def main(name: str, number: int) -> None:
    logging.disable(logging.CRITICAL)
    bare = routes(number)
    app = VARIANTS[name](bare)
    for line in sys.stdin:
        question = json.loads(line)
        if question.get("hostile"):
            await hostile(app, question["path"], question["requests"])
            answer = left_behind(bare)
        else:
            answer = await timed(app, question["path"], question["requests"])
            answer |= left_behind(bare) if question.get("memory") else {}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
