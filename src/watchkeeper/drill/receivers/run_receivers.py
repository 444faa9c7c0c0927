"""Drill the receivers of a spec: choose the Alertmanager, send, check the sinks, and write the ledger."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.drill.receivers.ledger import Entry, append
from watchkeeper.drill.receivers.log_reasons import LogReasons
from watchkeeper.drill.receivers.proven import routes_of, settings_hash
from watchkeeper.drill.receivers.receiver_outcome import Outcome
from watchkeeper.drill.receivers.send_drill import Order, send_drill
from watchkeeper.drill.targets import target_of
from watchkeeper.local_http import NoAnswer
from watchkeeper.model.notify import Notify, Receiver
from watchkeeper.pipeline import root_of
from watchkeeper.prometheus_api import shown
from watchkeeper.sinks.sink_client import SinkClient, SinkError
from watchkeeper.stack import record as records
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.stack_status import running_endpoints
from watchkeeper.stack.state import State

_SINK_SECONDS = 5.0
Show = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Through:
    """The Alertmanager to send through; `sinks` is empty when none of its receivers is redirected."""

    server: str
    redirected: frozenset[str] = frozenset()
    sinks: str = ""
    log: Path | None = None


def through(state: State, spec_path: Path, alertmanager: str) -> Through:
    """Return the Alertmanager at an address, else that of the running stack; raise StackError if none runs."""
    if alertmanager:
        return Through(alertmanager)
    at, record = running_endpoints(state), records.load(state)
    if at is None or record is None:
        raise StackError(
            "no stack is running here: start one with `watchkeeper up`, or add --alertmanager URL"
        )
    if record.root != root_of(spec_path).resolve():
        raise StackError(f"the running stack is that of {record.root}, not of this spec")
    log = state.log("alertmanager") if record.mode == "native" else None
    return Through(at.alertmanager, frozenset(record.redirected), at.sinks, log)


def chosen_receivers(notify: Notify, only: Sequence[str]) -> tuple[Receiver, ...]:
    """Return the receivers of those names, all without names; raise StackError for an unknown one."""
    names = [receiver.name for receiver in notify.receivers]
    if not names:
        raise StackError("the spec has no receivers: add `notify.receivers` and `notify.routes`")
    for name in only:
        if name not in names:
            advice = did_you_mean(name, names, f"the receivers are {', '.join(names)}")
            raise StackError(f"the spec has no receiver {name}: {advice}")
    return tuple(one for one in notify.receivers if not only or one.name in only)


def run_receiver_drill(
    receivers: Sequence[Receiver], way: Through, *, author: str, with_resolve: bool, show: Show
) -> tuple[str, tuple[Outcome, ...]]:
    """Send one drill and return its id and the outcome at each receiver; raise StackError."""
    drill_id, started = secrets.token_hex(4), time.time()
    names = tuple(one.name for one in receivers)
    order = Order(
        way.server,
        names,
        author,
        drill_id,
        way.redirected & frozenset(names),
        with_resolve,
        LogReasons(way.log) if way.log is not None else lambda _: "",
    )
    outcomes = send_drill(order, show)
    checked = tuple(
        _at_sink(receiver, outcome, way, started)
        for receiver, outcome in zip(receivers, outcomes, strict=True)
    )
    return drill_id, checked


def write_ledger(
    state: State,
    notify: Notify,
    receivers: Sequence[Receiver],
    drill: tuple[str, Sequence[Outcome]],
    *,
    way: Through,
    author: str,
) -> None:
    """Append what a drill proved; raise StackError if that is impossible."""
    drill_id, outcomes = drill
    now = time.time()
    entries = [
        Entry(
            time=now,
            drill=drill_id,
            receiver=receiver.name,
            kind=receiver.integration.kind,
            routes=routes_of(notify, receiver.name),
            settings=settings_hash(receiver),
            result=outcome.result,
            proven=outcome.is_proven,
            reason=outcome.reason
            or ("its notifications go to the local sinks" if outcome.redirected else ""),
            firing_seconds=outcome.firing_seconds,
            resolved_seconds=outcome.resolved_seconds,
            author=author,
            alertmanager=shown(way.server),
        )
        for receiver, outcome in zip(receivers, outcomes, strict=True)
    ]
    try:
        append(state, entries)
    except OSError as error:
        raise StackError(f"the ledger in {state.folder} cannot be written: {error.strerror}") from error


def _at_sink(receiver: Receiver, outcome: Outcome, way: Through, started: float) -> Outcome:
    """Return the outcome, failed if a redirected receiver's message is not at the sink."""
    if not (outcome.redirected and outcome.result == "accepted" and way.sinks):
        return outcome
    target = target_of(receiver)
    try:
        SinkClient(way.sinks).wait_for(target.takes, timeout=_SINK_SECONDS, since=started)
    except (TimeoutError, SinkError, NoAnswer) as error:
        return replace(outcome, result="failed", reason=f"not at the local sinks: {error}")
    return outcome
