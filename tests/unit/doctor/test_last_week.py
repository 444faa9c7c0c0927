"""The week of an objective that has no single one."""

from __future__ import annotations

from pathlib import Path

from tests.loading import load_plan
from watchkeeper.doctor.last_week import deadline, last_week

SPEC = """version: watchkeeper/v1
service: shop
signals: [http]
targets: [shop:8000]
slos: [{name: routes, objective: 99%, by: [handler], sli: {availability: http}}]
"""


def test_an_objective_by_a_label_is_not_asked_about(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(SPEC)
    (service,) = load_plan(tmp_path / "spec.yml").services
    # Nobody listens there: a question would say so.
    (week,) = last_week("http://127.0.0.1:1", service, deadline())
    assert (week.error_ratio, week.reason) == (None, "each value of its label has a budget")
