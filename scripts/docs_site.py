"""Build a site with search from the pages of this repository: python scripts/docs_site.py [FOLDER]; exit 1 with each dead link.

The pages are copied with the files that they link to, in the folders in which they are, so every relative link holds.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_PAGES = (
    "README.md",
    "CHANGELOG.md",
    "docs/**/*.md",
    "examples/*/README.md",
    "backend_instrumentation/README.md",
)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)")
_FOLDER = re.compile(r"(\]\((?!https?:)[^)\s#]+/)\)")
_ROW = re.compile(r"^\| \[([^\]]+)\]\(([^)#]+)[^)]*\) \|", re.MULTILINE)
# GitHub's anchors, and its rule that a list needs no empty line before it.
_EXTENSIONS = (
    "tables",
    "fenced_code",
    "attr_list",
    "sane_lists",
    "pymdownx.superfences",
    "pymdownx.highlight",
)


def build(out: Path) -> list[str]:
    """Write the site into the folder, and return a line for each link that leads nowhere."""
    with tempfile.TemporaryDirectory(prefix="watchkeeper-site-") as name:
        tree = Path(name) / "pages"
        copy_pages(tree)
        return _render(tree, out)


def copy_pages(tree: Path) -> None:
    """Copy every page and what it links to; a folder that is linked gets a page that lists its files."""
    pages = sorted({page for pattern in _PAGES for page in ROOT.glob(pattern)} - _ignored())
    for page in pages:
        _copy(page, tree)
        for link in _LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link).resolve()
            if (
                not link.startswith(("http:", "https:", "mailto:"))
                and target.is_file()
                and target.is_relative_to(ROOT)
            ):
                _copy(target, tree)
    for folder in ("docs/decisions", "examples/specs", "examples"):
        _list(ROOT / folder, tree)


def _ignored() -> set[Path]:
    return set(ROOT.glob("examples/*/node_modules/**/*.md"))


def _copy(source: Path, tree: Path) -> None:
    destination = tree / source.relative_to(ROOT)
    destination.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".md":
        destination.write_text(
            _FOLDER.sub(r"\1index.md)", source.read_text(encoding="utf-8")), encoding="utf-8"
        )
    else:
        shutil.copyfile(source, destination)


def _list(folder: Path, tree: Path) -> None:
    index = tree / folder.relative_to(ROOT) / "index.md"
    if index.with_name("README.md").exists():
        return
    names = sorted(
        path.relative_to(index.parent) for path in index.parent.rglob("*") if path.suffix in (".md", ".yml")
    )
    lines = "\n".join(f"- [{_title(index.parent / name) or name}]({name})" for name in names)
    index.write_text(f"# {folder.name.capitalize()}\n\n{lines}\n", encoding="utf-8")


def _title(page: Path) -> str:
    found = re.match(r"# (.+)", page.read_text(encoding="utf-8")) if page.suffix == ".md" else None
    return found[1] if found else ""


def navigation(tree: Path) -> list[Any]:
    """Return the menu: the tables of the index of the documentation, in their order."""
    text = (tree / "docs/README.md").read_text(encoding="utf-8")
    menu: list[Any] = [{"watchkeeper": "README.md"}, {"All pages": "docs/README.md"}]
    for section in text.split("\n## ")[1:]:
        rows = [(title, _place(tree, link)) for title, link in _ROW.findall(section)]
        menu.append(
            {section.splitlines()[0]: [{title: page} for title, page in rows if page.endswith(".md")]}
        )
    return menu


def _place(tree: Path, link: str) -> str:
    found = (tree / "docs" / link).resolve()
    return str((found / "index.md" if found.is_dir() else found).relative_to(tree.resolve()))


class _Found(logging.Handler):
    """Keeps what MkDocs warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _render(tree: Path, out: Path) -> list[str]:
    from mkdocs.commands.build import build as run
    from mkdocs.config import load_config

    found = _Found()
    logging.getLogger("mkdocs").addHandler(found)
    file = tree.parent / "mkdocs.yml"
    file.write_text(json.dumps(_settings(tree, out)), encoding="utf-8")
    config = load_config(str(file))
    config["plugins"].on_startup(command="build", dirty=False)
    run(config)
    return found.lines


def _settings(tree: Path, out: Path) -> dict[str, Any]:
    strict = dict.fromkeys(("not_found", "absolute_links", "unrecognized_links", "anchors"), "warn")
    return {
        "site_name": "watchkeeper",
        "docs_dir": str(tree),
        "site_dir": str(out.resolve()),
        "nav": navigation(tree),
        # Pages are files with their name: links also work from a disk, where the search does not.
        "use_directory_urls": False,
        "theme": {"name": "material", "font": False, "features": ["search.highlight", "content.code.copy"]},
        "plugins": ["search"],
        "markdown_extensions": [*_EXTENSIONS, {"toc": {"permalink": True}}],
        "validation": {"nav": {"omitted_files": "ignore"}, "links": strict},
    }


def main() -> int:
    """Build the site and report each dead link."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", nargs="?", default="site", type=Path, metavar="FOLDER", help="default: site")
    out = parser.parse_args().out
    try:
        dead = build(out)
    except ModuleNotFoundError as missing:
        print(f"error: {missing.name} is missing: pip install '.[docs]'", file=sys.stderr)
        return 2
    for line in dead:
        print(line, file=sys.stderr)
    print(f"{out}/index.html: {len(dead)} dead links" if dead else f"{out}/index.html")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
