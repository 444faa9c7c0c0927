"""`watchkeeper export` of a real Prometheus: the right rows, whole files only, and flat memory."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.recorded import History, objective_series, prometheus
from watchkeeper.cli import main

pytestmark = pytest.mark.tools

_DAY = 86_400
STEP = 300
END = int(time.time()) // STEP * STEP
START = END - 2 * _DAY
HTTP = 'service="checkout",handler="/",method="GET",status_code='


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a Prometheus with two days of two services: checkout serves requests and has two objectives, shop one."""
    counters = {
        ("http_requests_total", f'{HTTP}"200"'): lambda moment: 9.0 * (moment - START),
        ("http_requests_total", f'{HTTP}"500"'): lambda moment: 1.0 * (moment - START),
        ("evil", 'service="=HYPERLINK(1)"'): lambda _: 1.0,
    }
    series = {
        **objective_series("checkout-availability", bad=0.1, target=0.99),
        **objective_series("checkout-latency"),
        **objective_series("shop-search"),
        **{
            (name, labels.replace("shop-search", "=cmd|x").replace('slo="search"', 'slo="=cmd|x"')): value
            for (name, labels), value in objective_series("shop-search").items()
            if name == "slo:objective:ratio"
        },
        **counters,
    }
    with prometheus(tmp_path_factory.mktemp("export"), History(series, START, END, 60)) as address:
        yield address


def exported(server: str, out: Path, *more: str) -> Path:
    command = [
        "export",
        "--prometheus",
        server,
        "--from",
        str(END - _DAY),
        "--to",
        str(END),
        "--out",
        str(out),
    ]
    assert main([*command, *more]) == 0
    return out


def test_a_day_loads_into_pandas_with_a_row_for_each_moment_and_subject(server: str, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(exported(server, tmp_path / "day.csv"), parse_dates=["time_utc"])
    moments = _DAY // STEP + 1
    assert len(table) == moments * 5
    assert table.time_utc.min() == pandas.Timestamp(END - _DAY, unit="s", tz="UTC")
    assert table.time_utc.max() == pandas.Timestamp(END, unit="s", tz="UTC")
    assert not table.duplicated(["time_utc", "service", "slo"]).any()
    golden = table[table.slo.isna()]
    assert len(golden) == moments
    assert golden.requests_per_second.sub(10).abs().max() < 1e-6
    assert golden.request_errors_ratio.sub(0.1).abs().max() < 1e-6
    availability = table[table.slo == "availability"]
    assert availability.burn_rate_1h_ratio.sub(10).abs().max() < 1e-6
    assert availability.error_budget_remaining_ratio.abs().max() < 1e-6
    assert set(availability.labels) == {"team=payments"}

    rows = json.loads(exported(server, tmp_path / "day.json").read_text())["rows"]
    assert len(pandas.DataFrame(rows)) == len(table)


def test_no_cell_is_a_formula(server: str, tmp_path: Path) -> None:
    with exported(server, tmp_path / "day.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:4] == ["time_utc", "service", "slo", "labels"]
    assert all(name.endswith(("_ratio", "_seconds", "_per_second", "_count")) for name in header[4:])
    assert {row[2] for row in rows} == {"", "availability", "latency", "search", "'=cmd|x"}
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "@", "\t")), cell


def test_one_service_another_step_and_times_are_multiples_of_it(server: str, tmp_path: Path) -> None:
    out = exported(server, tmp_path / "shop.csv", "--service", "shop", "--step", "1h")
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["service"] for row in rows} == {"shop"}
    assert all(row["time_utc"].endswith(":00:00Z") for row in rows)
    hours = END // 3600 - -((END - _DAY) // -3600) + 1
    assert len(rows) == 2 * hours


def test_a_query_that_is_too_large_is_read_in_smaller_parts(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchkeeper.export import rows
    from watchkeeper.local_http import NoAnswer
    from watchkeeper.prometheus_api import over_time

    whole = exported(server, tmp_path / "whole.csv").read_text()

    def limited(server: str, query: str, *, start: float, end: float, step: float) -> object:
        if (end - start) / step > 6:
            raise NoAnswer("answers 422 Unprocessable Entity: query processing would load too many samples")
        return over_time(server, query, start=start, end=end, step=step)

    monkeypatch.setattr(rows, "over_time", limited)
    assert exported(server, tmp_path / "parts.csv").read_text() == whole


def test_without_rows_or_without_an_answer_there_is_no_file(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "none.csv"
    out.write_text("yesterday's")
    assert main(["export", "--prometheus", server, "--service", "nobody", "--out", str(out)]) == 1
    assert "has no series of nobody from " in capsys.readouterr().err
    assert main(["export", "--prometheus", "http://127.0.0.1:1", "--out", str(out)]) == 2
    assert capsys.readouterr().err == "error: http://127.0.0.1:1: nothing listens\n"
    assert [path.name for path in tmp_path.iterdir()] == ["none.csv"]
    assert out.read_text() == "yesterday's"


def test_a_server_that_dies_in_the_middle_leaves_no_file(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchkeeper.export import rows
    from watchkeeper.local_http import NoAnswer
    from watchkeeper.prometheus_api import over_time

    def dying(server: str, query: str, *, start: float, end: float, step: float) -> object:
        if start > END - _DAY // 2:
            raise NoAnswer("nothing listens")
        return over_time(server, query, start=start, end=end, step=step)

    monkeypatch.setattr(rows, "over_time", dying)
    command = [
        "export",
        "--prometheus",
        server,
        "--from",
        str(END - _DAY),
        "--out",
        str(tmp_path / "half.csv"),
    ]
    assert main(command) == 2
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_period(server: str, tmp_path: Path) -> None:
    program = (
        "import resource, sys; from watchkeeper.cli import main; code = main(sys.argv[1:])\n"
        "print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )

    def peak(start: int) -> int:
        ends = ["--from", str(start), "--to", str(END), "--step", "10s"]
        command = [sys.executable, "-c", program, "export", "--prometheus", server, *ends]
        done = subprocess.run(
            [*command, "--out", str(tmp_path / "long.csv")], capture_output=True, text=True, check=True
        )
        code, kilobytes = done.stdout.split()
        assert code == "0", done.stderr
        return int(kilobytes)

    assert peak(START) < peak(END - 7_200) + 12_000


def test_standard_output_has_rows_only_and_a_reader_may_leave(server: str) -> None:
    command = [
        sys.executable,
        "-m",
        "watchkeeper",
        "export",
        "--prometheus",
        server,
        "--from",
        str(END - _DAY),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout.count("\n"), done.stderr) == (1 + 5 * (_DAY // STEP + 1), "")
    left = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$@" | head -1', "bash", *command], capture_output=True, text=True
    )
    assert (left.stdout.count("\n"), left.stderr) == (1, "")
