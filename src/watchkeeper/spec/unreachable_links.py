"""Links that only this machine can open, in messages that people get elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchkeeper import naming
from watchkeeper.model.notify import Email, Receiver
from watchkeeper.model.spec import Spec
from watchkeeper.spec.problem import Problem

_LOCAL = ("localhost", "127.", "::1", "[::1]", "0.0.0.0")  # noqa: S104 -- compared, never bound


def unreachable_links(spec: Spec, root: Path) -> Iterator[Problem]:
    """Yield a warning when links say localhost while a receiver reaches people: its secret is below `root`."""
    host = spec.stack.external_host
    real = [receiver for receiver in spec.notify.receivers if _reaches_people(receiver, root)]
    if real and host.startswith(_LOCAL):
        message = f"messages to {real[0].name} will link to {host}, which is another machine for its readers"
        remedy = "write under `stack:` the name under which they reach this one: `external_host: monitoring.example.com`"
        yield Problem(real[0].where, "WK308", message, remedy)


def _reaches_people(receiver: Receiver, root: Path) -> bool:
    """Return whether messages leave this machine; those of a receiver without its secret go to the local sinks."""
    integration = receiver.integration
    if integration.secret_file is None:
        return isinstance(integration, Email) and not integration.smarthost.startswith(_LOCAL)
    try:
        return (root / naming.ALERTMANAGER / integration.secret_file).stat().st_size > 0
    except OSError:
        return False
