"""The report's budget is the recorded budget: the rules' own expressions, asked of the same history, and exact counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import need_tool
from tests.integration.recorded import prometheus
from tests.integration.report.recorded_month import ROLLUP, Month, Recorded
from tests.truth.counting import count
from tests.truth.judging import standard
from tests.truth.reading import read
from tests.truth.rendered import SLO_ID, rules_of
from tests.truth.schedule import HOUR, MINUTE, Burst, Instance, Schedule, Stretch
from tests.truth.schedules import WARM
from watchkeeper.cli import main
from watchkeeper.prometheus_api import over_time

pytestmark = pytest.mark.tools
_DAY = 86_400
END = 1_793_491_200  # a midnight
_OUTAGES = ((12, 0.6), (20, 0.03))


def _errors(when: int) -> float:
    for day, share in _OUTAGES:
        if 0 <= when - (END - day * _DAY) < 5_400:
            return share
    return 0.0003


def _traffic(when: int) -> float:
    return 40.0 if 8 <= when // 3600 % 24 < 20 else 0.7


HISTORIES = {
    "whole": Recorded(SLO_ID, END - 40 * _DAY, END, _traffic, _errors, evaluated_from=END - _DAY),
    "gaps": Recorded(
        SLO_ID,
        END - 40 * _DAY,
        END,
        _traffic,
        _errors,
        gaps=((END - 9 * _DAY, END - 8 * _DAY - 3_000), (END - 2 * _DAY, END - 2 * _DAY + 700)),
        evaluated_from=END - _DAY,
    ),
    "young": Recorded(SLO_ID, END - 13 * _DAY, END, _traffic, _errors, evaluated_from=END - _DAY),
}


@pytest.fixture(scope="module", params=HISTORIES)
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Recorded]]:
    history = HISTORIES[request.param]
    with prometheus(tmp_path_factory.mktemp("mathematics"), Month((history,))) as server:
        yield server, history


def _figures(server: str, folder: Path, *words: str) -> dict[str, Any]:
    out = folder / "report.json"
    main(["report", "--prometheus", server, *words, "--out", str(out)])
    found: dict[str, Any] = json.loads(out.read_text())["objectives"][0]
    return found


def _rule(folder: Path, record: str) -> str:
    groups = yaml.safe_load(rules_of(folder).path.read_text())["groups"]
    expressions = (rule["expr"] for group in groups for rule in group["rules"] if rule["record"] == record)
    # The test's rules have a guard for promtool's one clock, which is no part of the rule.
    return str(next(expressions)).partition(" and on () (vector(time())")[0]


def test_a_rolling_report_equals_the_rules(played: tuple[str, Recorded], tmp_path: Path) -> None:
    server, _ = played
    events = _rule(tmp_path, "slo:bad_events_tile:30d")
    ratio = _rule(tmp_path, "slo:error_ratio_tile:30d")
    ratio = ratio.replace(f'max(slo:bad_events_tile:30d{{slo_id="{SLO_ID}"}})', f"({events})")
    assert "slo:bad_events_tile" not in ratio
    (bad,), (share,) = (over_time(server, query, start=END, end=END, step=1) for query in (events, ratio))
    found = _figures(server, tmp_path, "--window", "30d", "--at", str(END))
    assert found["bad_events"] == pytest.approx(bad.points[0][1], rel=1e-9)
    assert 1 - found["actual"] == pytest.approx(share.points[0][1], rel=1e-9)
    assert found["budget"]["left"] == pytest.approx(1 - share.points[0][1] / 0.001, rel=1e-9)


def test_the_bounds_enclose_what_really_happened(played: tuple[str, Recorded], tmp_path: Path) -> None:
    server, _ = played
    found = _figures(server, tmp_path, "--window", "12d", "--at", str(END))
    minutes = range(END - 12 * _DAY, END, 60)
    bad = sum(_traffic(minute) * _errors(minute) for minute in minutes)
    truth = 1 - bad / sum(map(_traffic, minutes))
    assert found["actual_if_all_gaps_were_bad"] - 1e-5 <= truth <= found["actual"] + 1e-4


# A correction of this span, in seconds of the schedule; no request is so near to it that it could be seen in it.
_SPAN, _EDGE = (20 * 60, 45 * 60), 135
_CORRECTED = """\
version: watchkeeper/v1
service: {service}
signals: [http]
stack: {{retention: 3650d}}
slos: [{{name: slo, objective: 99.9%, sli: {{availability: http}}}}]
corrections: [{{name: c, from: "{start}", to: "{end}", leave_out: {leave_out}, reason: a test, author: a}}]
"""


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Schedule, Schedule]]:
    """Return a Prometheus with what real rules record, the requests in the span of a correction, and all others."""
    start, end = (1_000 * one for one in _SPAN)
    edge = 1_000 * _EDGE
    inside = (Stretch(start, end - 70_000, 700, 1, 3), Burst(end - 1_000, 900, is_bad=True))
    outside = (
        Stretch(6 * MINUTE, start - edge, 500, 1, 13),
        Burst(start - edge - 1, 300, is_bad=True),
        Burst(end + edge, 300, is_bad=True),
        Stretch(end + edge, 110 * MINUTE, 1_700, 1, 40),
    )
    every, within, others = (
        Schedule(2 * HOUR, (Instance("a", 7_000, traffic, counted=WARM),))
        for traffic in ((*inside, *outside), inside, outside)
    )
    recorded = read(need_tool("promtool"), standard(), every, list(range(0, 2 * HOUR + 1, MINUTE // 2)))
    lines = [
        f'{name}{{slo_id="{SLO_ID}",service="{SLO_ID.removesuffix("-slo")}",slo="slo"}} {recorded[at][name]!r}'
        f" {END - 2 * 3_600 + at // 1_000}\n"
        for name in (*_ROLLED, "slo:total:rate_base", "slo:bad:rate_base")
        for at in recorded
        if name in recorded[at] and (name not in _ROLLED or at % (5 * MINUTE) == 0)
    ]
    nothing = Recorded("other-x", END - ROLLUP, END, lambda _: 1.0, lambda _: 0.0)
    with prometheus(tmp_path_factory.mktemp("corrected"), Month((nothing,), tuple(lines))) as server:
        yield server, within, others


_ROLLED = ("slo:bad:rate_tile", "slo:total:rate_tile", "slo:objective:ratio")


@pytest.mark.parametrize("leave_out", ["all", "bad"])
def test_no_request_in_the_span_of_a_correction_is_left_and_every_other_one_is(
    leave_out: str, corrected: tuple[str, Schedule, Schedule], tmp_path: Path
) -> None:
    server, inside, outside = corrected
    ends = (END - 2 * 3_600 + one for one in _SPAN)
    start, end = (f"{datetime.fromtimestamp(one, timezone.utc):%Y-%m-%d %H:%M}" for one in ends)
    service = SLO_ID.removesuffix("-slo")
    spec = tmp_path / "spec.yml"
    spec.write_text(_CORRECTED.format(service=service, start=start, end=end, leave_out=leave_out))
    found = _figures(server, tmp_path, str(spec), "--window", "115m", "--at", str(END), "--service", service)
    within, others = (count(one, 5 * MINUTE, 2 * HOUR) for one in (inside, outside))
    assert within.bad > 900
    assert found["bad_events"] == pytest.approx(others.bad, rel=1e-9)
    assert found["total_events"] == pytest.approx(
        others.total + (within.total if leave_out == "bad" else 0), rel=1e-9
    )
    assert found["as_recorded"]["bad_events"] == pytest.approx(within.bad + others.bad, rel=1e-9)


def test_rollups_of_real_rules_give_the_count_of_every_request(promtool: str, tmp_path: Path) -> None:
    """Requests one by one, through the rules in promtool, into a Prometheus, into the report."""
    traffic = (
        Stretch(6 * MINUTE, 60 * MINUTE, 500, 1, 13),
        Burst(70 * MINUTE + 1_234, 400, is_bad=True),
        Stretch(75 * MINUTE, 110 * MINUTE, 1_700),
    )
    schedule = Schedule(2 * HOUR, (Instance("a", 7_000, traffic, counted=WARM),))
    instants = list(range(0, 2 * HOUR + 1, 5 * MINUTE))
    recorded = read(promtool, standard(), schedule, instants)
    lines = [
        f'{name}{{slo_id="{SLO_ID}",service="checkout"}} {recorded[at][name]!r} {END - 2 * 3_600 + at // 1_000}\n'
        for name in ("slo:bad:rate_tile", "slo:total:rate_tile", "slo:objective:ratio", "slo:total:rate_base")
        for at in instants
        if name in recorded[at]
    ]
    nothing = Recorded("other-x", END - ROLLUP, END, lambda _: 1.0, lambda _: 0.0)
    with prometheus(tmp_path, Month((nothing,), tuple(lines))) as server:
        found = _figures(server, tmp_path, "--window", "115m", "--at", str(END), "--service", "checkout")
    true = count(schedule, 5 * MINUTE, 2 * HOUR)
    assert found["bad_events"] == pytest.approx(true.bad, rel=1e-9)
    assert found["total_events"] == pytest.approx(true.total, rel=1e-9)
