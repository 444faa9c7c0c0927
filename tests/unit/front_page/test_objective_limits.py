"""Which objectives are lines in charts: those on all requests, and on the quantile that is drawn."""

from __future__ import annotations

from pathlib import Path

from tests.loading import load_spec
from watchkeeper.front_page.objective_limits import objective_limits

SPEC = """
version: watchkeeper/v1
services:
  - service: checkout
    slos:
      - {name: strict, objective: 99.9%, window: 30d, sli: {availability: http}}
      - {name: loose, objective: 99%, window: 7d, sli: {availability: http}}
      - {name: some, objective: 99.99%, window: 30d, sli: {availability: http, where: {handler: /pay}}}
      - {name: quick, objective: 95%, window: 30d, sli: {latency: http, threshold: 500ms}}
      - {name: others, objective: 99%, window: 30d, sli: {latency: http, threshold: 250ms}}
  - service: search
    slos: [{name: quick, objective: 99%, window: 30d, sli: {latency: http, threshold: 500ms}}]
"""


def test_the_strictest_objective_on_all_requests_is_the_line(tmp_path: Path) -> None:
    path = tmp_path / "spec.yml"
    path.write_text(SPEC)
    found = objective_limits(load_spec(path)[0].services)
    assert found == {"checkout": {"Errors": 0.001, "Duration, p95": 0.5}}
