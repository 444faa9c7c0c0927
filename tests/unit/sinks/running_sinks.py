"""Starts the sinks as their own process on free ports and always stops them."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import watchkeeper.sinks
from watchkeeper.sinks.sink_client import SinkClient

SOURCE = Path(watchkeeper.sinks.__file__).parents[2]
COMMAND = (sys.executable, "-m", "watchkeeper.sinks")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE)}


@dataclass(frozen=True)
class RunningSinks:
    process: subprocess.Popen[str]
    http: str
    smtp: str
    journal: Path
    stderr: Path

    @property
    def url(self) -> str:
        return f"http://{self.http}"

    @property
    def client(self) -> SinkClient:
        return SinkClient(self.url)


@contextlib.contextmanager
def running_sinks(folder: Path, *options: str) -> Iterator[RunningSinks]:
    journal, stderr = folder / "state" / "deliveries.jsonl", folder / "sinks.stderr"
    arguments = ["--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--journal", str(journal), *options]
    with (
        stderr.open("w") as errors,
        subprocess.Popen(
            [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True, env=ENVIRONMENT
        ) as process,
    ):
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            http, smtp = re.findall(r"127\.0\.0\.1:\d+", ready)
            yield RunningSinks(process, http, smtp, journal, stderr)
        finally:
            process.kill()
