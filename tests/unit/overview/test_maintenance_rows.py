"""Open maintenance windows: in the reading, in the status, on the screen and on the front page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.report.october import HOSTILE
from tests.unit.front_page.test_page_html import page, words
from tests.unit.overview.answers import server, vector
from watchkeeper.cli.screen.styled_lines import plain
from watchkeeper.cli.screen.summary_lines import maintenance_lines
from watchkeeper.cli.text.overview_text import overview_document
from watchkeeper.overview.maintenance_rows import (
    WINDOWS_OPEN_QUERY,
    OpenWindow,
    maintenance_text,
    open_windows,
)
from watchkeeper.overview.reader import Addresses, Reader
from watchkeeper.overview.snapshot import WELL, Snapshot
from watchkeeper.prometheus_api import Sample

NOW = 1_780_000_200.0  # 28 May 2026, 20:30 UTC
UPGRADE = OpenWindow("checkout", "upgrade", "PostgreSQL 17", "Mona Lisa", NOW + 5_400)
LABELS = {"service": "checkout", "maintenance": "upgrade", "reason": "PostgreSQL 17", "author": "Mona Lisa"}


@pytest.mark.parametrize(
    ("until", "words"), [(NOW + 5_400, "until 22:00 UTC"), (NOW + 2 * 86_400, "until 30 May 20:30 UTC")]
)
def test_a_window_says_when_it_ends(until: float, words: str) -> None:
    one = OpenWindow("checkout", "upgrade", "PostgreSQL 17", "Mona Lisa", until)
    assert (
        maintenance_text(one, now=NOW) == f"checkout: maintenance {words} (upgrade: PostgreSQL 17, Mona Lisa)"
    )


def test_servers_with_the_same_rules_show_a_window_once() -> None:
    found = open_windows(Sample({**LABELS, "replica": one}, UPGRADE.until) for one in ("a", "b"))
    assert found == (UPGRADE,)


def test_the_reader_asks_for_open_windows() -> None:
    def answer(path: str, parameters: dict[str, str]) -> tuple[int, Any]:
        if path == "/api/v1/alerts":
            return 200, {"status": "success", "data": {"alerts": []}}
        is_asked = parameters.get("query") == WINDOWS_OPEN_QUERY
        return 200, vector([Sample(LABELS, UPGRADE.until)] if is_asked else [])

    with server(answer) as url:
        seen = Reader(Addresses(url)).read()
    assert seen.maintenance == (UPGRADE,)
    assert seen.verdict == WELL
    assert overview_document(seen)["maintenance"][0]["until"] == UPGRADE.until


def test_the_screen_and_the_front_page_show_it_as_text() -> None:
    hostile = OpenWindow(HOSTILE, "upgrade", HOSTILE, HOSTILE, UPGRADE.until)
    seen = Snapshot(NOW, maintenance=(UPGRADE, hostile))
    first, second = (plain(one) for one in maintenance_lines(seen, 200))
    assert first == "MAINTENANCE  checkout: maintenance until 22:00 UTC (upgrade: PostgreSQL 17, Mona Lisa)"
    assert "\x1b" not in second
    found = page(seen)
    assert "checkout: maintenance until 22:00 UTC" in words(found)
    assert len(found.named("script")) == 1
