"""One real Prometheus on the history, and what the benchmark asks of it."""

from __future__ import annotations

import json
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .children import Children
from .subject import CYCLE, SCRAPE, RuleGroup

_READY_WITHIN = 120
_DURATION = "prometheus_rule_group_last_duration_seconds"
_EVALUATED = "prometheus_rule_group_last_evaluation_timestamp_seconds"
_METRIC = re.compile(rf'^({_DURATION}|{_EVALUATED}){{rule_group="(.*)"}} (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The newest evaluation of a group: when it was due (seconds since 1970) and how long it took (seconds)."""

    due: float
    seconds: float


class Prometheus:
    """A server on a free port of 127.0.0.1, with compaction off: what is measured is rules."""

    def __init__(self, folder: Path, exporter: int, services: Iterable[str]) -> None:
        self._folder, self._port = folder, _free_port()
        self._rules = folder / "rules"
        self._rules.mkdir(exist_ok=True)
        (folder / "prometheus.yml").write_text(json.dumps(_configuration(folder, exporter, services)))

    @property
    def data(self) -> Path:
        """Return the folder of its blocks."""
        return self._folder / "data"

    def start(self, children: Children, binary: Path) -> None:
        """Start it and wait until it is ready; raise RuntimeError if it is not in two minutes."""
        log = self._folder / "prometheus.log"
        child = children.start(
            [
                binary,
                f"--config.file={self._folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.data}",
                "--storage.tsdb.retention.time=100d",
                "--storage.tsdb.min-block-duration=2h",
                "--storage.tsdb.max-block-duration=2h",
                f"--web.listen-address=127.0.0.1:{self._port}",
                "--web.enable-lifecycle",
                "--log.level=warn",
            ],
            log,
        )
        deadline = time.monotonic() + _READY_WITHIN
        while not self._is_ready():
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"prometheus did not become ready: {log.read_text()[-800:]}")
            time.sleep(0.2)

    def load(self, groups: Mapping[str, tuple[RuleGroup, ...]], pace: int) -> None:
        """Replace its rule files (name to groups), every group evaluated each `pace` seconds, and reload."""
        for old in self._rules.iterdir():
            old.unlink()
        for name, own in groups.items():
            paced = [{**group, "interval": f"{pace}s"} for group in own]
            (self._rules / f"{name}.yml").write_text(json.dumps({"groups": paced}))
        self._get("/-/reload", data=b"")

    def evaluations(self) -> dict[tuple[str, str], Evaluation]:
        """Return the newest evaluation of each group that had one, by file and group name."""
        values: dict[tuple[str, str], dict[str, float]] = {}
        for metric, group, value in _METRIC.findall(self._get("/metrics").decode()):
            path, name = group.rsplit(";", 1)
            values.setdefault((Path(path).stem, name), {})[metric] = float(value)
        return {
            key: Evaluation(own[_EVALUATED], own[_DURATION])
            for key, own in values.items()
            if own.get(_EVALUATED, 0) > 0
        }

    def rules(self) -> list[dict[str, Any]]:
        """Return its groups with the state of each rule."""
        answer: list[dict[str, Any]] = json.loads(self._get("/api/v1/rules"))["data"]["groups"]
        return answer

    def samples(self, expr: str) -> int:
        """Return how many samples an instant query of `expr` reads now."""
        form = urllib.parse.urlencode({"query": expr, "stats": "all"}).encode()
        answer = json.loads(self._get("/api/v1/query", data=form))
        return int(answer["data"]["stats"]["samples"]["totalQueryableSamples"])

    def _is_ready(self) -> bool:
        try:
            self._get("/-/ready")
        except OSError:
            return False
        return True

    def _get(self, path: str, data: bytes | None = None) -> bytes:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", data, timeout=600) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            words = error.read().decode(errors="replace")[:500]
            raise OSError(f"{path} answered {error.code}: {words}") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _configuration(folder: Path, exporter: int, services: Iterable[str]) -> dict[str, Any]:
    jobs = [
        {
            "job_name": service,
            "metrics_path": f"/{service}",
            "static_configs": [{"targets": [f"127.0.0.1:{exporter}"], "labels": {"service": service}}],
            # The history has no such labels, and a series must go on where its block ends.
            "metric_relabel_configs": [{"action": "labeldrop", "regex": "instance|job"}],
        }
        for service in services
    ]
    return {
        "global": {"scrape_interval": f"{SCRAPE}s", "evaluation_interval": f"{CYCLE}s"},
        "rule_files": [str(folder / "rules" / "*.yml")],
        "scrape_configs": jobs,
    }
