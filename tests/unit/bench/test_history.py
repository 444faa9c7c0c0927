"""The history is what it claims to be, and a run that is stopped leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from scripts.rulebench.history import DAY, HOUR, slices
from scripts.rulebench.stages import Wanted, of_sloth, recorded_history, rendered, stages
from scripts.rulebench.traffic import SERIES, counters

END = 1_790_000_017
BENCH = Path(__file__).parents[3] / "scripts" / "bench.py"


@pytest.mark.parametrize("days", [4, 30, 91])
@pytest.mark.parametrize("end", [END, END // (54 * HOUR) * 54 * HOUR, END // (18 * HOUR) * 18 * HOUR + 60])
def test_slices_cover_the_history_once_and_each_is_one_block(days: int, end: int) -> None:
    spans = slices(end, days * DAY)
    assert spans[0][0] == end - days * DAY
    assert spans[-1][1] == end
    assert all(left[1] == right[0] for left, right in pairwise(spans))
    assert all(start < stop and start // (54 * HOUR) == (stop - 1) // (54 * HOUR) for start, stop in spans)


def test_counters_never_fall() -> None:
    every = tuple(counters(END))
    assert len({one.labels for one in every}) == SERIES
    for one in every:
        read = [one.read(END + 15 * scrape) for scrape in range(-500, 100)]
        assert read == sorted(read)
        assert read[0] < read[-1]


def test_recorded_series_have_their_whole_window(tmp_path: Path) -> None:
    wanted = Wanted((1,), (200,))
    series = recorded_history(stages(wanted, rendered(wanted, tmp_path), None))
    spans = {(one.name.partition("{")[0], "ninety" in one.name): (one.step, one.span) for one in series}
    assert spans["slo:bad:rate_tile", False] == (300, 30 * DAY + HOUR)
    assert spans["slo:bad:rate_tile", True] == (300, 90 * DAY + HOUR)
    assert spans["slo:total:rate_base", False] == (30, 7 * HOUR)
    record = {"record": "slo:sli_error:ratio_rate5m", "labels": {"sloth_id": "s0-a0"}}
    sloth = of_sloth(({"name": "sloth-slo-sli-recordings-s0-a0", "rules": [record]},))
    assert (sloth.name, sloth.step, sloth.span) == (
        'slo:sli_error:ratio_rate5m{sloth_id="s0-a0"}',
        30,
        30 * DAY + HOUR,
    )


@pytest.mark.tools
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing(how: signal.Signals, tmp_path: Path, promtool: str) -> None:
    run = subprocess.Popen(
        [sys.executable, BENCH, "--rules-only", "--slos", "1", "--no-peers"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    assert run.stderr.readline().startswith("history: blocks: 0 of")
    run.send_signal(how)
    said = run.stderr.read()
    assert run.wait() == 130, said
    assert "interrupted" in said
    assert list(tmp_path.iterdir()) == []
    assert _mentioning(str(tmp_path)) == []


def _mentioning(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if text in command:
            found.append(command)
    return found
