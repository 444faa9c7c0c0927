"""Render and verify at scale: whole processes, their wall seconds and the memory of the largest of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchkeeper.toolchain import cache_root

WATCHKEEPER = Path(sys.executable).with_name("watchkeeper")
MOST, MOST_RENDERED = 100, 1000
SLOS_OF_A_SERVICE = 10
_GOALS = {
    ("render", 1000): "2.5 s, 200 MB; twice Sloth's time",
    ("verify", 100): "45 s",
    ("verify", 1000): "120 s",
    ("verify again", 100): "5 s",
    ("verify again", 1000): "5 s",
}
# Objectives of four shapes: indicators and targets that differ in more than names.
_SHAPES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("99.9%", {"availability": "http"}),
    ("99.9%", {"latency": "http", "threshold": "200ms"}),
    ("99.5%", {"availability": "http"}),
    ("95%", {"latency": "http", "threshold": "500ms"}),
)


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


# A process counts what its parent had in memory when it was forked: this small one stands between them.
_MEASURED = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL).returncode
seconds = time.perf_counter() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([code, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024], file)
"""


def used(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Used:
    """Run a command to its end; exit with its words if it fails. Processes that it waited for are counted too."""
    with tempfile.TemporaryDirectory() as folder, Path(folder, "words").open("w+") as words:
        figures = Path(folder, "figures.json")
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _MEASURED, figures, *command],
            stderr=words,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        try:
            child.wait()
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait()
            raise
        words.seek(0)
        told = words.read().strip()[-500:]
        if not figures.exists():
            sys.exit(f"{' '.join(map(str, command))} was not run: {told}")
        code, seconds, processor, megabytes = json.loads(figures.read_text(encoding="utf-8"))
    if code != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {code}: {told}")
    return Used(seconds, processor, megabytes)


def spec_of(slos: int) -> dict[str, Any]:
    """Return a spec with this many SLOs, ten a service: four shapes by turns, and who is notified."""
    services = [
        {
            "service": f"s{first // SLOS_OF_A_SERVICE}",
            "targets": [f"s{first // SLOS_OF_A_SERVICE}:8000"],
            "slos": [_slo(n) for n in range(min(SLOS_OF_A_SERVICE, slos - first))],
            "alerts": [{"preset": "service_down", "severity": "critical"}],
        }
        for first in range(0, slos, SLOS_OF_A_SERVICE)
    ]
    notify = {
        "receivers": {"slack": {"webhook_file": "secrets/slack_webhook", "channel": "#incidents"}},
        "routes": {"critical": ["slack"], "warning": ["slack"], "info": ["slack"]},
    }
    return {"version": "watchkeeper/v1", "services": services, "notify": notify}


def _slo(number: int) -> dict[str, Any]:
    objective, sli = _SHAPES[number % len(_SHAPES)]
    return {"name": f"a{number}", "objective": objective, "window": "30d", "sli": sli}


def scaled(folder: Path, slos: Sequence[int], sloth: Sequence[str | Path] | None) -> Iterator[Scaled]:
    """Yield what render and verify take with so many SLOs, as soon as it is known; all is written below `folder`.

    With 100 SLOs among them, 1000 are measured too, and the command by which Sloth generates their rules.
    Every verify starts with an empty cache of proofs, and is repeated with nothing changed.
    """
    caches = {"WATCHKEEPER_CACHE": str(folder / "cache")}
    (folder / "cache").mkdir(exist_ok=True)
    if (tools := cache_root() / "tools").is_dir() and not (folder / "cache" / "tools").exists():
        (folder / "cache" / "tools").symlink_to(tools)
    for many in (*sorted(slos), *((MOST_RENDERED,) if MOST in slos else ())):
        spec, out = folder / f"spec{many}.yml", folder / f"out{many}"
        spec.write_text(json.dumps(spec_of(many)))
        yield _one("render", many, [WATCHKEEPER, "render", spec, "--out", out], caches)
        if many == MOST_RENDERED and sloth is not None:
            yield _one("sloth generate", many, sloth, caches)
        shutil.rmtree(folder / "cache" / "proofs", ignore_errors=True)
        for name in ("verify", "verify again"):
            yield _one(name, many, [WATCHKEEPER, "verify", spec, "--out", out], caches)


def _one(name: str, slos: int, command: Sequence[str | Path], environment: Mapping[str, str]) -> Scaled:
    print(f"running: {name}, SLOs: {slos}", file=sys.stderr, flush=True)
    return Scaled(name, slos, used(command, environment), _GOALS.get((name, slos), ""))


def line(one: Scaled) -> str:
    """Return one line of the table."""
    name = f"{one.command}, {one.slos} SLO{'s' if one.slos > 1 else ''}"
    return (
        f"{name:<34}{one.used.seconds:>9.2f}{one.used.processor:>9.2f}{one.used.megabytes:>9.0f}   {one.goal}"
    )


HEAD = f"{'whole process':<34}{'s':>9}{'cpu s':>9}{'MB':>9}   goal"
