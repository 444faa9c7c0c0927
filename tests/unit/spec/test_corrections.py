"""Corrections as they are read: moments by the clock of their place, shares exact, and what may stand side by side."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from tests.loading import load_spec

_HEAD = """\
version: watchkeeper/v1
service: shop
signals: [http]
stack: {retention: RETENTION}
slos:
  - {name: a, objective: 99%, window: 7d, sli: {availability: http}}
  - {name: b, objective: 99%, window: 7d, sli: {availability: http}, by: {handler: [/cart, /pay]}}
maintenance:
  - {name: m, reason: r, author: x, services: [shop], from: 2024-11-04 12:00, to: 2024-11-04 14:00}
corrections:
"""
_SAID = "reason: r, author: x"
_DAY = "from: 2024-11-04 10:00, to: 2024-11-04 12:00"


def _write(folder: Path, *entries: str, retention: str = "3650d") -> Path:
    path = folder / "spec.yml"
    lines = (f"  - {{name: c{number}, {_SAID}, {one}}}\n" for number, one in enumerate(entries))
    path.write_text(_HEAD.replace("RETENTION", retention) + "".join(lines))
    return path


def test_a_correction_has_its_span_in_utc_and_an_exact_share(tmp_path: Path) -> None:
    entry = 'from: "2024-10-27 02:30", to: "2024-10-27 03:30", location: Europe/Berlin, slo: b, value: /pay, share: 33.3%'
    (one,) = load_spec(_write(tmp_path, entry))[0].corrections
    # The hour is the one before the clock is moved back.
    start = int(datetime(2024, 10, 27, 0, 30, tzinfo=timezone.utc).timestamp())
    assert one.span == (start, start + 2 * 3_600)
    assert one.share == Decimal("0.333")
    assert (one.slo, one.value, one.leaves_out) == ("b", "/pay", "bad")
    assert [one.is_for("shop", name) for name in ("a", "b")] == [False, True]
    assert one.is_for("mail", "b")


@pytest.mark.parametrize(
    "entries",
    [
        (f"{_DAY}, slo: a", f"{_DAY}, slo: b"),
        (
            f"{_DAY}, slo: b, value: /pay",
            f"{_DAY}, slo: b, value: /cart",
            f"{_DAY}, slo: b, value: __other__",
        ),
        (_DAY, "from: 2024-11-04 09:00, to: 2024-11-04 10:00"),
    ],
)
def test_what_has_no_event_in_common_may_stand_side_by_side(entries: tuple[str, ...], tmp_path: Path) -> None:
    spec, problems = load_spec(_write(tmp_path, *entries))
    assert len(spec.corrections) == len(entries)
    assert [one for one in problems if one.code.startswith("WK26")] == []


def test_an_old_one_is_a_note_while_the_spec_still_renders(tmp_path: Path) -> None:
    _, problems = load_spec(_write(tmp_path, _DAY, retention="31d"))
    (note,) = (one for one in problems if one.code == "WK314")
    assert note.level == "note"
    assert "before the retention of 31d" in note.message
