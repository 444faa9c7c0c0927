"""The ledger keeps what it was given through crashes and growth, and says which receivers are proven."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.loading import load_spec
from watchkeeper.cli.text.proven_text import proven_documents, proven_lines, proven_problems, with_receivers
from watchkeeper.drill.receivers import ledger
from watchkeeper.drill.receivers.ledger import Entry, append, ledger_path, read_ledger
from watchkeeper.drill.receivers.log_reasons import LogReasons
from watchkeeper.drill.receivers.proven import ReceiverState, receiver_states, settings_hash
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Notify, Receiver, Route, Slack
from watchkeeper.model.position import Position
from watchkeeper.overview.snapshot import Proven, Snapshot
from watchkeeper.pipeline import plan_of
from watchkeeper.stack.record import Record, save
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import endpoints

WHERE = Position("spec.yml")
SLACK = Slack(webhook_file="secrets/slack", channel="#alerts")
NOTIFY = Notify(
    receivers=(Receiver(name="slack", integration=SLACK, where=WHERE),),
    routes=(Route(severity="critical", receivers=("slack",), positions=(WHERE,), where=WHERE),),
    drill_every=Duration.parse("7d"),
)
DAY = 86_400.0
NOW = 4_000_000_000.0
ENTRY = Entry(
    time=NOW - DAY,
    drill="ab",
    receiver="slack",
    kind="slack",
    routes=("critical",),
    settings=settings_hash(NOTIFY.receivers[0]),
    result="accepted",
    proven=True,
    reason="",
    firing_seconds=0.4,
    resolved_seconds=5.1,
    author="ü tester",
    alertmanager="http://127.0.0.1:9093",
)


def _state(*entries: Entry, root: Path = Path("/nowhere"), redirected: tuple[str, ...] = ()) -> ReceiverState:
    (found,) = receiver_states(NOTIFY, entries, root=root, redirected=redirected, now=NOW)
    return found


def test_entries_come_back_as_they_were_written(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    assert read_ledger(state) == ()
    append(state, [ENTRY])
    append(state, [replace(ENTRY, receiver="mail")])
    assert read_ledger(state) == (ENTRY, replace(ENTRY, receiver="mail"))
    assert (state.folder / ".gitignore").read_text() == "*\n"


def test_a_line_that_a_crash_cut_costs_itself_only(tmp_path: Path) -> None:
    state = State(tmp_path)
    append(state, [ENTRY])
    with ledger_path(state).open("a") as stream:
        stream.write('{"time": 1, "dri')
    append(state, [replace(ENTRY, drill="cd")])
    assert [one.drill for one in read_ledger(state)] == ["ab", "cd"]


def test_a_ledger_stays_small_and_keeps_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_LARGEST", 4000)
    monkeypatch.setattr(ledger, "_KEPT", 5)
    state = State(tmp_path)
    for number in range(60):
        append(state, [replace(ENTRY, drill=str(number))])
    assert ledger_path(state).stat().st_size < 5000
    assert [one.drill for one in read_ledger(state)][-3:] == ["57", "58", "59"]


def test_the_ledger_survives_the_removal_of_the_stacks_data_and_stays_hidden_from_git(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.create()
    append(state, [ENTRY])
    state.remove()
    assert sorted(path.name for path in state.folder.iterdir()) == [".gitignore", "receiver-drills.jsonl"]
    assert read_ledger(state) == (ENTRY,)


def test_a_receiver_is_proven_by_a_drill_that_it_took(tmp_path: Path) -> None:
    assert _state(ENTRY) == ReceiverState("slack", "slack", ("critical",), NOW - DAY, "", False)


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ((), "it was never proven"),
        (
            (replace(ENTRY, proven=False, result="failed", reason="serverError"),),
            "the last drill failed: serverError",
        ),
        ((replace(ENTRY, time=NOW - 8 * DAY),), "the last proof is older than 7d"),
        ((replace(ENTRY, settings="other"),), "its settings have changed since the last proof"),
        (
            (ENTRY, replace(ENTRY, time=NOW, proven=False, result="failed", reason="clientError")),
            "the last drill failed: clientError",
        ),
    ],
)
def test_what_a_receiver_lacks_is_named(entries: tuple[Entry, ...], problem: str) -> None:
    found = _state(*entries)
    assert found.problem == problem
    (line,) = proven_problems([found], NOTIFY.drill_every)
    assert line == f"receiver slack: {problem}; run: watchkeeper drill --receivers"
    assert list(proven_problems([found], None)) == []


def test_a_secret_that_was_replaced_needs_a_new_proof(tmp_path: Path) -> None:
    file = tmp_path / "monitoring/alertmanager/secrets/slack"
    file.parent.mkdir(parents=True)
    file.write_text("x")
    os.utime(file, (NOW - 2 * DAY, NOW - 2 * DAY))
    assert _state(ENTRY, root=tmp_path).problem == ""
    os.utime(file, (NOW, NOW))
    assert _state(ENTRY, root=tmp_path).problem == "its secret has changed since the last proof"


def test_a_redirected_receiver_is_not_proven() -> None:
    found = _state(ENTRY, redirected=("slack",))
    assert len(list(proven_problems([found], NOTIFY.drill_every))) == 1
    assert proven_documents([found])[0]["state"] == "local sink"
    lines = proven_lines([found, _state(ENTRY)], lambda text, _: text, now=NOW)
    assert lines[0].split() == ["RECEIVER", "STATE", "LAST", "PROVEN", "ROUTES"]
    assert lines[1].startswith("slack     local sink  1d ago")
    assert lines[2].split() == ["slack", "proven", "1d", "ago", "critical"]


def test_alertmanagers_own_words_are_those_of_this_drill_and_receiver(tmp_path: Path) -> None:
    log = tmp_path / "alertmanager.log"
    line = 'level=WARN msg="x" receiver=drill-{} integration=slack[0] err="Post \\"<redacted>\\": {}"\n'
    log.write_text(line.format("slack", "old"))
    reasons = LogReasons(log)
    assert reasons("drill-slack") == ""
    with log.open("a") as stream:
        stream.write(line.format("slack", "refused") + line.format("slack-2", "other"))
    assert reasons("drill-slack") == 'Post "<redacted>": refused'
    address = "http://api.telegram.org/bot81234:AAE7vQz-9_x/sendMessage"
    with log.open("a") as stream:
        stream.write(
            f'level=WARN receiver=drill-chat integration=telegram[0] err="Post {address}: refused"\n'
        )
    assert reasons("drill-chat") == "Post http://api.telegram.org/bot<redacted>/sendMessage: refused"
    log.write_text("")
    assert reasons("drill-slack") == ""
    assert LogReasons(tmp_path / "none")("drill-slack") == ""


def test_the_live_screen_shows_receivers_once_the_spec_is_known_and_asks_for_drills(tmp_path: Path) -> None:
    state, seen = State(tmp_path), Snapshot(NOW)
    path = tmp_path / "spec.yml"
    path.write_text(
        "version: watchkeeper/v1\nservice: shop\nnotify:\n  drill_every: 7d\n  receivers:\n"
        "    chat: {type: slack, webhook_file: secrets/chat, channel: '#a'}\n"
        "    mail: {type: email, to: a@b.example, smarthost: 'm:25'}\n  routes: {critical: [chat, mail]}\n",
        encoding="utf-8",
    )
    spec, _ = load_spec(path)
    at = endpoints(plan_of(spec, path), mode="native", sinks=True)
    save(Record(mode="native", root=tmp_path, endpoints=at, redirected=("mail",)), state)
    assert with_receivers(seen, spec, None).receivers == ()
    assert with_receivers(seen, spec, state).receivers == (Proven("chat", "it was never proven"),)
    rarely = replace(spec, notify=replace(spec.notify, drill_every=None))
    assert with_receivers(seen, rarely, state).receivers == ()
