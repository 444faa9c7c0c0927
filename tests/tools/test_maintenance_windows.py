"""A real Prometheus says at every moment whether a maintenance window is open as the clock on the wall does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import need_tool
from tests.loading import load_plan
from tests.truth.server import free_port
from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.local_http import NoAnswer, get
from watchkeeper.plan.plan import PlannedService
from watchkeeper.prometheus_api import over_time

pytestmark = pytest.mark.tools
ZONES = (
    "UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Nuuk", "Africa/Cairo", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Chatham",
)  # fmt: skip
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SPEC = """version: watchkeeper/v1
service: shop
signals: [http]
slos: [{{name: availability, objective: 99%, sli: {{availability: http}}}}]
maintenance:
  - {{name: nights, reason: r, author: a, weekdays: [sunday, "tuesday:thursday"], times: ["22:30-03:15"], location: {zone}}}
  - {{name: noons, reason: r, author: a, times: ["12:00-12:30", "13:00-13:15"], location: {zone}}}
  - {{name: once, reason: r, author: a, from: 2027-03-28 00:30, to: 2027-03-28 05:45, location: {zone}}}
"""
STEP = 900
# The changes of a year on either hemisphere, and New Year, each with some days around it.
YEAR, MONTHS = 2027, ((3, 12), (3, 26), (4, 2), (4, 28), (9, 24), (10, 1), (10, 28), (11, 5), (12, 30))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a Prometheus that scrapes nothing."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    (folder / "prometheus.yml").write_text("{}")
    command = [
        need_tool("prometheus"),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
    ]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while not _is_ready(address):
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.1)
        yield address
    finally:
        process.kill()
        process.wait()


def _is_ready(address: str) -> bool:
    try:
        return bool(get(f"{address}/-/ready"))
    except NoAnswer:
        return False


@pytest.mark.parametrize("zone", ZONES)
def test_a_window_is_open_by_the_clock_on_the_wall(zone: str, server: str, tmp_path: Path) -> None:
    service = _planned(tmp_path, zone)
    is_open = {"nights": _nights, "noons": _noons, "once": _once}
    seen = dict.fromkeys(is_open, 0)
    for start in (datetime(YEAR, *date, tzinfo=timezone.utc).timestamp() for date in MONTHS):
        end = start + 4 * 86_400
        for name, expr in _queries(service).items():
            found = {
                int(at)
                for one in over_time(server, expr, start=start, end=end, step=STEP)
                for at, _ in one.points
            }
            moments = range(int(start), int(end) + 1, STEP)
            want = {at for at in moments if is_open[name](datetime.fromtimestamp(at, ZoneInfo(zone)))}
            assert set(found) == want, (name, zone, sorted(found ^ want)[:3])
            seen[name] += len(want)
    assert all(seen.values()), "a window that was never open proves nothing"


def _nights(shown: datetime) -> bool:
    minute, day = shown.hour * 60 + shown.minute, shown.weekday()
    days = [DAYS.index(one) for one in ("sunday", "tuesday", "wednesday", "thursday")]
    return (minute >= 22 * 60 + 30 and day in days) or (minute < 3 * 60 + 15 and (day - 1) % 7 in days)


def _noons(shown: datetime) -> bool:
    minute = shown.hour * 60 + shown.minute
    return 720 <= minute < 750 or 780 <= minute < 795


def _once(shown: datetime) -> bool:
    start, end = (datetime(2027, 3, 28, *at, tzinfo=shown.tzinfo) for at in ((0, 30), (5, 45)))
    return start.timestamp() <= shown.timestamp() < end.timestamp()


def _queries(service: PlannedService) -> dict[str, str]:
    """Return the expression of each window without its early start, and with that of its clock in it."""
    from watchkeeper.plan.maintenance.open_windows import open_expr

    clocks = [rule.expr for rule in service.window_rules if rule.record == naming.MAINTENANCE_CLOCK]
    found = {}
    for window in service.maintenance:
        of = (("service", "=", service.name), ("location", "=", window.location))
        expr = open_expr(window, service.name)
        recorded = selector(naming.MAINTENANCE_CLOCK, of)
        found[window.name] = expr.replace(recorded, f"({clocks[0]})") if clocks else expr
    return found


def _planned(folder: Path, zone: str) -> PlannedService:
    spec = folder / "spec.yml"
    spec.write_text(SPEC.format(zone=zone), encoding="utf-8")
    return load_plan(spec).services[0]


@pytest.mark.parametrize("zone", ZONES)
def test_the_spans_for_people_are_those_of_the_rules(zone: str, tmp_path: Path) -> None:
    """Where the clock skips or repeats an hour, the ends of a span may be that hour apart."""
    nights = _planned(tmp_path, zone).maintenance[0]
    start = int(datetime(2027, 1, 1, tzinfo=timezone.utc).timestamp())
    spans = list(nights.spans(start, start + 365 * 86_400))
    inside = {at for first, last in spans for at in range(first, last, STEP)}
    moments = range(start + 86_400, start + 364 * 86_400, STEP)
    wrong = [at for at in moments if (at in inside) != _nights(datetime.fromtimestamp(at, ZoneInfo(zone)))]
    assert len(spans) > 200
    assert len(wrong) * STEP <= 2 * 3600, [
        datetime.fromtimestamp(at, ZoneInfo(zone)).isoformat() for at in wrong[:5]
    ]
