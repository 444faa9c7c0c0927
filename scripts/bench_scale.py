"""Render and verify at scale: whole processes, their wall seconds and the memory of the largest of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WATCHKEEPER = Path(sys.executable).with_name("watchkeeper")
_MOST, _MOST_RENDERED = 100, 1000
_SLOS_OF_A_SERVICE = 10
_GOALS = {
    ("render", 1000): "2.5 s, 300 MB",
    ("verify", 100): "300 s",
}


@dataclass(frozen=True, slots=True)
class Used:
    """What one command took: wall and processor seconds, and the peak in MB of its largest process."""

    seconds: float
    processor: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Scaled:
    """One command on a spec with so many SLOs."""

    command: str
    slos: int
    used: Used
    goal: str


def used(command: Sequence[str | Path]) -> Used:
    """Run a command to its end; exit with its words if it fails. Processes that it waited for are counted too."""
    with tempfile.TemporaryFile("w+") as words:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=words)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.terminate()
            child.wait()
            raise
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            words.seek(0)
            told = words.read().strip()[-500:]
            sys.exit(f"{' '.join(map(str, command))} ended with {child.returncode}: {told}")
    return Used(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def spec_of(slos: int) -> dict[str, Any]:
    """Return a spec with this many SLOs, ten a service: availability and latency by turns, and who is told."""
    services = [
        {
            "service": f"s{first // _SLOS_OF_A_SERVICE}",
            "targets": [f"s{first // _SLOS_OF_A_SERVICE}:8000"],
            "slos": [_slo(n) for n in range(min(_SLOS_OF_A_SERVICE, slos - first))],
            "alerts": [{"preset": "service_down", "severity": "critical"}],
        }
        for first in range(0, slos, _SLOS_OF_A_SERVICE)
    ]
    notify = {
        "receivers": {"slack": {"webhook_file": "secrets/slack_webhook", "channel": "#incidents"}},
        "routes": {"critical": ["slack"], "warning": ["slack"], "info": ["slack"]},
    }
    return {"version": "watchkeeper/v1", "services": services, "notify": notify}


def _slo(number: int) -> dict[str, Any]:
    latency = {"latency": "http", "threshold": "200ms"}
    sli = latency if number % 2 else {"availability": "http"}
    return {"name": f"a{number}", "objective": "99.9%", "window": "30d", "sli": sli}


def scaled(folder: Path, slos: Sequence[int]) -> Iterator[Scaled]:
    """Yield what render and verify take with so many SLOs, as soon as it is known; all is written below `folder`.

    With 100 SLOs among them, a render of 1000 is measured too.
    """
    for many in (*sorted(slos), *((_MOST_RENDERED,) if _MOST in slos else ())):
        spec, out = folder / f"spec{many}.yml", folder / f"out{many}"
        spec.write_text(json.dumps(spec_of(many)))
        yield _one("render", many, spec, out)
        if many in slos:
            yield _one("verify", many, spec, out)


def _one(name: str, slos: int, spec: Path, out: Path) -> Scaled:
    print(f"running: watchkeeper {name}, SLOs: {slos}", file=sys.stderr, flush=True)
    return Scaled(name, slos, used([WATCHKEEPER, name, spec, "--out", out]), _GOALS.get((name, slos), ""))


def line(one: Scaled) -> str:
    """Return one line of the table."""
    name = f"{one.command}, {one.slos} SLO{'s' if one.slos > 1 else ''}"
    return (
        f"{name:<34}{one.used.seconds:>9.2f}{one.used.processor:>9.2f}{one.used.megabytes:>9.0f}   {one.goal}"
    )


HEAD = f"{'whole process':<34}{'s':>9}{'cpu s':>9}{'MB':>9}   goal"
