"""The commands as people type them: table, JSON, help, times, and one line for each mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend_instrumentation.logmetrics import LogFile, record_checkpoint_save, record_llm_call
from backend_instrumentation.logmetrics.log_commands import main

ROOT = Path(__file__).parents[3]


@pytest.fixture
def written(log: LogFile) -> LogFile:
    for number in range(100):
        record_llm_call("large", "openai", 0.5 + number / 1000, 12, 80, 92, number != 0)
    record_checkpoint_save(0.25, 2048, True)
    return log


def test_a_table(written: LogFile, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", written.path]) == 0
    head, first, second, summary, bound = capsys.readouterr().out.splitlines()
    assert head.split() == ["operation", "module", "count", "success", "sum", "mean", "p50", "p95", "p99"]
    assert first.split()[:5] == ["llm_call", "llm", "100", "99.00%", "54.95"]
    assert second.split()[:4] == ["checkpoint_save", "checkpoint", "1", "100.00%"]
    assert summary == "101 records in 1 files"
    assert bound == "percentiles are within 1% of the exact ones; durations are in seconds"


def test_json_for_programs(written: LogFile, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["query", written.path, "--format", "json", "--by", "operation", "--field", "total_tokens"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["groups"][0]["operation"] == "llm_call"
    assert (found["groups"][0]["sum"], found["groups"][0]["count"]) == (9200, 100)
    assert (found["records"], found["broken"], found["accuracy"]) == (101, 0, 0.01)


def test_a_ratio_is_never_rounded_up_to_all(log: LogFile, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(30_000):
        log.append(
            b'{"timestamp":1,"metric_type":"timer","success":%s}\n' % (b"true" if number else b"false"), 1.0
        )
    main(["query", log.path])
    assert "99.99%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("since", "count"),
    [("-1h", 101), ("now", 0), ("2020-01-01", 101), ("2020-01-01T00:00:00Z", 101), ("2999-01-01T00:00:00+02:00", 0),
     ("-0.5d", 101), ("1500000000", 101)],
)  # fmt: skip
def test_times(written: LogFile, capsys: pytest.CaptureFixture[str], since: str, count: int) -> None:
    assert main(["query", written.path, "--from", since, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == count


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["query", "nothing.jsonl"], "error: nothing.jsonl: there is no such log"),
        (["query", ".", "--by", "color"], "error: by: 'color' is none of operation, module, metric_type"),
        (["query", ".", "--from", "yesterday"], "'yesterday' is no time; write -24h"),
        (["clean", "--config", "none.yaml"], "error: none.yaml: No such file or directory"),
        (["clean", "--config", "bad.yaml"], "error: bad.yaml:1:1: retention_days: -1 is no number above 0"),
        (["nonsense"], "invalid choice: 'nonsense'"),
        ([], "arguments are required: COMMAND"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(words: list[str], fault: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("retention_days: -1\n")
    (tmp_path / "a.jsonl").touch()
    done = _run(words, tmp_path)
    assert done.returncode == 2
    assert fault in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = tmp_path / "logs" / "a.jsonl"
    gone.parent.mkdir()
    gone.write_text("{}")
    os.utime(gone, (0, 0))
    assert main(["clean", "--dry-run"]) == 0
    assert capsys.readouterr().out == "logs/a.jsonl\n1 files would be deleted, 2 bytes, 0 errors\n"
    assert gone.exists()
    assert main(["clean", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["deleted_files"] == 1
    assert not gone.exists()


def test_the_log_of_the_environment_is_the_default(written: LogFile, tmp_path: Path) -> None:
    done = _run(["query"], tmp_path / "elsewhere", PERFORMANCE_LOG_FILE=written.path)
    assert "101 records" in done.stdout


def test_help_has_examples(tmp_path: Path) -> None:
    for words in (["--help"], ["query", "--help"]):
        done = _run(words, tmp_path)
        assert done.returncode == 0
        assert "--from -24h" in done.stdout
        assert "exit codes: 0 ok, 2 unusable input" in done.stdout


def _run(words: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "backend_instrumentation.logmetrics", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
