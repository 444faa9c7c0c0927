"""Sloth's and Pyrra's own example files import, or say why not, as docs/importing.md shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.import_examples import examples, module_folder, table

PAGE = Path(__file__).parents[2] / "docs" / "importing.md"


@pytest.mark.parametrize("tool", ["sloth", "pyrra"])
def test_the_page_has_the_outcome_of_every_example(tool: str) -> None:
    folder = module_folder(tool)
    if folder is None:
        pytest.skip(f"the module of {tool} cannot be fetched here")
    found = list(examples(tool, folder))
    assert len(found) > 15
    page = PAGE.read_text().splitlines()
    assert [line for line in table(found) if line not in page] == []
