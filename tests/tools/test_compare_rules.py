"""The played comparison with Sloth's own rules: what docs/importing.md shows is what promtool says."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.compare_rules import SLOTH, compared, our_rules, sloth_rules
from scripts.compared_courses import Course, Span, pause
from scripts.import_examples import module_folder

pytestmark = pytest.mark.tools
PAGE = Path(__file__).parents[2] / "docs" / "importing.md"


def test_a_course_is_counted_request_by_request_and_its_counters_never_fall() -> None:
    course = Course((Span(2, 10), Span(3, 10, 4, "some fail")))
    assert (course.length, course.requests, course.ratio()) == (5, 50, 12 / 50)
    assert [at for _, at in course.incidents()] == [2]
    good, bad = course.series('x{{code="{}"}}')
    assert good == {"series": 'x{code="200"}', "values": "1000000+10x1 1000020+6x2"}
    assert bad == {"series": 'x{code="500"}', "values": "1000000+0x1 1000000+4x2"}


def test_half_an_hour_without_requests_costs_us_nothing_and_sloth_its_figure(
    tmp_path: Path, promtool: str
) -> None:
    folder = module_folder("sloth")
    if folder is None:
        pytest.skip("Sloth's module cannot be fetched here")
    both = (sloth_rules(folder, tmp_path), our_rules(SLOTH, folder, tmp_path))
    found = list(compared(SLOTH, both, Path(promtool), (pause(),)))
    assert found[-1].endswith("| 100.0% / 100.0% | NaN | 100.0% |")
    page = PAGE.read_text().splitlines()
    assert [line for line in found if line not in page] == []
