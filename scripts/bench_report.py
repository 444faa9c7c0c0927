"""Time `watchkeeper report` over 30 days on a real Prometheus with many objectives, and measure its page.

Run it in the repository's folder: python -m scripts.bench_report [OBJECTIVES]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.integration.recorded import prometheus

_DAY = 86_400
_DAYS = 30
_RUNS = 5
_WHAT = ("wall", "its processor", "Prometheus' processor")
_EVALUATION, _ROLLUP = 30, 300


@dataclass(frozen=True)
class Fleet:
    """Objectives with ten events a second, an outage of an hour each, and two alerts about it."""

    objectives: int
    end: int

    def lines(self) -> Iterator[str]:
        """Yield 30 days at the default intervals, as OpenMetrics."""
        start = self.end - _DAYS * _DAY
        for number in range(self.objectives):
            labels = f'service="service{number % 20}",slo="slo{number}",slo_id="service{number % 20}-slo{number}",team="t"'
            outage = start + (number * 7_919 * 60) % (_DAYS * _DAY - 7_200)
            for moment in range(start + 100 + number, self.end, _ROLLUP):
                bad = 5.0 if outage < moment <= outage + 3_600 else 0.002 * (moment // _ROLLUP % 3)
                yield f"slo:bad:rate_tile{{{labels}}} {bad} {moment}\n"
                yield f"slo:total:rate_tile{{{labels}}} {10 + moment // 3600 % 24} {moment}\n"
                yield f"slo:objective:ratio{{{labels}}} 0.999 {moment}\n"
            for moment in range(start + 10, self.end, _EVALUATION):
                yield f"slo:total:rate_base{{{labels}}} {10 + moment // 3600 % 24} {moment}\n"
                # Elsewhere this series is not read, and its text would be a gigabyte.
                if abs(moment - outage) < 7_200:
                    bad = 5.0 if outage < moment <= outage + 3_600 else 0.002
                    yield f"slo:bad:rate_base{{{labels}}} {bad} {moment}\n"
            for kind, severity in (("fast_burn", "critical"), ("slow_burn", "warning")):
                named = f'alertname="A{number}{kind}",alertstate="firing",alert_kind="{kind}",severity="{severity}"'
                for moment in range(outage + 100, outage + 4_000, _EVALUATION):
                    yield f"ALERTS{{{named},{labels}}} 1 {moment}\n"
        yield "# EOF\n"


def main() -> int:
    """Print minimum, median and maximum of all runs for each format, and the size of the file."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    end = int(time.time()) // _DAY * _DAY
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with prometheus(folder, Fleet(size, end)) as server:
            for output_format in ("json", "html"):
                out = folder / f"report.{output_format}"
                runs = [_run(server, end, out) for _ in range(_RUNS)]
                spreads = (_spread(column) for column in zip(*runs, strict=True))
                texts = ", ".join(f"{what} {spread} s" for what, spread in zip(_WHAT, spreads, strict=True))
                print(
                    f"{size} objectives, {output_format}: {texts}, {out.stat().st_size / 1e6:.2f} MB",
                    flush=True,
                )
    return 0


def _run(server: str, end: int, out: Path) -> tuple[float, float, float]:
    """Return seconds of one report, and the processor's seconds of the command and of Prometheus for it."""
    start, before, own = time.perf_counter(), _processor(server), os.times()
    command = [
        sys.executable,
        "-m",
        "watchkeeper",
        "report",
        "--prometheus",
        server,
        "--at",
        str(end),
        "--out",
        str(out),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    taken, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system - own.children_user - own.children_system
    return taken, used, _processor(server) - before


def _processor(server: str) -> float:
    with urlopen(f"{server}/metrics", timeout=30) as answer:  # noqa: S310 -- our own server
        lines: list[str] = answer.read().decode().splitlines()
    return float(next(line for line in lines if line.startswith("process_cpu_seconds_total ")).split()[1])


def _spread(column: Sequence[float]) -> str:
    return " / ".join(f"{one:.2f}" for one in (min(column), statistics.median(column), max(column)))


if __name__ == "__main__":
    sys.exit(main())
