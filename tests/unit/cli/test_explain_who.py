"""`watchkeeper explain --who` shows for every alert whom it notifies, when, and what mutes it."""

from __future__ import annotations

import json

import pytest

from scripts.mutants.routing.run import TEAMS
from tests.loading import load_plan
from watchkeeper.cli import main

_SPEC = ("--spec", str(TEAMS))


def _out(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", "--who", *_SPEC, *words]) == 0
    return capsys.readouterr().out


def test_each_alert_is_listed_once_under_its_receivers_and_hours(capsys: pytest.CaptureFixture[str]) -> None:
    text = _out(capsys)
    assert max(map(len, text.splitlines())) <= 80
    sections = {section.partition("\n")[0]: section for section in text.split("\n\n")}
    payments = sections["warning: chat-payments"]
    assert "  again every 12h, and when it is resolved; not during nights (monday to friday\n" in payments
    assert "    checkout/CheckoutAvailabilitySlowBurn\n      not while ServiceDown, Checkout" in payments
    assert "  a call every 1m, no resolves; at any hour\n" in sections["none: dead_man"]
    assert "weekend (saturday, sunday UTC)" in " ".join(sections["info: chat"].split())
    alerts = [alert for service in load_plan(TEAMS).alerting_services for alert in service.all_alerts]
    listed = [line.strip() for line in text.splitlines() if line.startswith("    ") and line[4] != " "]
    assert sorted(listed) == sorted(f"{alert.service}/{alert.name}" for alert in alerts)


def test_the_table_is_a_matrix_of_alerts_and_receivers(capsys: pytest.CaptureFixture[str]) -> None:
    head, _, *rows = _out(capsys, "--format", "md").splitlines()
    names = [cell.strip() for cell in head.strip("|").split("|")]
    down = next(row for row in rows if row.startswith("| checkout/ServiceDown "))
    cells = dict(zip(names, (cell.strip() for cell in down.strip("|").split("|")), strict=True))
    assert [name for name, cell in cells.items() if cell == "yes"] == [
        "chat-payments",
        "pager-payments",
        "resolves",
    ]
    assert (cells["hours"], cells["again"], cells["not while"]) == ("at any hour", "1h", "")


def test_programs_get_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    found = {one["alert"]: one for one in json.loads(_out(capsys, "--format", "json"))["alerts"]}
    queue = found["DeeperQueue"]
    assert (queue["receivers"], queue["again"], queue["resolves"]) == (["database", "desk"], "12h", True)
    assert queue["inhibited_by"] == ["ServiceDown"]
    assert found["Watchdog"]["resolves"] is False


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--who", "ServiceDown"), "leave out NAME and --target"),
        (("--who", "--target", "mimir"), "leave out NAME and --target"),
        (("--format", "md"), "only --who has the format md"),
    ],
)
def test_flags_that_do_not_fit_together_are_refused(
    words: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *_SPEC, *words]) == 2
    assert reason in capsys.readouterr().err
