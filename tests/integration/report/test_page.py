"""The report as a page: one file that loads nothing, in which hostile names are text, with its figures inside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.integration.report.october import HOSTILE
from watchkeeper.cli import main

pytestmark = pytest.mark.tools
_VOID = {"meta", "link", "img", "br", "rect", "line", "path", "polyline"}


class Page(HTMLParser):
    """What a browser sees: elements with their attributes, and text by element."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.inside = ""
        self.raw: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style"):
            self.raw[self.inside] = self.raw.get(self.inside, "") + data
        else:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def text(server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("page") / "october.html"
    assert (
        main(
            ["report", "--prometheus", server, "--month", "2026-10", "--at", "2026-11-02", "--out", str(out)]
        )
        == 1
    )
    return out.read_text()


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_the_page_loads_nothing_and_runs_nothing(page: Page) -> None:
    assert page.named("link", "img", "iframe", "object", "embed", "form", "base") == []
    assert page.named("script") == [{"type": "application/json", "id": "figures"}]
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name in ("style", "src", "srcset") for name in attributes), (
            attributes
        )
    (policy,) = [
        one["content"] for one in page.named("meta") if one.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256(page.raw["style"].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in page.raw["style"]
    assert "@import" not in page.raw["style"]


def test_hostile_names_are_text(page: Page) -> None:
    assert any(HOSTILE in part for part in page.text)
    assert json.loads(page.raw["script"])["objectives"][0]["service"] == HOSTILE
    assert "<" not in page.raw["script"]


def test_people_who_do_not_see_it_can_read_it(page: Page) -> None:
    assert page.named("html") == [{"lang": "en"}]
    for landmark in ("header", "main", "footer", "h1"):
        assert len(page.named(landmark)) == 1, landmark
    assert all(one.get("aria-label") for one in page.named("svg"))
    assert all(one.get("scope") in ("col", "row") for one in page.named("th"))
    assert {"#main"} <= {one["href"] for one in page.named("a")}
    ids = {one["id"] for _, one in page.elements if "id" in one}
    assert {one["href"] for one in page.named("a") if str(one["href"]).startswith("#")} <= {
        f"#{one}" for one in ids
    }
    # The sign is in the text, so color is never the only one.
    assert {"✘ missed", "? not enough data", "✔ met"} <= {part.strip() for part in page.text}


def test_the_figures_are_in_the_page(page: Page, server: str, tmp_path: Path) -> None:
    out = tmp_path / "october.json"
    main(["report", "--prometheus", server, "--month", "2026-10", "--at", "2026-11-02", "--out", str(out)])
    figures = json.loads(page.raw["script"])
    assert figures == json.loads(out.read_text())
    for one in figures["objectives"]:
        days, period = one["days"], figures["period"]
        bad, total, rollups = (
            sum(day[key] for day in days) for key in ("bad_events", "total_events", "rollups")
        )
        allowed = (1 - one["target"]) * total / (300 * rollups) * period["seconds"]
        assert one["budget"]["spent"] == pytest.approx(bad / allowed, rel=1e-9)


def test_contrast_is_enough_for_every_color(page: Page) -> None:
    """WCAG 2.2 AA: 4.5 for text, in light, dark and print."""
    for block in re.findall(r":root\{([^}]*)\}", page.raw["style"]):
        colors = dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", block))
        for name in ("fg", "dim", "met", "missed", "risk", "none", "link"):
            for background in ("bg", "head"):
                assert _contrast(colors[name], colors[background]) >= 4.5, (name, background, block)
        assert _contrast("#fff", colors["good"]) >= 4.5
        assert _contrast("#fff", colors["over"]) >= 4.5


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
