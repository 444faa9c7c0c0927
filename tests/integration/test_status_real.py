"""`watchkeeper status` of a real Prometheus with our rules, as JSON, as text, and as a live screen in a real terminal."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.recorded import History, prometheus
from tests.truth.rendered import SLO_ID, rendered
from watchkeeper.cli import main

pytestmark = pytest.mark.tools

_HOUR = 3_600
_PATIENCE = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a Prometheus whose rules read an hour in which a fifth of the events were bad, of 99.9% that must be good."""
    folder = tmp_path_factory.mktemp("status")
    (folder / "rules.yml").write_text(rendered(folder, "99.9", "30d", 15, 30, "availability"))
    now = int(time.time())
    service = SLO_ID.removesuffix("-slo")
    labels = f'service="{service}",slo="slo",slo_id="{SLO_ID}",team="payments"'
    rates = {("slo:total:rate_base", labels): 10.0, ("slo:bad:rate_base", labels): 2.0}
    series = {key: (lambda _, value=value: value) for key, value in rates.items()}  # type: ignore[misc]
    history = History(series, now - _HOUR, now, 30)
    with prometheus(folder, history, rules=folder / "rules.yml") as address:
        until = time.monotonic() + _PATIENCE
        while document(address)["summary"]["alerts_firing"] == 0:
            assert time.monotonic() < until, document(address)
            time.sleep(0.5)
        yield address


def document(server: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "watchkeeper", "status", "--prometheus", server, "--json"]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    return found


def test_the_document_has_the_objective_with_its_budget_burn_and_alert(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(server)
    (objective,) = found["objectives"]
    assert (objective["slo_id"], objective["state"], objective["window"]) == (SLO_ID, "firing", "30d")
    assert objective["objective_ratio"] == pytest.approx(0.999)
    assert objective["burn_rate_1h"] == pytest.approx(200, rel=0.05)
    assert objective["error_budget_remaining_ratio"] < 0.75
    assert objective["exhaustion_seconds"] > 0
    assert found["summary"]["objectives"] == {"firing": 1}
    assert main(["gate", "--prometheus", server]) == 1
    said = capsys.readouterr().out
    assert re.match(rf"refused  {SLO_ID}  \w+FastBurn(, \w+SlowBurn)? fires; burn rate \d+ over 1h", said), (
        said
    )
    assert {"alert_kind": "fast_burn"}.items() <= found["alerts"][0]["labels"].items()
    assert {"mode", "healthy", "problems", "urls", "parts", "targets", "rules", "alerts"} <= found.keys()


def test_exit_codes_are_for_programs(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--prometheus", server, "--exit-code"]) == 1
    assert main(["status", "--prometheus", server]) == 0, "no target is down"
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "■ 1 firing  · 1 alert firing · 0 of 0 targets up"
    assert main(["status", "--prometheus", "http://127.0.0.1:1", "--exit-code"]) == 2
    assert capsys.readouterr().err == "error: http://127.0.0.1:1: nothing listens\n"


def test_an_objective_of_the_spec_that_no_rule_records_has_no_data(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(
        "version: watchkeeper/v1\nservice: shop\ntargets: ['shop:80']\nsignals: [http]\n"
        "slos: [{name: search, objective: 99%, window: 7d, sli: {availability: http}}]\n"
    )
    main(["status", str(spec), "--prometheus", server, "--json"])
    states = {row["slo_id"]: row["state"] for row in json.loads(capsys.readouterr().out)["objectives"]}
    assert states == {SLO_ID: "firing", "shop-search": "no data"}
    spec.write_text("nonsense")
    assert main(["status", str(spec), "--prometheus", server]) == 2


def test_the_detail_of_the_objective_says_why_its_alert_fires(server: str) -> None:
    from watchkeeper.overview.reader import Addresses, Reader

    reader = Reader(Addresses(server))
    detail = reader.detail(reader.read().objectives[0])
    fast = next(alert for alert in detail.alerts if alert.kind == "fast_burn")
    assert fast.state == "firing"
    assert all(condition.is_met for condition in fast.ways[0])
    assert [window.name for window in detail.windows] == ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"]
    assert detail.windows[2].burn == pytest.approx(200, rel=0.05)
    exhausted = next(alert for alert in detail.alerts if alert.kind == "budget_exhausted")
    assert [condition.is_met for condition in exhausted.ways[0]][:1] == [False]


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not on this machine")
def test_the_live_screen_in_a_real_terminal(server: str, tmp_path: Path) -> None:
    pytest.importorskip("textual", reason="the live screen is the extra tui")
    tmux = ["tmux", "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]
    command = (
        f"{sys.executable} -m watchkeeper status --prometheus {server} --watch 1; echo left $?; sleep 60"
    )
    size = ["-x", "80", "-y", "24"]
    subprocess.run([*tmux, "new-session", "-d", *size, "-s", "s", command], check=True)

    def wait_for(text: str) -> list[str]:
        until = time.monotonic() + _PATIENCE
        while True:
            done = subprocess.run([*tmux, "capture-pane", "-p", "-t", "s"], capture_output=True, text=True)
            if text in done.stdout:
                return done.stdout.splitlines()
            assert time.monotonic() < until, done.stdout + done.stderr
            time.sleep(0.2)

    def press(key: str) -> None:
        subprocess.run([*tmux, "send-keys", "-t", "s", key], check=True)

    try:
        lines = wait_for("? help  / filter")
        assert "1 firing" in lines[0]
        assert f"firing  {SLO_ID}" in lines[3]
        press("Enter")
        assert any(line.startswith("fast burn        firing") for line in wait_for("NEEDS ALL OF"))
        press("q")
        wait_for("left 0")
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
