"""The documentation leads nowhere wrong, and its tables are the code's."""

from __future__ import annotations

import ast
import inspect
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture.test_rooms import GENERATOR, MIDDLEWARE, PURE
from tests.loading import load_plan
from watchkeeper.pipeline import BACKENDS, render_files

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *DOCS.rglob("*.md"),
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "backend_instrumentation/README.md",
    ]
)
_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _links(page: Path) -> list[str]:
    prose = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page.read_text()))
    return [target for target in _LINK.findall(prose) if not re.match(r"https?:", target)]


def _anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def _table(page: Path, heading: str) -> list[list[str]]:
    section = page.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in _anchors(target), link


def test_the_index_leads_to_every_page_and_every_small_spec() -> None:
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in _links(DOCS / "README.md")}
    pages = {*DOCS.glob("*.md"), *DOCS.glob("reference/*.md"), *DOCS.glob("*/README.md")} - {
        DOCS / "README.md"
    }
    assert {*pages, *ROOT.glob("examples/specs/*.yml")} <= linked


def test_the_rooms_of_the_architecture_are_the_rooms_of_the_code() -> None:
    for heading, rooms in (("Rooms", GENERATOR), ("Rooms of the middleware package", MIDDLEWARE)):
        rows = _table(DOCS / "MONITORING_ARCHITECTURE.md", heading)
        assert {_words(room)[0]: set(_words(may)) for room, _, may in rows} == rooms
    text = (DOCS / "MONITORING_ARCHITECTURE.md").read_text()
    pure = next(line for line in text.splitlines() if "do no input or output" in line)
    assert set(_words(pure)) == set(PURE)


def test_every_rendered_file_has_its_row_and_every_row_its_files() -> None:
    rows = _table(DOCS / "MONITORING_ARCHITECTURE.md", "Who owns which file")
    patterns = {path: f"{path}*" for first, owner, *_ in rows if owner == "render" for path in _words(first)}
    patterns.pop("monitoring/.watchkeeper-manifest.json")  # the writer's own, beside the rendered ones
    files = render_files(load_plan(ROOT / "monitoring" / "SLO_DEFINITIONS.yml"))
    owners = {file: [path for path, pattern in patterns.items() if fnmatch(file, pattern)] for file in files}
    assert [file for file, found in owners.items() if len(found) != 1] == []
    assert {found[0] for found in owners.values()} == set(patterns)


def test_every_row_names_the_backends_that_render_its_files() -> None:
    rows = _table(DOCS / "MONITORING_ARCHITECTURE.md", "Who owns which file")
    named = {
        path: set(_words(by)) for first, owner, by, _ in rows if owner == "render" for path in _words(first)
    }
    named.pop("monitoring/.watchkeeper-manifest.json")
    plan = load_plan(ROOT / "monitoring" / "SLO_DEFINITIONS.yml")
    found: dict[str, set[str]] = {}
    for backend in BACKENDS:
        module = inspect.getmodule(backend)
        assert module is not None
        for file in backend(plan):
            row = next((path for path in named if file.startswith(path)), file)
            found.setdefault(row, set()).add(module.__name__.split(".")[2])
    assert named == found


def test_every_decision_is_where_the_table_says() -> None:
    rows = _table(DOCS / "MONITORING_ARCHITECTURE.md", "Where is it decided?")
    assert len(rows) > 15
    for _, where in rows:
        assert _words(where)
        for place in _words(where):
            file, _, name = place.partition("::")
            path = (ROOT if file.startswith("backend_instrumentation/") else ROOT / "src/watchkeeper") / file
            assert path.is_file(), place
            assert not name or name in _defined(path), place
            assert name or path.suffix != ".py", place


def _defined(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def test_the_changelog_keeps_the_known_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", version) for version in versions[1:])
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds
