"""Which receivers are proven, and since when: the spec's receivers compared with the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from watchkeeper import naming
from watchkeeper.drill.receivers.ledger import Entry, read_ledger
from watchkeeper.model.notify import Notify, Receiver
from watchkeeper.stack import record as records
from watchkeeper.stack.state import State


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """One receiver; `proven` is when it last took a drill's message (Unix seconds), None if it never did.

    `problem` says why the proof does not count any more, and is empty for a receiver that is proven.
    """

    name: str
    kind: str
    routes: tuple[str, ...]
    proven: float | None
    problem: str
    redirected: bool


def routes_of(notify: Notify, receiver: str) -> tuple[str, ...]:
    """Return the routes that use a receiver, by their severities, with the team or service if it is one's own."""
    of_all = tuple(route.severity for route in notify.routes if receiver in dict(route.placed))
    overrides = (*notify.teams, *notify.services)
    return of_all + tuple(
        f"{route.severity} of {one.name}"
        for one in overrides
        for route in one.routes
        if receiver in dict(route.placed)
    )


def settings_hash(receiver: Receiver) -> str:
    """Return a short hash of a receiver's settings; they contain no secret, only paths."""
    # Without settings of HTTP the hash is that of older ledgers.
    http = repr(receiver.http) if receiver.http is not None else ""
    return hashlib.sha256(f"{receiver.integration!r}{http}".encode()).hexdigest()[:12]


def stack_receivers(notify: Notify, state: State, *, now: float) -> tuple[ReceiverState, ...]:
    """Return the receivers of a spec with what the ledger of its stack says; none while nothing runs there."""
    known = records.load(state)
    if known is None:
        return ()
    entries = read_ledger(state)
    return receiver_states(notify, entries, root=known.root, redirected=known.redirected, now=now)


def receiver_states(
    notify: Notify, entries: Sequence[Entry], *, root: Path, redirected: Sequence[str], now: float
) -> tuple[ReceiverState, ...]:
    """Return the state of each receiver of the spec, in its order."""
    states = []
    for receiver in notify.receivers:
        own = [entry for entry in entries if entry.receiver == receiver.name]
        proofs = [entry for entry in own if entry.proven]
        last = proofs[-1] if proofs else None
        problem = _problem(own, last, receiver, root)
        if not problem and last is not None and notify.drill_every is not None:
            age = now - last.time
            if age > float(notify.drill_every.seconds):
                problem = f"the last proof is older than {notify.drill_every}"
        states.append(
            ReceiverState(
                name=receiver.name,
                kind=receiver.integration.kind,
                routes=routes_of(notify, receiver.name),
                proven=last.time if last is not None else None,
                problem=problem,
                redirected=receiver.name in redirected,
            )
        )
    return tuple(states)


def _problem(own: Sequence[Entry], last: Entry | None, receiver: Receiver, root: Path) -> str:
    if last is None:
        return f"the last drill failed: {own[-1].reason}" if own and own[-1].reason else "it was never proven"
    if own[-1].time > last.time and own[-1].result != "accepted":
        return f"the last drill failed: {own[-1].reason}"
    if last.settings != settings_hash(receiver):
        return "its settings have changed since the last proof"
    if _changed(root, receiver) > last.time:
        return "its secret has changed since the last proof"
    return ""


def _changed(root: Path, receiver: Receiver) -> float:
    """Return when the receiver's secret or certificates were last written, 0 without a file."""
    written = [0.0]
    for path in receiver.secret_files:
        with suppress(OSError):
            written.append((root / naming.ALERTMANAGER / path).stat().st_mtime)
    return max(written)
