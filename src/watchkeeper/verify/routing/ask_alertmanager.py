"""Ask the real Alertmanager whom it notifies of many label sets at once.

It runs with the published routes for the moment of the question, on this machine only, with receivers that have
nothing behind them: nobody is notified of what it is asked about.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from watchkeeper.alertmanager_api import Refused, given_alerts, post_alerts
from watchkeeper.local_http import NoAnswer

_SECONDS, _PAUSE = 30.0, 0.02
_AT_ONCE = 2000
_ADDRESS = re.compile(r"Listening on.*?address=(\S+:\d+)")
_READ = ("route", "inhibit_rules", "time_intervals", "mute_time_intervals")

Labels = Mapping[str, str]


class NotAsked(Exception):
    """Alertmanager did not start or did not answer; the text is the reason."""


def receivers_of(alertmanager: Path, text: str, asked: Sequence[Labels]) -> list[tuple[str, ...]]:
    """Return the receivers of each label set, in the order of the routes; raise NotAsked."""
    with running(alertmanager, _bare(text)) as server:
        try:
            for start in range(0, len(asked), _AT_ONCE):
                post_alerts(server, [{"labels": labels} for labels in asked[start : start + _AT_ONCE]])
            found = {frozenset(one.labels.items()): one.receivers for one in given_alerts(server)}
        except (NoAnswer, Refused) as error:
            raise NotAsked(f"Alertmanager {error}") from error
    return [found.get(frozenset(labels.items()), ()) for labels in asked]


def _bare(text: str) -> str:
    """Return the configuration with the names of its receivers and nothing else of them, all else as it is written."""
    try:
        document: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        kept = [(key, value) for key, value in document.value if key.value in _READ]
        for key, receivers in document.value:
            if key.value == "receivers":
                for one in receivers.value:
                    one.value = [(name, value) for name, value in one.value if name.value == "name"]
                kept.append((key, receivers))
        document.value = kept
        return str(yaml.serialize(document, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)))
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError) as error:
        raise NotAsked("the file cannot be read") from error


@contextmanager
def running(alertmanager: Path, configuration: str) -> Iterator[str]:
    """Run a server at a port that is free, with a folder of its own that is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="watchkeeper-") as folder:
        config, log = Path(folder, "alertmanager.yml"), Path(folder, "log")
        config.write_text(configuration, encoding="utf-8")
        command = [
            str(alertmanager),
            "--enable-feature=utf8-strict-mode",
            f"--config.file={config}",
            f"--storage.path={folder}/data",
            "--web.listen-address=127.0.0.1:0",
            "--cluster.listen-address=",
        ]
        with (
            log.open("w") as output,
            subprocess.Popen(command, stdout=output, stderr=output, cwd=folder) as process,
        ):
            try:
                yield _address(process, log)
            finally:
                process.kill()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        ended = process.poll() is not None
        said = log.read_text(encoding="utf-8", errors="replace")
        if match := _ADDRESS.search(said):
            return f"http://{match[1]}"
        if ended:
            lines = said.splitlines() or ["no words"]
            raise NotAsked(f"Alertmanager ended at its start: {lines[-1][:300]}")
        time.sleep(_PAUSE)
    raise NotAsked(f"Alertmanager did not start within {_SECONDS:.0f} s")
