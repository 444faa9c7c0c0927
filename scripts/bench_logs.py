"""Measures the log monitors: a record, memory, a query and the start, each with its reference in the same run.

A record is compared with `logging` and `json.dumps` to a file, in turns. A query is compared with a plain loop over
`json.loads`. Each query, and each start, is a process of its own, whose peak memory is its own too.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from backend_instrumentation.logmetrics import LLMMonitor, LogFile, LogSettings, PerformanceFormatter, losses

ROOT: Final = Path(__file__).parents[1]
CALL: Final = ("large", "openai", 0.73, 12, 80, 92, True)
RECORD: Final = {
    "metric_type": "timer", "operation": "llm_call", "duration": 0.73, "size": None, "success": True, "module": "llm",
    "model": "large", "provider": "openai", "prompt_tokens": 12, "completion_tokens": 80, "total_tokens": 92,
}  # fmt: skip
MEMORY: Final = """
import re, time
from pathlib import Path
def memory(key): return int(re.search(key + r":\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
"""
LOOP: Final = """
import json, sys
started, spent = time.perf_counter(), time.process_time()
for line in open(sys.argv[1], "rb"):
    json.loads(line)
print(time.perf_counter() - started, time.process_time() - spent, memory("VmHWM"))
"""
QUERY: Final = """
import sys
if sys.argv[2] == "json":
    sys.modules["orjson"] = None
elif __import__("importlib.util").util.find_spec("orjson") is None:
    sys.exit(3)
started, spent = time.perf_counter(), time.process_time()
from backend_instrumentation.logmetrics import query_logs
result = query_logs(sys.argv[1])
print(time.perf_counter() - started, time.process_time() - spent, memory("VmHWM"))
assert result.broken == 0 and result.percentiles
"""
START: Final = """
from backend_instrumentation.attach import instrument
import fastapi
started, spent = time.perf_counter(), time.process_time()
from backend_instrumentation.logmetrics import PerformanceMonitorFactory
factory = PerformanceMonitorFactory.get_instance()
factory.create_monitor("llm"); factory.create_monitor("checkpoint")
print(1000 * (time.perf_counter() - started), 1000 * (time.process_time() - spent))
"""


def turns(calls: dict[str, Callable[[], object]], rounds: int, each: int) -> dict[str, list[float]]:
    """Return the microseconds of every call; the calls take turns, so that other load meets all of them."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    clock = time.perf_counter
    for _ in range(rounds):
        for name, call in calls.items():
            for _ in range(each):
                started = clock()
                call()
                taken[name].append((clock() - started) * 1e6)
    return taken


def records(folder: Path, rounds: int) -> None:
    """Print what a record costs, beside `logging` with `json.dumps`, and beside `logging` with our formatter."""
    ours = LLMMonitor(LogFile(LogSettings(str(folder / "ours.jsonl"), max_bytes=0)))
    plain = _file_logger(folder / "logging.jsonl", None)
    formatted = LLMMonitor(_file_logger(folder / "formatted.jsonl", PerformanceFormatter()))
    calls = {
        "ours": lambda: ours.record_llm_call(*CALL),
        "logging + json.dumps": lambda: plain.info(json.dumps({"timestamp": time.time(), **RECORD})),
        "ours through logging": lambda: formatted.record_llm_call(*CALL),
    }
    turns(calls, 1, 1000)
    print(f"\none record, microseconds{'p50':>12}{'p99':>9}{'least tenth':>14}")
    for name, taken in turns(calls, rounds, 1000).items():
        taken.sort()
        figures = (taken[int(len(taken) * share)] for share in (0.5, 0.99, 0.1))
        print("{:<24}{:>12.1f}{:>9.1f}{:>14.1f}".format(name, *figures))
    assert losses() == {}


def _file_logger(path: Path, formatter: logging.Formatter | None) -> logging.Logger:
    logger = logging.Logger(path.name, logging.INFO)
    handler = logging.FileHandler(path)
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    return logger


def memory(folder: Path, count: int) -> Path:
    """Print how memory grows over that many records, and return their log."""
    path = folder / "memory.jsonl"
    code = f"""{MEMORY}
import random
from backend_instrumentation.logmetrics import LLMMonitor, LogFile, LogSettings, losses
monitor = LLMMonitor(LogFile(LogSettings({str(path)!r}, max_bytes=0)))
def write(count):
    for _ in range(count):
        monitor.record_llm_call("large", "openai", random.lognormvariate(-1, 1), 12, 80, 92, random.random() > 0.01)
write(10_000)
before = memory("VmRSS")
write({count} - 10_000)
print(memory("VmRSS") - before, memory("VmHWM"))
assert losses() == {{}}
"""
    grown, peak = _process(code)
    print(f"\nmemory over {count:,} records: grows by {grown:.2f} MB to at most {peak:.0f} MB")
    return path


def queries(log: Path, runs: int) -> None:
    """Print what a query of the log costs, beside a loop that only parses each line."""
    print(f"\nquery of {log.stat().st_size / 1e6:.0f} MB{'s':>17}{'CPU s':>9}{'MB':>9}")
    for name, code, argument in (
        ("json.loads alone", LOOP, ""),
        ("query, json", QUERY, "json"),
        ("query, orjson", QUERY, "orjson"),
    ):
        found = [_process(MEMORY + code, str(log), argument) for _ in range(runs)]
        if all(found):
            print(f"{name:<24}{min(each[0] for each in found):>9.2f}{min(each[1] for each in found):>9.2f}"
                  f"{max(each[2] for each in found):>9.0f}")  # fmt: skip


def start(runs: int) -> None:
    """Print what the monitors add to the start of a service that has imported its framework."""
    with tempfile.TemporaryDirectory() as compiled:
        found = [_process(MEMORY + START, compiled=compiled) for _ in range(runs + 1)][1:]
    least, spent = min(each[0] for each in found), statistics.median(each[1] for each in found)
    print(f"\nstart of the monitors, milliseconds: least {least:.1f}, CPU {spent:.1f}")


def _process(code: str, *arguments: str, compiled: str | None = None) -> list[float]:
    """Return the numbers that a process prints; none when it cannot run here."""
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=variables if compiled is None else {**variables, "PYTHONPYCACHEPREFIX": compiled},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 3:  # the accelerator is not installed
        return []
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [float(each) for each in done.stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--records", type=int, default=1_000_000, help="of the memory measurement and the queries"
    )
    parser.add_argument("--rounds", type=int, default=40, help="of 1000 records each")
    parser.add_argument("--runs", type=int, default=3, help="of each query and start")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        records(Path(folder), options.rounds)
        log = memory(Path(folder), options.records)
        queries(log, options.runs)
    start(2 * options.runs + 1)


if __name__ == "__main__":
    main()
