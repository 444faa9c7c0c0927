"""The ports that the stack needs, and who uses those that are taken, before anything is started."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper.model.stack import LOOPBACK
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.ports.port_owners import port_owners
from watchkeeper.stack.processes import command_of, stack_of
from watchkeeper.stack.stack_error import StackError


@dataclass(frozen=True, slots=True)
class WantedPort:
    """A port and its purpose in words."""

    port: int
    purpose: str


@dataclass(frozen=True, slots=True)
class UnusablePort:
    """A port that cannot be used, why, and the process that has it if it can be seen."""

    port: int
    line: str
    pid: int | None


def native_ports(
    plan: Plan, *, sinks: bool, front_page: bool = True, sentry: bool = False
) -> tuple[WantedPort, ...]:
    """Return the ports of the native stack, with those of the parts that not every stack has only if asked."""
    ports = plan.stack.ports
    query_grpc, sampling_http, sampling_grpc = ports.below_jaeger
    wanted = [
        WantedPort(ports.prometheus, "Prometheus"),
        WantedPort(ports.alertmanager, "Alertmanager"),
        WantedPort(ports.jaeger, "Jaeger"),
        WantedPort(ports.otlp_grpc, "traces by OTLP/gRPC"),
        WantedPort(ports.otlp_http, "traces by OTLP/HTTP"),
        WantedPort(ports.jaeger_health, "Jaeger's health"),
        WantedPort(ports.jaeger_metrics, "Jaeger's metrics"),
        WantedPort(ports.span_metrics, "metrics made of spans"),
        WantedPort(query_grpc, "Jaeger's queries by gRPC, one below its own port"),
        WantedPort(sampling_http, "Jaeger's sampling by HTTP, two below its own port"),
        WantedPort(sampling_grpc, "Jaeger's sampling by gRPC, three below its own port"),
    ]
    if any(service.is_demo for service in plan.services):
        wanted.append(WantedPort(ports.demo, "the demo service"))
    if front_page:
        wanted.append(WantedPort(ports.front_page, "the front page"))
    if sentry:
        wanted.append(WantedPort(ports.sentry, "the local Sentry server"))
    if sinks:
        wanted += [WantedPort(ports.sinks, "the local sinks"), WantedPort(ports.smtp, "the sinks' mail")]
    return tuple(wanted)


def require_free(wanted: Iterable[WantedPort]) -> None:
    """Raise StackError with one line for each unusable port and the process that uses it."""
    lines = [each.line for each in unusable_ports(wanted)]
    if lines:
        advice = "stop the process that uses it, or set another port under stack.ports in the spec"
        raise StackError("\n".join([*lines, f"nothing was started: {advice}"]))


def unusable_ports(wanted: Iterable[WantedPort]) -> list[UnusablePort]:
    """Return the ports that cannot be listened on, each with the process that uses it."""
    refused = [(each, reason) for each in wanted if (reason := _refusal(each.port))]
    taken = [each.port for each, reason in refused if reason == errno.EADDRINUSE]
    owners = port_owners(taken) if taken else {}
    return [
        UnusablePort(each.port, _line(each, reason, owners.get(each.port)), owners.get(each.port))
        for each, reason in refused
    ]


def _refusal(port: int) -> int | None:
    with socket.socket() as probe:
        # As servers do, so that connections that just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            return error.errno
    return None


def _line(wanted: WantedPort, reason: int, pid: int | None) -> str:
    start = f"port {wanted.port} ({wanted.purpose})"
    if reason == errno.EACCES:
        return f"{start} is not allowed for this user: ports below 1024 need more privileges"
    if reason != errno.EADDRINUSE:
        return f"{start} cannot be used: {errno.errorcode.get(reason, reason)}"
    if pid is None:
        # Root sees every process except those outside its own container.
        unseen = "a process outside this container" if os.geteuid() == 0 else "another user's process"
        return f"{start} is taken by {unseen}"
    stack = stack_of(pid)
    owner = f", part of the stack in {stack}" if stack else ""
    return f"{start} is taken by pid {pid}: {command_of(pid)}{owner}"
