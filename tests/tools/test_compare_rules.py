"""The played comparison with Sloth's own rules: what docs/importing.md shows is what promtool says."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.compare_rules import rows
from scripts.import_examples import module_folder
from watchkeeper.comparing.courses import pause

pytestmark = pytest.mark.tools
PAGE = Path(__file__).parents[2] / "docs" / "importing.md"


def test_half_an_hour_without_requests_costs_us_nothing_and_sloth_its_figure(
    tmp_path: Path, promtool: str
) -> None:
    folder = module_folder("sloth")
    if folder is None:
        pytest.skip("Sloth's module cannot be fetched here")
    found = list(rows("sloth", folder, tmp_path, Path(promtool), (pause(),)))
    assert found[-1].endswith("| 100.0% of this time, 100.0% of the window | NaN | 100.0% | ours |")
    page = PAGE.read_text().splitlines()
    assert [line for line in found if line not in page] == []
