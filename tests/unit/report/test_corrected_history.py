"""Which events of which bin a correction takes out, where the record has its gaps and its delays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.report.test_verdicts import END, PERIOD, START, objective, report
from watchkeeper.model.correction import Correction
from watchkeeper.model.position import Position
from watchkeeper.report.corrected_history import TakenOut, _is_for, _parts, _without, notes_of
from watchkeeper.report.corrected_tables import corrected_tables
from watchkeeper.report.history import Bin, ObjectiveHistory
from watchkeeper.report.incident import Incident, with_notes
from watchkeeper.report.objective_figures import as_recorded
from watchkeeper.report.recorded_bins import Edges

HOUR = 3_600


def _bins(*bad: float, total: float = 100.0) -> list[Bin]:
    return [Bin(index * HOUR, (index + 1) * HOUR, one, total, 12, 120) for index, one in enumerate(bad)]


@pytest.mark.parametrize(
    ("bad", "counted", "share", "left"),
    [
        ((10.0, 10.0), {HOUR: 4.0}, 1.0, (6.0, 10.0)),
        ((10.0, 10.0), {HOUR: 4.0}, 0.5, (8.0, 10.0)),
        ((10.0, 10.0), {HOUR - 60: 1.0, HOUR: 2.0}, 1.0, (7.0, 10.0)),
        # A rollup counts where it begins: the rest is in the bin before.
        ((10.0, 3.0), {2 * HOUR: 4.0}, 1.0, (9.0, 0.0)),
        ((10.0, 0.5, 3.0), {3 * HOUR: 4.0}, 1.0, (10.0, 0.0, 0.0)),
        # And in no earlier one: what is missing there was never recorded.
        ((10.0, 0.0, 3.0), {3 * HOUR: 4.0, 2 * HOUR: 2.0}, 1.0, (8.0, 0.0, 0.0)),
        ((3.0,), {HOUR: 4.0, 2 * HOUR: 4.0}, 1.0, (0.0,)),
    ],
)
def test_bad_events_are_taken_from_their_bin_or_the_one_before(
    bad: tuple[float, ...], counted: dict[int, float], share: float, left: tuple[float, ...]
) -> None:
    found = _without(_bins(*bad), counted, {}, share)
    assert [one.bad for one in found] == pytest.approx(left)
    assert {one.total for one in found} == {100.0}


def test_good_events_that_remain_are_never_fewer_than_none() -> None:
    (found,) = _without(_bins(30.0), {HOUR: 10.0}, {HOUR: 95.0}, 1.0)
    assert (found.bad, found.total) == (20.0, 20.0)
    (found,) = _without(_bins(30.0), {HOUR: 10.0}, {HOUR: 5.0}, 1.0)
    assert (found.bad, found.total) == (20.0, 90.0)


@pytest.mark.parametrize(
    ("start", "end", "parts"),
    [
        (100, 200, [(200, 200, 100)]),
        (0, HOUR, [(HOUR, HOUR, HOUR)]),
        (100, HOUR, [(HOUR, HOUR, HOUR - 100)]),
        (100, HOUR + 200, [(HOUR, HOUR, HOUR - 100), (HOUR + 200, HOUR + 200, 200)]),
        (HOUR, 3 * HOUR + 1, [(2 * HOUR, 3 * HOUR, HOUR), (3 * HOUR + 1, 3 * HOUR + 1, 1)]),
    ],
)
def test_a_span_is_read_bin_by_bin(start: int, end: int, parts: list[tuple[int, int, int]]) -> None:
    assert list(_parts(start, end, Edges(0, 9 * HOUR, HOUR))) == parts


def test_an_incident_in_the_span_has_the_reason_as_its_cause_for_each_service() -> None:
    one = Correction(
        name="c",
        span=(10, 20),
        reason="our load test",
        author="Mona Lisa",
        where=Position("s", 1, 1),
        services=("a", "b"),
        slo="x",
    )
    notes = list(notes_of([one]))
    assert [note.is_about("a", "x", "a-x") for note in notes] == [True, False]
    assert not any(note.is_about("a", "y", "a-y") for note in notes)
    # Customers do not see who decided it.
    assert {(note.cause, note.public) for note in notes} == {
        ("corrected by Mona Lisa: our load test", "our load test")
    }


def test_a_value_of_a_label_is_corrected_alone() -> None:
    one = Correction(
        name="c", span=(10, 20), reason="r", author="a", where=Position("s", 1, 1), slo="x", value="acme"
    )
    values = [
        ObjectiveHistory(name, {"slo": "x", "service": "a", "tenant": name}, (), ())
        for name in ("acme", "globex")
    ]
    assert [_is_for(one, each, "tenant") for each in values] == [True, False]
    incidents = (Incident(12.0, 14.0, 14.0, 1.0, 1.0, 1.0),)
    notes = tuple(notes_of([one]))
    assert [with_notes(incidents, notes, each)[0].note for each in values] == [notes[0], None]


def test_without_a_correction_nothing_is_said_of_recorded_figures() -> None:
    found = report(objective("a-b", bad=0.02))
    assert as_recorded(found.objectives[0], found.objectives[0].target, PERIOD) is None
    assert PERIOD.until == END


def test_a_correction_that_changes_nothing_is_named() -> None:
    found = report(objective("a-b", bad=0.02))
    one, other = (
        Correction(name=name, span=(START, START + 600), reason="r", author="a", where=Position("s", 1, 1))
        for name in ("load-test", "other-clock")
    )
    taken = (TakenOut(one, "a-b", 3.0, 0.0), TakenOut(other, "a-b", 0.0, 0.0))
    (table, _) = corrected_tables(replace(found, taken_out=taken))
    assert table.note == "Nothing was recorded to take out: other-clock. Check the times and the time zone."
    (table, _) = corrected_tables(replace(found, taken_out=taken[:1]))
    assert table.note == ""
