"""Times, steps and moments of an export; what is no time is one clear line."""

from __future__ import annotations

import csv
import io

import pytest

from watchkeeper.cli import main
from watchkeeper.export.period import Period, iso, moment, period, step
from watchkeeper.export.rows import Row
from watchkeeper.export.tables import cell, write_csv, write_json
from watchkeeper.model.duration import Duration

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("-24h", NOW - 86_400),
        ("now-1h30m", NOW - 5_400),
        ("1795000000", NOW),
        ("2026-11-20", 1_795_132_800.0),
        ("2026-11-20T10:00", 1_795_168_800.0),
        ("2026-11-20 10:00:00Z", 1_795_168_800.0),
        ("2026-11-20T12:00:00+02:00", 1_795_168_800.0),
    ],
)
def test_times_are_relative_or_in_utc(text: str, expected: float) -> None:
    assert moment(text, now=NOW) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "-", "-24", "-1x", "24h", "2026-13-01", "9999999999999", "1", "-99999y"]
)
def test_what_is_no_time_says_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; write -24h, now"):
        moment(text, now=NOW)


@pytest.mark.parametrize("text", ["", "0s", "5", "1500ms", "100ms", "five"])
def test_a_step_is_whole_seconds(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration of whole seconds"):
        step(text)
    assert step("5m").seconds == 300


def test_moments_are_the_multiples_of_the_step_within_the_ends() -> None:
    found = period(NOW + 1, NOW + 1_000, Duration.parse("5m"))
    assert (found.start % 300, found.end % 300, found.count) == (0, 0, 3)
    assert found.start > NOW
    assert period(NOW + 1, NOW + 2, Duration.parse("5m")).count == 0
    assert iso(NOW) == "2026-11-18T11:06:40Z"


def test_every_problem_of_the_command_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    bad = [
        "--from",
        "yesterday",
        "--to",
        "-5",
        "--step",
        "0s",
        "--prometheus",
        "localhost:9090",
        "--out",
        "/nowhere/x",
    ]
    assert main(["export", *bad]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: --prometheus: 'localhost:9090' is not an address; write http://localhost:9090",
        "error: --from: 'yesterday' is not a time; write -24h, now, 2026-11-20 or 2026-11-20T10:00:00Z",
        "error: --to: '-5' is not a time; write -24h, now, 2026-11-20 or 2026-11-20T10:00:00Z",
        "error: --step: '0s' is not a duration of whole seconds; write 30s, 5m or 1h",
        "error: --out: there is no folder /nowhere",
    ]
    assert main(["export", "--from", "2026-11-20", "--to", "2026-11-19", "--prometheus", "http://x"]) == 2
    assert capsys.readouterr().err == (
        "error: --from: 2026-11-20T00:00:00Z is not before --to, 2026-11-19T00:00:00Z\n"
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_becomes_text(text: str) -> None:
    assert cell(text) == f"'{text}"
    out = io.StringIO(newline="")
    write_csv([Row(0, text, 'a,b"c', "", {"objective_ratio": -0.5})], Period(0, 0, 300), out)
    header, row = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert row[:4] == ["1970-01-01T00:00:00Z", f"'{text}", 'a,b"c', ""]
    assert row[header.index("objective_ratio")] == "-0.5", "a number stays a number"


def test_without_rows_nothing_is_written() -> None:
    out = io.StringIO()
    assert (write_csv([], Period(0, 0, 1), out), write_json([], Period(0, 0, 1), out), out.getvalue()) == (
        0,
        0,
        "",
    )
