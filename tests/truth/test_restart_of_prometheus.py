"""A real Prometheus is killed in the middle of recording: what it had recorded stays, what came meanwhile is bounded."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.conftest import need_tool
from tests.truth.judging import standard
from tests.truth.ledger import IS_LONG
from tests.truth.rendered import SLO_ID
from tests.truth.server import Counting, Prometheus, serving
from tests.truth.weights import AROUND_HOLE, NEAR_GAP
from watchkeeper import naming

_INTERVAL = 5
_REACH = 65
_BURST = 1_000
# Scrapes of a real server are some ms early or late, and so is what they are extrapolated to.
_JITTER = 0.01


@pytest.mark.tools
@pytest.mark.skipif(not IS_LONG, reason="four minutes of real time; WATCHKEEPER_LONG=1 plays them")
def test_a_killed_prometheus_keeps_what_it_had_and_loses_at_most_what_came_meanwhile(tmp_path: Path) -> None:
    binary, counting = need_tool("prometheus"), Counting()
    rules = standard(scrape=_INTERVAL, evaluation=_INTERVAL)
    with serving(counting) as port:
        server = Prometheus(binary, tmp_path, rules, port, _INTERVAL)
        try:
            _play(server, counting)
        finally:
            server.kill()


def _play(server: Prometheus, counting: Counting) -> None:
    server.start()
    _let_pass(_REACH)
    counting.add("503", _BURST)
    _let_pass(_REACH + _INTERVAL)
    killed = time.time()
    before = _counted(server, killed)
    assert before == pytest.approx(_BURST, rel=_JITTER)

    server.kill()
    counting.add("503", _BURST)
    _let_pass(3 * _INTERVAL)
    server.start()
    assert _counted(server, killed) == pytest.approx(before), "what was recorded before is lost"

    _let_pass(2 * _INTERVAL)
    counting.add("503", _BURST)
    _let_pass(_REACH + _INTERVAL)
    gained = (_counted(server, time.time()) - before) / _BURST
    print(f"\nof a burst while Prometheus was down and one after it {gained:.3f} are counted, of 2")
    assert NEAR_GAP.least + AROUND_HOLE.least <= gained <= NEAR_GAP.most + AROUND_HOLE.most


def _counted(server: Prometheus, at: float) -> float:
    """Return the bad events of the base up to an instant, in all the time that the test takes."""
    base = f'{naming.BAD_BASE}{{slo_id="{SLO_ID}"}}[10m]'
    return server.value(f"sum(sum_over_time({base})) * {_INTERVAL}", at)


def _let_pass(seconds: float) -> None:
    time.sleep(seconds)
