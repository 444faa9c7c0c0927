"""`watchkeeper render` killed at any moment leaves every rule file whole, and the next render recovers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RENDERS = 1000 if os.environ.get("WATCHKEEPER_LONG") else 24
SERVICES = 20


def _spec(folder: Path, above: str) -> Path:
    alerts = f"[{{preset: service_down}}, {{preset: error_ratio, above: {above}}}]"
    services = "".join(
        f"  - {{service: s{n}, targets: ['s{n}:8000'], alerts: {alerts}}}\n" for n in range(SERVICES)
    )
    path = folder / f"spec-{above.rstrip('%')}.yml"
    path.write_text(f"version: watchkeeper/v1\nservices:\n{services}")
    return path


def _render(spec: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "watchkeeper", "render", str(spec), "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _rules(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / "monitoring/prometheus/alerts").glob("*.yml")}


@pytest.mark.integration
def test_every_rule_file_is_whole_whenever_a_render_is_killed(tmp_path: Path) -> None:
    specs = [_spec(tmp_path, "5%"), _spec(tmp_path, "7%")]
    whole = []
    for number, spec in enumerate(specs):
        start = time.monotonic()
        assert _render(spec, tmp_path / f"whole{number}").wait() == 0
        longest = time.monotonic() - start
        whole.append(_rules(tmp_path / f"whole{number}"))
    out = tmp_path / "out"
    assert _render(specs[0], out).wait() == 0
    moments = random.Random(7)
    killed = 0
    for number in range(RENDERS):
        process = _render(specs[number % 2], out)
        # Nothing is written before: a render spends more than half of its time on reading and planning.
        time.sleep(moments.uniform(0.6, 1.0) * longest)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        found = _rules(out)
        assert found.keys() == whole[0].keys()
        assert [name for name, text in found.items() if text not in (whole[0][name], whole[1][name])] == []
    assert killed > RENDERS // 4, "too few renders were still running when they were killed"
    assert _render(specs[1], out).wait() == 0
    assert _rules(out) == whole[1]
    assert list(out.rglob("*wk-tmp*")) == []
