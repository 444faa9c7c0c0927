"""The query: exact counts, percentiles within their bound, any file that may lie there, constant memory."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_instrumentation.logmetrics import query_logs
from backend_instrumentation.logmetrics.query.line_parsing import LineParser, _parse_all
from backend_instrumentation.logmetrics.query.log_groups import ACCURACY, MOST_GROUPS, Groups

ROOT = Path(__file__).parents[3]


def record(operation: str = "read", duration: float | None = 0.1, **more: Any) -> dict[str, Any]:
    base = {"timestamp": 100.0, "metric_type": "timer", "operation": operation, "duration": duration, "size": None,
            "success": True, "module": "files"}  # fmt: skip
    return {**base, **more}


def written(path: Path, found: list[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in found))
    return path


@pytest.fixture(params=["orjson", "json"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both parsers must say the same."""
    if request.param == "json":
        monkeypatch.setitem(sys.modules, "orjson", None)
    else:
        pytest.importorskip("orjson")
    return str(request.param)


def test_counts_ratios_and_sums_are_exact_and_percentiles_within_their_bound(
    tmp_path: Path, parser: str
) -> None:
    draw = random.Random(7)
    durations = [draw.lognormvariate(-1, 1.5) for _ in range(5000)]
    log = written(
        tmp_path / "a.jsonl",
        [record(duration=each, success=number % 10 != 0) for number, each in enumerate(durations)]
        + [record("write", 2.0, module="other")],
    )
    read, write = query_logs(log).groups
    assert (read.key, read.count, read.success_ratio) == (("read", "files"), 5000, 0.9)
    assert read.sum == pytest.approx(sum(durations))
    assert read.mean == pytest.approx(sum(durations) / 5000)
    ordered = sorted(durations)
    for got, share in ((read.p50, 0.5), (read.p95, 0.95), (read.p99, 0.99)):
        assert got == pytest.approx(ordered[int(share * 4999)], rel=ACCURACY)
    assert (write.key, write.count, write.sum) == (("write", "other"), 1, 2.0)


@given(st.lists(st.floats(-1e17, 1e17), min_size=1, max_size=50))
def test_the_bound_holds_for_any_values(values: list[float]) -> None:
    groups = Groups((), "value")
    groups.take([record(value=each) for each in values], None)
    [(_, group)] = groups.items()
    found = groups.quantiles(group, (0.5, 0.95, 0.99))
    ordered = sorted(values)
    for got, share in zip(found, (0.5, 0.95, 0.99), strict=True):
        exact = ordered[int(share * (len(values) - 1))]
        assert got is not None
        assert abs(got - exact) <= abs(exact) * ACCURACY * 1.0001 + 1e-12


def test_selection_by_operation_module_type_and_time(tmp_path: Path) -> None:
    log = written(
        tmp_path / "a.jsonl",
        [
            record(timestamp=10),
            record(timestamp=20, module="other"),
            record("write", timestamp=30),
            record("hits", None, metric_type="counter", value=5, timestamp=40),
        ],
    )
    assert query_logs(log).records == 4
    assert query_logs(log, operation="write").records == 1
    assert query_logs(log, module="other").records == 1
    assert query_logs(log, metric_type="counter").groups[0].sum == 5
    assert query_logs(log, since=20, until=40).records == 2
    assert [each.key for each in query_logs(log, by=("module",)).groups] == [("files",), ("other",)]
    assert query_logs(log, by=()).groups[0].count == 4
    with pytest.raises(ValueError, match="by: 'color' is none of operation, module, metric_type"):
        query_logs(log, by=("color",))


def test_another_field(tmp_path: Path) -> None:
    log = written(
        tmp_path / "a.jsonl", [record(size=10), record(size=30), record(size="big"), record(size=True)]
    )
    found = query_logs(log, field="size").groups[0]
    assert (found.count, found.sum, found.mean) == (4, 40, 20)


BROKEN = [
    b'{"timestamp": 1, "metric_type": "timer", "oper',
    b"\x00\xff\xfe binary \x80",
    b"{}{}",
    b'{"timestamp": 1.0, "metric_type": "timer"} x',
    b"[" * 100_000,
    b'"' + b"a" * 2_000_000,
]
OTHER = [b"{}", b"7", b"null", b'{"timestamp": 1.0, "level": "INFO", "message": "hello"}',
         b'{"timestamp": "x", "metric_type": "timer"}']  # fmt: skip


def test_broken_and_foreign_lines_are_counted_and_skipped(tmp_path: Path, parser: str) -> None:
    whole = json.dumps(record()).encode()
    lines = [whole, *(line for bad in (*BROKEN, *OTHER) for line in (bad, whole)), b"", b"  ", whole + b"\r"]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines) + b"\n" + whole)
    result = query_logs(tmp_path / "a.jsonl")
    assert (result.records, result.broken, result.other) == (
        3 + len(BROKEN) + len(OTHER),
        len(BROKEN),
        len(OTHER),
    )


def test_a_record_behind_a_torn_line_is_found(tmp_path: Path, parser: str) -> None:
    whole = json.dumps(record()).encode()
    (tmp_path / "a.jsonl").write_bytes(whole[:40] + whole + b"\n" + whole + b"\n")
    result = query_logs(tmp_path / "a.jsonl")
    assert (result.records, result.broken) == (2, 1)


def test_numbers_that_are_none(tmp_path: Path, parser: str) -> None:
    log = tmp_path / "a.jsonl"
    text = [json.dumps(record(duration=each)) for each in (float("nan"), float("inf"), None, 1e300, 0.0, 0.5)]
    log.write_text("\n".join(text) + "\n")
    found = query_logs(log).groups[0]
    assert (found.count, found.sum) == (6, 0.5)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_both_parsers_agree_on_any_lines(parts: list[bytes]) -> None:
    pytest.importorskip("orjson")
    whole = json.dumps(record()).encode()
    lines = [whole, *parts, *(b'{"timestamp":1,"metric_type":"timer","x":' + part + b"}" for part in parts)]
    chunk = b"\n".join(line.replace(b"\n", b"") for line in lines) + b"\n"
    fast, slow = LineParser(), LineParser()
    slow._all = _parse_all
    # Numbers that no float holds may differ.
    assert len(fast.parse(chunk)) == len(slow.parse(chunk))
    assert fast.broken == slow.broken


def test_rotated_and_compressed_files_and_folders(tmp_path: Path) -> None:
    one = json.dumps(record()).encode() + b"\n"
    (tmp_path / "a.jsonl").write_bytes(one)
    (tmp_path / "a.jsonl.20261115-000000-000").write_bytes(one * 2)
    (tmp_path / "a.jsonl.20261114-000000-000.gz").write_bytes(gzip.compress(one * 3))
    (tmp_path / "a.jsonl.1.gz").write_bytes(
        gzip.compress(one * 4) + gzip.compress(one)
    )  # logrotate; two members
    (tmp_path / "a.jsonl.20261115-000000-000.gz").write_bytes(
        gzip.compress(one * 2)
    )  # compression was killed
    (tmp_path / "a.jsonl.20261115-000000-000.gz.tmp").write_bytes(b"half")
    (tmp_path / "b.log").write_bytes(one)
    (tmp_path / ".hidden.jsonl").write_bytes(one)
    (tmp_path / "a.jsonl.d").mkdir()
    assert query_logs(tmp_path / "a.jsonl").records == 11
    assert query_logs(tmp_path).records == 12
    assert query_logs([tmp_path, tmp_path / "a.jsonl"]).records == 12
    (tmp_path / "a.jsonl").unlink()
    assert query_logs(tmp_path / "a.jsonl").records == 10
    assert query_logs(tmp_path).records == 11


def test_a_truncated_gzip_gives_what_it_still_has(tmp_path: Path) -> None:
    lines = b"".join(json.dumps(record(number=random.random())).encode() + b"\n" for _ in range(5000))
    torn = gzip.compress(lines)[:-20_000]
    whole = zlib.decompressobj(wbits=31).decompress(torn).count(b"\n")
    (tmp_path / "a.jsonl.1.gz").write_bytes(torn)
    (tmp_path / "a.jsonl.2.gz").write_bytes(b"\x1f\x8b nonsense")
    (tmp_path / "a.jsonl").write_bytes(lines)
    result = query_logs(tmp_path / "a.jsonl")
    assert result.records == 5000 + whole
    assert len(result.damaged) == 2
    assert result.broken >= 2


def test_a_line_that_is_just_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = json.dumps(record()).encode() + b"\n"
    path = tmp_path / "a.jsonl"
    path.write_bytes(one + one[:50])

    def finish(_: float) -> None:
        with path.open("ab") as file:
            file.write(one[50:] + one)

    monkeypatch.setattr(time, "sleep", finish)
    result = query_logs(path)
    assert (result.records, result.broken) == (2, 0)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no such log"):
        query_logs(tmp_path / "a.jsonl")
    with pytest.raises(FileNotFoundError, match=r"contains no \.jsonl or \.log files"):
        query_logs(tmp_path)


def test_groups_are_bounded(tmp_path: Path) -> None:
    log = written(tmp_path / "a.jsonl", [record(f"op{number}") for number in range(MOST_GROUPS + 50)]
                  + [record(["a"]), record("op1")])  # type: ignore[arg-type] # fmt: skip
    result = query_logs(log)
    assert len(result.groups) == MOST_GROUPS + 1
    assert result.groups[0].key == ("__other__", "__other__")
    assert result.groups[0].count == 51


def test_without_the_sketch_everything_but_percentiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ddsketch", None)
    result = query_logs(written(tmp_path / "a.jsonl", [record()]))
    assert result.groups[0].mean == 0.1
    assert result.groups[0].p95 is None
    assert not result.percentiles
    assert "p95" not in result.as_dict()["groups"][0]


PEAK = """
import re, sys
from pathlib import Path
from backend_instrumentation.logmetrics import query_logs
assert query_logs(sys.argv[1]).records == int(sys.argv[2])
# Not ru_maxrss, which begins with the peak of the process that started this one.
print(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    one = b"".join(json.dumps(record(duration=random.random())).encode() + b"\n" for _ in range(2000))
    peaks = []
    for size in (20, 100):
        (tmp_path / "a.jsonl").write_bytes(one * size)
        command = [sys.executable, "-c", PEAK, str(tmp_path / "a.jsonl"), str(2000 * size)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 2048
    assert peaks[1] < 60 * 1024


def test_a_log_that_is_rotated_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = json.dumps(record()).encode() + b"\n"
    path = tmp_path / "a.jsonl"
    path.write_bytes(one * 3)
    listed = os.listdir

    def rotating(folder: Any) -> list[str]:
        if path.exists() and not (tmp_path / "a.jsonl.1").exists():
            path.rename(tmp_path / "a.jsonl.1")
            path.write_bytes(one)
        return listed(folder)

    monkeypatch.setattr(os, "listdir", rotating)
    assert query_logs(path).records == 3  # neither missed nor read twice
