"""The report in a real browser: printed on A4 and Letter with each table's headers on each of its pages, and on screens."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest
from pypdf import PageObject, PdfReader

from tests.browser import browser
from watchkeeper.cli import main

pytestmark = pytest.mark.tools
_POINTS = 72
_PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}
_DAYS = "Day Good Bad events All events Budget left Coverage"
# Tables that must be moved sideways to be read.
_TOO_WIDE = """
[...document.querySelectorAll(".scroll")]
  .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.getAttribute("aria-label"))
"""
_PAGE_WIDTH = "document.documentElement.scrollWidth"


@dataclass(frozen=True)
class _Seen:
    """The page on papers, its tables that are too wide for a screen of 1280 px, and its width on a phone."""

    prints: dict[str, PdfReader]
    too_wide: list[str]
    on_phone: int


@pytest.fixture(scope="module")
def seen(server: str, tmp_path_factory: pytest.TempPathFactory) -> _Seen:
    out = tmp_path_factory.mktemp("print") / "october.html"
    words = ["--month", "2026-10", "--at", "2026-11-02", "--service", "checkout", "--out", str(out)]
    assert main(["report", "--prometheus", server, *words]) == 1
    with browser() as tab:
        tab.open(out.as_uri(), width=375, height=800)
        on_phone = tab.value(_PAGE_WIDTH)
        tab.open(out.as_uri(), width=1280, height=900, dark=True)
        too_wide = tab.value(_TOO_WIDE)
        # With many objectives their days are closed on the screen; paper shows them.
        tab.value("document.querySelectorAll('details').forEach(one => { one.open = false })")
        prints = {name: PdfReader(io.BytesIO(tab.printed(*size))) for name, size in _PAPERS.items()}
    return _Seen(prints, too_wide, on_phone)


@pytest.fixture(params=_PAPERS)
def pages(request: pytest.FixtureRequest, seen: _Seen) -> list[PageObject]:
    found = list(seen.prints[request.param].pages)
    width, height = (one * _POINTS for one in _PAPERS[request.param])
    assert all(float(one.mediabox.width) == pytest.approx(width, abs=2) for one in found)
    assert all(float(one.mediabox.height) == pytest.approx(height, abs=2) for one in found)
    return found


def test_no_table_is_wider_than_the_screen_and_no_page_than_a_phone(seen: _Seen) -> None:
    assert (seen.too_wide, seen.on_phone) == ([], 375)


def test_it_is_a_few_pages_with_headers_on_each_page_of_a_table(pages: list[PageObject]) -> None:
    texts = [" ".join(one.extract_text().split()) for one in pages]
    assert 3 <= len(texts) <= 6, [len(one) for one in texts]
    # Two objectives have a table of 31 days, so one of them at least goes on on another page.
    with_days = [one for one in texts if any(f"2026-10-{day:02} 9" in one for day in range(1, 32))]
    assert len(with_days) >= 2
    assert all(_DAYS in one for one in with_days)
    assert sum(one.count(_DAYS) for one in texts) > 2
    for day in range(1, 32):
        assert sum(one.count(f"2026-10-{day:02} 9") for one in texts) == 2, day


def test_everything_is_on_the_paper(pages: list[PageObject]) -> None:
    text = " ".join(" ".join(one.extract_text().split()) for one in pages)
    for words in (
        "Period before",
        "✘ missed",
        "99.872%",
        "Error budget left.",
        "only this objective",
        "MTTR",
    ):
        assert words in text, words
    for page in pages:
        margin, width = 13 / 25.4 * _POINTS, float(page.mediabox.width)
        assert all(margin - 1 <= left <= width - margin for left in _lefts(page))


def _lefts(page: PageObject) -> list[float]:
    """Return where each text begins, in points from the paper's left edge."""
    found: list[float] = []

    def note(text: str, here: list[float], at: list[float], _font: object, _size: float) -> None:
        if text.strip():
            found.append(here[0] * at[4] + here[2] * at[5] + here[4])

    page.extract_text(visitor_text=note)
    assert found
    return found
