"""The receivers with their last proof, for `status`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from watchkeeper.cli.text.table import Painter, columns
from watchkeeper.drill.receivers.proven import ReceiverState, stack_receivers
from watchkeeper.model.duration import Duration
from watchkeeper.model.spec import Spec
from watchkeeper.overview.numbers_text import duration
from watchkeeper.overview.snapshot import Proven, Snapshot
from watchkeeper.stack.state import State


def proven_lines(states: Sequence[ReceiverState], paint: Painter, *, now: float) -> list[str]:
    """Return the table of receivers: whether a drill proved each, when, and which routes use it."""
    rows = [(one.name, _word(one), _ago(one.proven, now), ", ".join(one.routes), _why(one)) for one in states]
    colours = ["green" if _word(one) == "proven" else "yellow" for one in states]
    return columns(("RECEIVER", "STATE", "LAST PROVEN", "ROUTES", ""), rows, paint, colours)


def proven_problems(states: Sequence[ReceiverState], drill_every: Duration | None) -> Iterator[str]:
    """Yield a line for each receiver without a valid proof, if the spec asks for drills."""
    if drill_every is None:
        return
    for one in states:
        if _word(one) != "proven":
            yield f"receiver {one.name}: {_why(one)}; run: watchkeeper drill --receivers"


def with_receivers(seen: Snapshot, spec: Spec, state: State | None) -> Snapshot:
    """Return a reading with the receivers of a spec that asks for drills; those on local sinks need none."""
    if state is None or spec.notify.drill_every is None:
        return seen
    found = stack_receivers(spec.notify, state, now=seen.time)
    return replace(
        seen, receivers=tuple(Proven(one.name, one.problem) for one in found if not one.redirected)
    )


def proven_documents(states: Sequence[ReceiverState]) -> list[dict[str, Any]]:
    """Return the receivers for programs; `proven` is in Unix seconds, null if a receiver never was."""
    return [{**asdict(one), "state": _word(one)} for one in states]


def _word(one: ReceiverState) -> str:
    if one.redirected:
        return "local sink"
    return "unproven" if one.problem else "proven"


def _why(one: ReceiverState) -> str:
    return (
        "its secret is missing, so its notifications go to the local sinks" if one.redirected else one.problem
    )


def _ago(seconds: float | None, now: float) -> str:
    return "never" if seconds is None else f"{duration(max(0.0, now - seconds))} ago"
