"""Scrapes that come together share one rendering; one that is cancelled takes nobody along."""

from __future__ import annotations

import asyncio
import gzip
import threading
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector
from starlette.applications import Starlette

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings

from ..asgi_driver import acall


class Waiting(Collector):
    """Lets a rendering wait until it is released, and counts how often it was collected."""

    def __init__(self) -> None:
        self.collected = 0
        self.released = threading.Event()

    def describe(self) -> Any:
        return []

    def collect(self) -> Any:
        self.collected += 1
        assert self.released.wait(30)
        return []


def service() -> tuple[Starlette, Waiting]:
    registry, waiting = CollectorRegistry(), Waiting()
    app = Starlette()
    instrument(app, registry=registry, config=Settings())
    registry.register(waiting)
    return app, waiting


async def until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_scrapes_at_the_same_time_are_rendered_once() -> None:
    app, waiting = service()

    async def run() -> list[Any]:
        scrapes = [asyncio.create_task(acall(app, "/metrics")) for _ in range(50)]
        await until(lambda: waiting.collected)
        await asyncio.sleep(0.02)
        waiting.released.set()
        answers = list(await asyncio.gather(*scrapes))
        answers.append(await acall(app, "/metrics"))
        return answers

    *together, later = asyncio.run(run())
    assert {(answer.status, answer.body) for answer in together} == {(200, together[0].body)}
    assert later.status == 200
    assert waiting.collected == 2


def test_a_scrape_that_wants_another_format_does_not_share() -> None:
    app, waiting = service()
    waiting.released.set()

    async def run() -> list[Any]:
        wanted: tuple[list[tuple[str, str]], ...] = (
            [("accept", "application/openmetrics-text")],
            [("accept-encoding", "gzip")],
            [],
        )
        return list(await asyncio.gather(*(acall(app, "/metrics", headers=each) for each in wanted)))

    openmetrics, zipped, plain = asyncio.run(run())
    assert openmetrics.body.endswith(b"# EOF\n")
    assert b"http_requests_in_progress 0.0" in gzip.decompress(zipped.body)
    assert b"http_requests_in_progress 0.0" in plain.body


def test_a_scraper_that_gives_up_does_not_take_the_others_along() -> None:
    app, waiting = service()

    async def run() -> Any:
        first = asyncio.create_task(acall(app, "/metrics"))
        await until(lambda: waiting.collected)
        second = asyncio.create_task(acall(app, "/metrics"))
        await asyncio.sleep(0.02)
        first.cancel()
        await asyncio.sleep(0.02)
        waiting.released.set()
        return await first, await second

    given_up, answered = asyncio.run(run())
    assert isinstance(given_up.raised, asyncio.CancelledError)
    assert answered.status == 200


def test_every_event_loop_renders_for_itself() -> None:
    app, waiting = service()
    waiting.released.set()
    statuses: list[Any] = []

    def loop() -> None:
        statuses.append(asyncio.run(acall(app, "/metrics")).status)

    threads = [threading.Thread(target=loop) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
