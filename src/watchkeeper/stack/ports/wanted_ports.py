"""Ports that the stack wants, and who holds those that are taken, before anything is started."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper.backends.native import jaeger_ports
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.ports.port_owners import holders
from watchkeeper.stack.processes import command_of, stack_of
from watchkeeper.stack.stack_error import StackError

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A port and what it is for, in words."""

    port: int
    purpose: str


def native_ports(plan: Plan, *, sinks: bool) -> tuple[Wanted, ...]:
    """Return the ports of the native stack; those of the sinks only when they are to run."""
    ports = plan.stack.ports
    query_grpc, sampling_http, sampling_grpc = jaeger_ports(ports)
    wanted = [
        Wanted(ports.prometheus, "Prometheus"),
        Wanted(ports.alertmanager, "Alertmanager"),
        Wanted(ports.jaeger, "Jaeger"),
        Wanted(ports.otlp_grpc, "traces by OTLP/gRPC"),
        Wanted(ports.otlp_http, "traces by OTLP/HTTP"),
        Wanted(ports.jaeger_health, "Jaeger's health"),
        Wanted(ports.jaeger_metrics, "Jaeger's metrics"),
        Wanted(ports.span_metrics, "metrics made of spans"),
        Wanted(query_grpc, "Jaeger's queries by gRPC, one below its own port"),
        Wanted(sampling_http, "Jaeger's sampling by HTTP, two below its own port"),
        Wanted(sampling_grpc, "Jaeger's sampling by gRPC, three below its own port"),
    ]
    if any(service.is_demo for service in plan.services):
        wanted.append(Wanted(ports.demo, "the demo service"))
    if sinks:
        wanted += [Wanted(ports.sinks, "the local sinks"), Wanted(ports.smtp, "the sinks' mail")]
    return tuple(wanted)


def require_free(wanted: Iterable[Wanted]) -> None:
    """Raise StackError with one line for each port that cannot be listened on, naming who holds it."""
    refused = [(each, reason) for each in wanted if (reason := _refusal(each.port))]
    taken = [each.port for each, reason in refused if reason == errno.EADDRINUSE]
    holding = holders(taken) if taken else {}
    lines = [_line(each, reason, holding.get(each.port)) for each, reason in refused]
    if lines:
        advice = "stop what holds it, or set another port under stack.ports in the spec"
        raise StackError("\n".join([*lines, f"nothing was started: {advice}"]))


def _refusal(port: int) -> int | None:
    with socket.socket() as probe:
        # As servers do, so that connections which have just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            return error.errno
    return None


def _line(wanted: Wanted, reason: int, pid: int | None) -> str:
    start = f"port {wanted.port} ({wanted.purpose})"
    if reason == errno.EACCES:
        return f"{start} may not be used by this user: ports below 1024 need more rights"
    if reason != errno.EADDRINUSE:
        return f"{start} cannot be used: {errno.errorcode.get(reason, reason)}"
    if pid is None:
        # Root sees every process except those outside its own container.
        unseen = "a process out of sight" if os.geteuid() == 0 else "another user's process"
        return f"{start} is taken by {unseen}"
    stack = stack_of(pid)
    owner = f", of the stack in {stack}" if stack else ""
    return f"{start} is taken by pid {pid}: {command_of(pid)}{owner}"
