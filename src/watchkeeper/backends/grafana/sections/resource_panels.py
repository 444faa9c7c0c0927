"""The panels of the system pack: what each process uses of its limits, and what is left of the machine."""

from __future__ import annotations

from watchkeeper.backends.grafana import threshold_steps
from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.panels import Panel, Query, row
from watchkeeper.backends.grafana.queries import rate, total
from watchkeeper.backends.grafana.scope import Scope

_INSTANCE = "instance"


def system(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    """Return memory, CPU and file descriptors of each process, then memory, CPU, disk and network of its machine."""
    memory = _of("process_resident_memory_bytes", scope), _of("process_memory_limit_bytes", scope)
    cpu = rate(scope, "process_cpu_seconds_total", by=_INSTANCE), _of("process_cpu_limit_cores", scope)
    files = _of("process_open_fds", scope), _of("process_max_fds", scope)
    return (
        row(40, "Process and machine"),
        _used(41, "Memory", "memory", " / ".join(memory), scope),
        _used(42, "CPU", "cpu", " / ".join(cpu), scope),
        _used(43, "File descriptors", "files", " / ".join(files), scope),
        _machine(scope),
        _disk(scope),
        _network(scope),
    )


def _used(identifier: int, title: str, resource: str, expr: str, scope: Scope) -> Panel:
    return Panel(
        id=identifier,
        kind="timeseries",
        title=title,
        description=f"{title} that each process uses, as a share of its limit. Dashed lines: where alerts fire.",
        unit="percentunit",
        queries=(Query(expr, "{{instance}}"),),
        width=8,
        steps=threshold_steps.saturation(scope, resource),
    )


def _machine(scope: Scope) -> Panel:
    free, whole = _of("system_memory_available_bytes", scope), _of("system_memory_total_bytes", scope)
    busy = rate(scope, "system_cpu_seconds_total", (("mode", "!=", "idle"),), by=_INSTANCE)
    cores = rate(scope, "system_cpu_seconds_total", by=_INSTANCE)
    return Panel(
        id=44,
        kind="timeseries",
        title="Machine",
        description="Memory and CPU of the machine that are in use, by instance.",
        unit="percentunit",
        queries=(
            Query(f"1 - {free} / {whole}", "memory {{instance}}"),
            Query(f"{busy} / ({cores} > 0)", "CPU {{instance}}"),
        ),
        width=8,
    )


def _disk(scope: Scope) -> Panel:
    free, whole = _of("system_disk_available_bytes", scope), _of("system_disk_total_bytes", scope)
    return Panel(
        id=45,
        kind="timeseries",
        title="Disk",
        description="Used share of the file system that contains the working folder, by instance.",
        unit="percentunit",
        queries=(Query(f"1 - {free} / {whole}", "{{instance}}"),),
        width=8,
    )


def _network(scope: Scope) -> Panel:
    return Panel(
        id=46,
        kind="timeseries",
        title="Network",
        description="Bytes per second over all network interfaces of the machine but loopback.",
        unit="Bps",
        queries=(
            Query(rate(scope, "system_network_receive_bytes_total"), "received"),
            Query(rate(scope, "system_network_transmit_bytes_total"), "sent"),
        ),
        width=8,
    )


def _of(gauge: str, scope: Scope) -> str:
    return total(scope, gauge, by=_INSTANCE)
