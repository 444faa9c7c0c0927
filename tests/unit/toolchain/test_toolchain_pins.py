"""The shipped pins are complete: each tool has a recipe whose checksums are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from watchkeeper.toolchain import MODULES, Module, locate, tool_names
from watchkeeper.toolchain.building.go import needed_go

ROOT = Path(__file__).parents[3]


def test_every_tool_of_the_stack_and_of_its_checks_is_pinned() -> None:
    assert tool_names(optional=False) == ["alertmanager", "amtool", "jaeger", "prometheus", "promtool"]
    optional = {"docker-compose", "registry"}
    assert set(tool_names()) == {*tool_names(optional=False), *optional}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_each_recipe_requires_one_module_whose_code_and_go_mod_have_checksums(module: Module) -> None:
    required = re.findall(r"^require (\S+) (\S+)$", (module.folder / "go.mod").read_text(), re.MULTILINE)
    ((path, version),) = required
    sums = [line.rsplit(" ", 1)[0] for line in (module.folder / "go.sum").read_text().splitlines()]
    assert [sums.count(f"{path} {version}"), sums.count(f"{path} {version}/go.mod")] == [1, 1]
    assert all(binary.package.startswith(f"{path}/") for binary in module.binaries)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_each_checksum_is_a_whole_sha256(module: Module) -> None:
    lines = (module.folder / "go.sum").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"\S+ v\S+ h1:[A-Za-z0-9+/]{43}=", line)] == []


@pytest.mark.parametrize("name", tool_names())
def test_the_version_that_is_built_is_inside_the_range_that_is_accepted(name: str) -> None:
    module, binary = locate(name)
    assert binary.accepts.accepts(module.release)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_page_about_the_tool_chain_names_what_is_built_and_what_is_accepted(module: Module) -> None:
    page = (ROOT / "docs" / "toolchain.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    for binary in module.binaries:
        (row,) = [line for line in rows if line.startswith(f"| {binary.name} |")]
        cells = [cell.strip().strip("`") for cell in row.strip("|").split("|")]
        version = re.search(r"^require \S+ (\S+)$", (module.folder / "go.mod").read_text(), re.MULTILINE)
        assert version is not None
        assert cells[1:5] == [module.release, str(binary.accepts), version.group(1), needed_go(module)]
