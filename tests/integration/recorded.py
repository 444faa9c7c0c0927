"""A real Prometheus with a history that promtool wrote into its blocks."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.request import urlopen

import yaml

from tests.conftest import need_tool
from tests.truth.server import free_port

Value = Callable[[float], float]
_PATIENCE = 60
# promtool reads the whole text once a block.
_LARGE_BLOCKS = ("--max-block-duration=486h", "--quiet")


class Lines(Protocol):
    """What can be written as OpenMetrics."""

    def lines(self) -> Iterator[str]:
        """Yield the lines, with the end mark."""


@dataclass(frozen=True)
class History:
    """Series by name and labels, each a function of Unix seconds, from `start` to `end` every `step` seconds."""

    series: Mapping[tuple[str, str], Value]
    start: int
    end: int
    step: int

    def lines(self) -> Iterator[str]:
        """Yield the history as OpenMetrics."""
        yield from self.body()
        yield "# EOF\n"

    def body(self) -> Iterator[str]:
        """Yield the lines without the end mark."""
        for (name, labels), value in sorted(self.series.items()):
            for moment in range(self.start, self.end + 1, self.step):
                yield f"{name}{{{labels}}} {value(moment)!r} {moment}\n"


def objective_series(slo_id: str, bad: float = 0.0, target: float = 0.999) -> dict[tuple[str, str], Value]:
    """Return what the rules record of an objective with ten events a second, `bad` of them bad."""
    service, _, slo = slo_id.partition("-")
    labels = f'service="{service}",slo="{slo}",slo_id="{slo_id}",team="payments"'
    burn = bad / (1 - target)
    values: dict[str, float] = {
        "slo:objective:ratio": target,
        "slo:error_budget:remaining_ratio": 1 - burn / 10,
        "slo:burn_rate:1h": burn,
        "slo:burn_rate:6h": burn,
        "slo:total:rate_base": 10.0,
        "slo:bad:rate_base": 10 * bad,
        **{f"slo:error_ratio:{window}": bad for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")},
    }
    return {(name, labels): (lambda _, value=value: value) for name, value in values.items()}  # type: ignore[misc]


def write_blocks(history: Lines, text: Path, data: Path) -> None:
    """Write a history into the data folder of a Prometheus that does not run; `text` is a file for the way there."""
    with text.open("w") as file:
        file.writelines(history.lines())
    make: list[str | Path] = [
        need_tool("promtool"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        *_LARGE_BLOCKS,
    ]
    subprocess.run([*make, text, data], check=True, capture_output=True)


@contextmanager
def prometheus(folder: Path, history: Lines, *, rules: Path | None = None) -> Iterator[str]:
    """Run a Prometheus with a history, and rules that it evaluates every second; yield its address."""
    binary = need_tool("prometheus")
    write_blocks(history, folder / "history.txt", folder / "data")
    port = free_port()
    config = {"global": {"evaluation_interval": "1s"}, "rule_files": [str(rules)] if rules else []}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [
        binary,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=100y",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}", folder / "prometheus.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait(server: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while not _answers(server):
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)


def _answers(server: str) -> bool:
    try:
        with urlopen(f"{server}/-/ready", timeout=2):
            return True
    except OSError:
        return False
