"""The site of the documentation: built once, with two dead links that only it may find."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

pytest.importorskip("mkdocs", reason="pip install '.[docs]'")

from scripts import docs_site

_WRONG = "\n[a](nowhere.md) [b](backup.md#nowhere)\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Give the site's folder and the dead links, of pages one of which got two of them."""
    out, copy_pages = tmp_path_factory.mktemp("site"), docs_site.copy_pages

    def with_dead_links(tree: Path) -> None:
        copy_pages(tree)
        with (tree / "docs/README.md").open("a", encoding="utf-8") as page:
            page.write(_WRONG)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(docs_site, "copy_pages", with_dead_links)
        return out, docs_site.build(out)


def test_no_link_of_a_page_is_dead_but_those_of_the_test(built: tuple[Path, list[str]]) -> None:
    _, dead = built
    assert len(dead) == 2, dead
    assert "'nowhere.md'" in dead[0] and "'backup.md#nowhere'" in dead[1]


def test_every_address_in_the_html_is_a_file_of_the_site_and_none_is_elsewhere(
    built: tuple[Path, list[str]],
) -> None:
    out, _ = built
    # The page of an unknown address does not know where it is.
    pages = sorted({*out.rglob("*.html")} - {out / "404.html"})
    assert len(pages) > 100
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for address in set(re.findall(r'(?:href|src)="([^"#?]+)', text)) - {"nowhere.md"}:
            if not re.match(r"[a-z]+:", address):
                target = (page.parent / unquote(address)).resolve()
                file = target / "index.html" if target.is_dir() else target
                assert file.is_file(), f"{page}: {address}"
        loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?:[^"]+)', text)
        assert loaded == [], page


def test_the_menu_has_every_page_of_the_index_and_the_search_finds_their_text(
    built: tuple[Path, list[str]],
) -> None:
    out, _ = built
    menu = (out / "docs/backup.html").read_text(encoding="utf-8")
    for title in ("Spec reference", "Backup and restore", "Architecture", "Decisions"):
        assert re.search(rf">\s*{title}\s*<", menu), title
    found = json.loads((out / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    assert any("AlertmanagerNotificationsFailing" in one["text"] for one in found)
