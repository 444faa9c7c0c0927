"""How late an event loop runs while 20,000 series are scraped: prints p50, p99 and max in milliseconds."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bench_worker import receive, scope, send
from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.contract import HTTP_DURATION, HTTP_REQUESTS

SERIES_A_KIND: Final = 15  # a counter, 12 buckets and +Inf, sum, count: near enough
TICK_SECONDS: Final = 0.001
SCRAPES: Final = 20

Scrape = Callable[[], Awaitable[Any]]


def filled(series: int) -> tuple[Starlette, CollectorRegistry]:
    """Return an application that exposes about that many series."""
    app, registry = Starlette(), CollectorRegistry()
    instruments = instrument(app, registry=registry, config=Settings()).instruments
    for number in range(series // SERIES_A_KIND):
        labels = ("GET", f"/api/v1/things{number // 3}/{{id}}", ("200", "404", "500")[number % 3])
        instruments.counter(HTTP_REQUESTS).labels(*labels).inc(number)
        instruments.histogram(HTTP_DURATION).labels(*labels).observe(0.02)
    return app, registry


async def late(scrape: Scrape | None) -> list[float]:
    """Return by how many seconds each tick of the loop was late during repeated scrapes."""
    lags: list[float] = []
    scraped = asyncio.ensure_future(_scraping(scrape))
    while not scraped.done():
        asked = time.perf_counter()
        await asyncio.sleep(TICK_SECONDS)
        lags.append(time.perf_counter() - asked - TICK_SECONDS)
    return sorted(lags)


async def _scraping(scrape: Scrape | None) -> None:
    for _ in range(SCRAPES):
        await asyncio.sleep(0.02)
        if scrape is not None:
            await scrape()


async def main(name: str, series: int) -> None:
    app, registry = filled(series)

    async def ours() -> None:
        await app(scope("/metrics"), receive, send)

    async def threaded() -> None:
        await asyncio.to_thread(generate_latest, registry)

    async def inline() -> None:
        generate_latest(registry)

    ways: dict[str, Scrape | None] = {
        "idle": None,
        "ours": ours,
        "prometheus-client in a thread": threaded,
        "prometheus-client inline": inline,
    }
    await ours()
    lags = await late(ways[name])
    count = len(lags)
    print(*(f"{1000 * lags[at]:8.1f}" for at in (count // 2, count * 99 // 100, count - 1)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
