"""The application with its real event loop, through textual's own pilot."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("textual", reason="the live screen is the extra tui")

from textual.pilot import Pilot

from tests.unit.cli.screen.scenes import DETAIL, NOW, SEEN
from watchkeeper.cli.screen.live_app import Feed, LiveApp
from watchkeeper.cli.screen.styled_lines import UNICODE
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.overview.snapshot import Snapshot, Source

WORSE = replace(SEEN, objectives=SEEN.objectives[1:])


def shown(app: LiveApp) -> list[str]:
    """Return the text of the screen as textual composed it."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


async def until(pilot: Pilot[Any], holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        await pilot.pause(0.05)
    raise AssertionError("\n".join(shown(pilot.app)))  # type: ignore[arg-type]


def play(
    app: LiveApp, script: Callable[[Pilot[Any]], Awaitable[None]], size: tuple[int, int] = (80, 24)
) -> None:
    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: any(shown(app)))
            await script(pilot)

    asyncio.run(run())


def app_of(read: Callable[[], Snapshot] = lambda: SEEN, seconds: float = 60.0) -> LiveApp:
    def detail(_: Objective) -> Any:
        return DETAIL

    return LiveApp(Feed(read, detail, (("Prometheus", "http://127.0.0.1:9090"),), seconds), SEEN, UNICODE)


def test_the_first_screen_shows_the_first_reading() -> None:
    async def script(pilot: Pilot[Any]) -> None:
        lines = shown(app)
        assert len(lines) == 24
        assert lines[0].startswith("■ 1 firing  ✖ 1 spent  ▲ 1 burning  ● 1 ok")
        assert lines[3].startswith("▸ ■ firing  checkout-availability")
        assert lines[-1].startswith("? help  / filter")

    app = app_of()
    play(app, script)


def test_keys_filter_open_and_return() -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("slash", *"shop", "enter")
        await until(pilot, lambda: "filter: shop" in shown(app)[-1])
        assert "checkout-latency" not in "\n".join(shown(app))
        await pilot.press("escape", "g", "enter")
        await until(pilot, lambda: any("NEEDS ALL OF" in line for line in shown(app)))
        assert "checkout-availability  ■ firing" in shown(app)
        await pilot.press("o")
        await until(pilot, lambda: shown(app)[1] == "LINKS")
        await pilot.press("escape", "escape", "question_mark")
        await until(pilot, lambda: shown(app)[1] == "KEYS")
        await pilot.press("q")

    app = app_of()
    play(app, script)
    assert app.return_code == 0


def test_a_new_reading_replaces_the_old_one_and_one_that_hangs_blocks_no_key() -> None:
    hang = threading.Event()
    readings = iter([WORSE])

    def read() -> Snapshot:
        reading = next(readings, None)
        if reading is None:
            hang.wait(20)
        return reading or SEEN

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "checkout-availability" not in "\n".join(shown(app)[2:5]))
        await pilot.pause(0.5)
        await pilot.press("question_mark")
        await until(pilot, lambda: shown(app)[1] == "KEYS")
        hang.set()

    app = app_of(read, seconds=0.1)
    play(app, script)


def test_the_age_of_a_stale_source_grows_while_nothing_is_read() -> None:
    stale = replace(SEEN, sources=(Source("Prometheus", "http://p", NOW, "nothing listens"),))

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "Prometheus stale since" in shown(app)[1])

    app = app_of(lambda: stale, seconds=0.1)
    play(app, script)


def test_a_resized_terminal_is_filled() -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: len(shown(app)) == 40 and "OBJECTIVE" in shown(app)[2])
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: len(shown(app)) == 10 and all(len(line) <= 40 for line in shown(app)))

    app = app_of()
    play(app, script)


@pytest.mark.parametrize("no_color", [False, True])
def test_colors_are_the_terminals_own_and_no_color_has_none(
    monkeypatch: pytest.MonkeyPatch, no_color: bool
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)

    async def script(pilot: Pilot[Any]) -> None:
        styles = [
            segment.style
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.text.strip()
        ]
        colors = {style.color.name for style in styles if style.color and not style.color.is_default}
        # Names of the terminal's palette, so that a light terminal has its own; and no background at all.
        assert colors == (set() if no_color else {"red", "green", "yellow"})
        assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)

    app = app_of()
    play(app, script)
