"""`watchkeeper drill --receivers` and `watchkeeper secrets check --send-test`: marked messages to real receivers."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from watchkeeper.cli.author import author_name
from watchkeeper.cli.state_argument import state_for
from watchkeeper.cli.text.address_problems import address_problems
from watchkeeper.cli.text.console import error_lines, note, paint, say
from watchkeeper.drill.receivers.ledger import ledger_path
from watchkeeper.drill.receivers.receiver_outcome import Outcome
from watchkeeper.drill.receivers.run_receivers import (
    chosen_receivers,
    run_receiver_drill,
    through,
    write_ledger,
)
from watchkeeper.spec.read import read_spec
from watchkeeper.toolchain.interrupt import orderly_end

if TYPE_CHECKING:
    from watchkeeper.model.notify import Receiver


def drill_receivers(args: argparse.Namespace) -> int:
    """Drill the receivers and write the ledger; 0 when each took both messages, else 1."""
    code, document = _send(args, tuple(args.only), with_resolve=True)
    if args.format == "json" and document:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    return code


def send_test(args: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """Send the first message of a drill to every receiver, without the ledger; the code is 0 when each took it, else 1.

    The document is for programs, and empty for unusable arguments.
    """
    return _send(args, (), with_resolve=False)


def _send(
    args: argparse.Namespace, only: tuple[str, ...], *, with_resolve: bool
) -> tuple[int, dict[str, Any]]:
    if error_lines(address_problems({"--alertmanager": args.alertmanager})):
        return 2, {}
    notify, state, author = read_spec(args.spec)[0].notify, state_for(args.spec, args.state), author_name()
    receivers = chosen_receivers(notify, only)
    way = through(state, args.spec, args.alertmanager.rstrip("/"))
    real = [one.name for one in receivers if one.name not in way.redirected]
    note(f"sending a message marked [DRILL] to {', '.join(real) or 'the local sinks only'}")
    as_text = args.format != "json"

    def show(outcome: Outcome) -> None:
        if as_text:
            print(_line(outcome), flush=True)

    # A drill that receives SIGTERM still resolves its alerts.
    with orderly_end():
        drill = run_receiver_drill(receivers, way, author=author, with_resolve=with_resolve, show=show)
        if with_resolve:
            write_ledger(state, notify, receivers, drill, way=way, author=author)
    if as_text:
        _conclude(receivers, drill[1], with_resolve=with_resolve)
        if with_resolve:
            say(f"recorded in {ledger_path(state)}")
    found = [{**asdict(one), "proven": one.is_proven} for one in drill[1]]
    good = all(_is_good(one, with_resolve=with_resolve) for one in drill[1])
    return 0 if good else 1, {"drill": drill[0], "receivers": found}


def _is_good(outcome: Outcome, *, with_resolve: bool) -> bool:
    return outcome.result == "accepted" and (not with_resolve or outcome.resolved_seconds is not None)


def _line(outcome: Outcome) -> str:
    if outcome.result == "accepted":
        where = "the local sink, as its secret is missing" if outcome.redirected else "its server"
        mark = paint("accepted", "yellow" if outcome.redirected else "green", sys.stdout)
        return f"{mark}  {outcome.receiver}: by {where}, after {outcome.firing_seconds:.1f} s"
    return f"{paint('FAILED  ', 'red', sys.stdout)}  {outcome.receiver}: {outcome.reason}"


def _conclude(receivers: tuple[Receiver, ...], outcomes: tuple[Outcome, ...], *, with_resolve: bool) -> None:
    for outcome in outcomes:
        if with_resolve and outcome.result == "accepted" and outcome.resolved_seconds is None:
            say(f"{paint('FAILED  ', 'red', sys.stdout)}  {outcome.receiver}: {outcome.reason}")
    proven = sum(one.is_proven for one in outcomes)
    sinks = sum(one.redirected for one in outcomes)
    if with_resolve:
        say(f"proven: {proven} of {len(receivers)} receivers, firing and resolved")
    if sinks:
        say(f"{sinks} of {len(receivers)} go to the local sinks, which proves no real receiver")
