"""Sloth's own example files import, or say why not, as docs/importing.md shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.import_examples import examples, module_folder, table

PAGE = Path(__file__).parents[2] / "docs" / "importing.md"


def test_the_page_has_the_outcome_of_every_example() -> None:
    folder = module_folder("sloth")
    if folder is None:
        pytest.skip("Sloth's module cannot be fetched here")
    found = list(examples("sloth", folder))
    assert len(found) > 15
    page = PAGE.read_text().splitlines()
    assert [line for line in table(found) if line not in page] == []
