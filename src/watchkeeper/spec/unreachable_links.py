"""Links in messages that only this machine can open, or that no server of the stack answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from watchkeeper import naming
from watchkeeper.model.notify import Email, Receiver
from watchkeeper.model.spec import Spec
from watchkeeper.model.stack import Stack
from watchkeeper.spec.problem import Problem

_LOCAL = ("localhost", "127.", "::1", "[::1]", "0.0.0.0")  # noqa: S104 -- compared, never bound


def unreachable_links(spec: Spec, root: Path) -> Iterator[Problem]:
    """Yield a warning when links say localhost while a receiver reaches people: its secret is below `root`."""
    real = next((receiver for receiver in spec.notify.receivers if _reaches_people(receiver, root)), None)
    if real is None:
        return
    host, base = spec.stack.external_host, next(filter(_is_local, _runbook_bases(spec)), None)
    if host.startswith(_LOCAL):
        message = f"messages to {real.name} will link to {host}, which is another machine for its readers"
        remedy = "write under `stack:` the name under which they reach this one: `external_host: monitoring.example.com`"
        yield Problem(real.where, "WK308", message, remedy)
    elif base is not None:
        message = f"messages to {real.name} will link to runbooks under {base}, which is another machine for its readers"
        remedy = (
            "write the address under which they reach them: `runbook_base_url: https://runbooks.example.com`"
        )
        yield Problem(real.where, "WK308", message, remedy)


def unserved_runbooks(spec: Spec) -> Iterator[Problem]:
    """Yield a warning for each address of runbooks under which a stack with `access` does not serve them everywhere."""
    stack = spec.stack
    if stack.access is None:
        return
    where = stack.access.where or spec.services[0].where
    for base in dict.fromkeys(_runbook_bases(spec)):
        address = urlsplit(base)
        if not _is_front_page(address, stack):
            continue
        if address.scheme != stack.scheme:
            message = f"with `access` the front page answers {stack.scheme} only, and runbooks lead to {base}"
            remedy = (
                f"write the address of a web server of yours, or {stack.scheme}:// for a stack of processes"
            )
        else:
            message = (
                f"containers serve no runbooks with `access`, so {base} answers only a stack of processes"
            )
            remedy = "start it with `up --mode native`, or publish the runbooks on a web server of yours and write its address"
        yield Problem(where, "WK313", message, remedy)


def _is_front_page(address: SplitResult, stack: Stack) -> bool:
    try:
        port = address.port
    except ValueError:
        return False
    own = stack.access.tls.server_name if stack.access is not None and stack.access.tls is not None else ""
    host = address.hostname or ""
    return port == stack.ports.front_page and (
        host.startswith(_LOCAL) or host in (stack.external_host, own, stack.listen)
    )


def _runbook_bases(spec: Spec) -> Iterator[str]:
    yield from (service.runbook_base_url for service in spec.services if service.runbook_base_url)


def _is_local(address: str) -> bool:
    return (urlsplit(address).hostname or "").startswith(_LOCAL)


def _reaches_people(receiver: Receiver, root: Path) -> bool:
    """Return whether messages leave this machine; those of a receiver without its secret go to the local sinks."""
    integration = receiver.integration
    if integration.secret_file is None:
        return isinstance(integration, Email) and not integration.smarthost.startswith(_LOCAL)
    try:
        return (root / naming.ALERTMANAGER / integration.secret_file).stat().st_size > 0
    except OSError:
        return False
