"""The metric families that services expose and alert rules read: names, labels, units, buckets.

This module imports nothing but the standard library, so that a rule generator can read it anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

FamilyType = Literal["counter", "gauge", "histogram"]
Origin = Literal["package", "process_collector"]
Closed = tuple[tuple[str, tuple[str, ...]], ...]

PACKS: Final[tuple[str, ...]] = (
    "http",
    "system",
    "sandbox",
    "ai",
    "database",
    "tool",
    "operations",
    "checkpoint",
    "health",
    "business",
    "web",
    "http_sizes",
    "http_first_byte",
)

HTTP_REQUESTS: Final = "http_requests_total"
HTTP_DURATION: Final = "http_request_duration_seconds"
HTTP_IN_PROGRESS: Final = "http_requests_in_progress"
HTTP_REQUEST_SIZE: Final = "http_request_size_bytes"
HTTP_RESPONSE_SIZE: Final = "http_response_size_bytes"
HTTP_FIRST_BYTE: Final = "http_response_first_byte_seconds"
WEBSOCKET_ERRORS: Final = "websocket_errors_total"
INSTRUMENTATION_ERRORS: Final = "instrumentation_errors_total"
UNMERGED_WORKERS: Final = "instrumentation_unmerged_workers"
METRIC_CONFLICTS: Final = "instrumentation_metric_conflicts"

UNCOUNTED_PATHS: Final[frozenset[str]] = frozenset({"/metrics", "/health"})
"""Requests of these paths are never counted."""
UNMATCHED: Final = "__unmatched__"
"""The `handler` of a request that matches no route."""
OVERFLOW: Final = "__overflow__"
"""The `handler` of every route beyond the configured number of handlers."""
OTHER: Final = "_OTHER"
"""The `method` that is not in `HTTP_METHODS`, and the `status_code` outside 100 to 599."""
OTHER_VALUE: Final = "__other__"
"""What replaces a label value that is not in the label's closed set."""
HTTP_METHODS: Final[tuple[str, ...]] = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "CONNECT",
    "TRACE",
    "QUERY",
)
INITIAL_STATUS_CODES: Final[tuple[str, ...]] = ("200", "500", "502", "503", "504")
"""Each route's `http_requests_total` exists at zero with these codes before the first request."""
INITIAL_HISTOGRAM_STATUS_CODES: Final[tuple[str, ...]] = ("200",)
"""Each route's `http_request_duration_seconds` exists empty with these codes before the first request."""

LATENCY_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
SLOW_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0)
"""For work that takes seconds; finite bounds above 10 s make "p95 over 10 s" measurable."""
QUERY_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
PAGE_BUCKETS: Final = (0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0)
SIZE_BUCKETS: Final = (1024.0, 16384.0, 131072.0, 1048576.0, 8388608.0, 67108864.0, 536870912.0, 4294967296.0)

BODY_BUCKETS: Final = (256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 16777216.0, 268435456.0)

# The limits of good and poor, of each vital, are bounds.
VITAL_BUCKETS: Final = (0.05, 0.1, 0.2, 0.5, 0.8, 1.0, 1.8, 2.5, 3.0, 4.0, 6.0, 10.0)
OUTCOMES: Final = ("success", "error")
WEB_VITALS: Final = ("LCP", "INP", "FCP", "TTFB")
BEACON_RESULTS: Final = (
    "accepted", "rate_limited", "foreign", "wrong_type", "too_large", "malformed", "unknown_route", "out_of_bounds",
    "interrupted",
)  # fmt: skip
REPORT_RESULTS: Final = (
    "forwarded", "refused", "unreachable", "rate_limited", "too_large", "malformed", "foreign", "busy", "interrupted",
)  # fmt: skip
BOOLEANS: Final = ("true", "false")
SANDBOX_ERRORS: Final = (
    "timeout",
    "out_of_memory",
    "runtime_error",
    "syntax_error",
    "pool_exhausted",
    "internal",
)
QUERY_OPERATIONS: Final = ("select", "insert", "update", "delete")
CPU_MODES: Final = ("user", "system", "idle", "iowait", "other")
HEALTH_STATES: Final = ("unknown", "starting", "running", "degraded", "stopped", "error")
HEALTH_KINDS: Final = ("heartbeat", "functional", "dependency")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric family, named as it is exposed; a histogram carries no suffix.

    `allowed` lists the labels whose values are a closed set; every other label is open.
    `rows` lists the label rows that can occur, where not every combination can; only these are initialized.
    """

    name: str
    type: FamilyType
    unit: str
    labels: tuple[str, ...]
    help: str
    pack: str
    buckets: tuple[float, ...] = ()
    allowed: Closed = ()
    origin: Origin = "package"
    rows: tuple[tuple[str, ...], ...] = ()


_SANDBOX_ROWS: Final = (("success", "none"), *(("error", kind) for kind in SANDBOX_ERRORS))
_QUERY: Final[Closed] = (("operation", QUERY_OPERATIONS),)
_SAVE_LOAD: Final[Closed] = (("operation", ("save", "load")),)

_HTTP: Final = (
    Family(HTTP_REQUESTS, "counter", "", ("method", "handler", "status_code"),
           "HTTP requests answered, by method, route template and status code.", "http"),
    Family(HTTP_DURATION, "histogram", "seconds", ("method", "handler", "status_code"),
           "Time from a request's arrival to its last response byte, in seconds.", "http",
           buckets=LATENCY_BUCKETS),
    Family(HTTP_IN_PROGRESS, "gauge", "", (), "HTTP requests being answered now.", "http"),
    Family(WEBSOCKET_ERRORS, "counter", "", ("handler",),
           "WebSocket connections that an exception of their handler ended, by route template.", "http"),
    Family(INSTRUMENTATION_ERRORS, "counter", "", (),
           "Failures inside the instrumentation itself; the service was not harmed.", "http"),
    Family(UNMERGED_WORKERS, "gauge", "", (),
           "Other worker processes of this service whose values this page does not contain.", "http"),
    Family(METRIC_CONFLICTS, "gauge", "", ("metric",),
           "1 for each metric that is not exposed, because something else took its name.", "http"),
)  # fmt: skip

_SYSTEM: Final = (
    Family("process_resident_memory_bytes", "gauge", "bytes", (),
           "Resident memory of the process, in bytes.", "system", origin="process_collector"),
    Family("process_virtual_memory_bytes", "gauge", "bytes", (), "Virtual memory of the process, in bytes.",
           "system", origin="process_collector"),
    Family("process_cpu_seconds_total", "counter", "seconds", (),
           "User and system CPU time spent by the process, in seconds.", "system",
           origin="process_collector"),
    Family("process_open_fds", "gauge", "", (), "Open file descriptors of the process.", "system",
           origin="process_collector"),
    Family("process_max_fds", "gauge", "", (), "File descriptors that the process may open.", "system",
           origin="process_collector"),
    Family("process_start_time_seconds", "gauge", "seconds", (),
           "Start of the process, in seconds since the Unix epoch.", "system", origin="process_collector"),
    Family("process_memory_limit_bytes", "gauge", "bytes", (),
           "Memory that the process may use: its cgroup's limit, else the machine's memory, in bytes.",
           "system"),
    Family("process_cpu_limit_cores", "gauge", "cores", (),
           "CPU cores that the process may use: its cgroup's quota, else its usable cores.", "system"),
    Family("system_memory_total_bytes", "gauge", "bytes", (), "Memory of the machine, in bytes.", "system"),
    Family("system_memory_available_bytes", "gauge", "bytes", (),
           "Memory of the machine that can be had without swapping, in bytes.", "system"),
    Family("system_cpu_seconds_total", "counter", "seconds", ("mode",),
           "CPU time of all the machine's cores by mode, in seconds.", "system",
           allowed=(("mode", CPU_MODES),)),
    Family("system_disk_total_bytes", "gauge", "bytes", (),
           "Size of the file system that holds the working folder, in bytes.", "system"),
    Family("system_disk_available_bytes", "gauge", "bytes", (),
           "Free space of the file system that holds the working folder, in bytes.", "system"),
    Family("system_network_receive_bytes_total", "counter", "bytes", (),
           "Bytes received over all network interfaces but loopback.", "system"),
    Family("system_network_transmit_bytes_total", "counter", "bytes", (),
           "Bytes sent over all network interfaces but loopback.", "system"),
)  # fmt: skip

_SANDBOX: Final = (
    Family("sandbox_executions_total", "counter", "", ("status", "error_type"),
           "Code executions in the sandbox, by outcome and kind of error.", "sandbox",
           allowed=(("status", OUTCOMES), ("error_type", ("none", *SANDBOX_ERRORS))), rows=_SANDBOX_ROWS),
    Family("sandbox_execution_duration_seconds", "histogram", "seconds", (),
           "Duration of code executions in the sandbox, in seconds.", "sandbox", buckets=SLOW_BUCKETS),
    Family("sandbox_pool_available", "gauge", "", (), "Sandbox containers that are free.", "sandbox"),
    Family("sandbox_pool_in_use", "gauge", "", (), "Sandbox containers that are executing code.", "sandbox"),
    Family("sandbox_pool_size", "gauge", "", (), "Sandbox containers in the pool.", "sandbox"),
)  # fmt: skip

_AI: Final = (
    Family("ai_requests_total", "counter", "", ("model", "status"),
           "Requests to the AI assistant, by model and outcome.", "ai", allowed=(("status", OUTCOMES),)),
    Family("ai_response_duration_seconds", "histogram", "seconds", ("model",),
           "Response time of the AI assistant, in seconds.", "ai", buckets=SLOW_BUCKETS),
    Family("ai_tokens_total", "counter", "", ("model", "kind"), "Tokens processed, by model and kind.", "ai",
           allowed=(("kind", ("prompt", "completion")),)),
)  # fmt: skip

_DATABASE: Final = (
    Family("database_query_duration_seconds", "histogram", "seconds", ("operation",),
           "Duration of database queries, in seconds.", "database", buckets=QUERY_BUCKETS, allowed=_QUERY),
    Family("database_slow_queries_total", "counter", "", ("operation",),
           "Database queries that took longer than the service's own limit.", "database", allowed=_QUERY),
    Family("database_connections_in_use", "gauge", "", (), "Database connections in use.", "database"),
    Family("database_connections_max", "gauge", "", (), "Database connections that may be open.", "database"),
)  # fmt: skip

_TOOL: Final = (
    Family("tool_calls_total", "counter", "", ("tool", "operation", "status"),
           "Tool calls, by tool, operation and outcome.", "tool", allowed=(("status", OUTCOMES),)),
    Family("tool_call_duration_seconds", "histogram", "seconds", ("tool", "operation"),
           "Duration of tool calls, in seconds.", "tool", buckets=SLOW_BUCKETS),
)  # fmt: skip

_OPERATIONS: Final = (
    Family("operations_total", "counter", "", ("operation_type", "success"),
           "Operations of the service's components, by type and success.", "operations",
           allowed=(("success", BOOLEANS),)),
    Family("operation_duration_seconds", "histogram", "seconds", ("operation_type",),
           "Duration of operations, in seconds.", "operations", buckets=LATENCY_BUCKETS),
)  # fmt: skip

_CHECKPOINTS: Final = (
    Family("checkpoint_operations_total", "counter", "", ("operation", "status"),
           "Checkpoints saved and loaded, by outcome.", "checkpoint",
           allowed=(*_SAVE_LOAD, ("status", OUTCOMES))),
    Family("checkpoint_duration_seconds", "histogram", "seconds", ("operation",),
           "Duration of saving or loading a checkpoint, in seconds.", "checkpoint", buckets=SLOW_BUCKETS,
           allowed=_SAVE_LOAD),
    Family("checkpoint_size_bytes", "histogram", "bytes", ("operation",),
           "Size of checkpoints saved or loaded, in bytes.", "checkpoint", buckets=SIZE_BUCKETS,
           allowed=_SAVE_LOAD),
)  # fmt: skip

_HEALTH: Final = (
    Family("health_checks_total", "counter", "", ("check", "kind", "status"),
           "Health checks run, by check, kind and outcome.", "health",
           allowed=(("kind", HEALTH_KINDS), ("status", OUTCOMES))),
    Family("health_check_duration_seconds", "histogram", "seconds", ("check",),
           "Duration of health checks, in seconds.", "health", buckets=LATENCY_BUCKETS),
    Family("health_state", "gauge", "", ("check", "state"), "1 for the state that a check is in, else 0.",
           "health", allowed=(("state", HEALTH_STATES),)),
    Family("health_consecutive_failures", "gauge", "", ("check",), "Failures of a check in a row.", "health"),
    Family("health_last_success_timestamp_seconds", "gauge", "seconds", ("check",),
           "Last success of a check, in seconds since the Unix epoch.", "health"),
)  # fmt: skip

_BUSINESS: Final = (
    Family("business_active_users", "gauge", "", (), "Users active now.", "business"),
    Family("business_active_sessions", "gauge", "", (), "Sessions open now.", "business"),
    Family("business_feature_uses_total", "counter", "", ("feature",), "Uses of a feature.", "business"),
)  # fmt: skip

_WEB: Final = (
    Family("page_load_seconds", "histogram", "seconds", (),
           "Time that a page took to load in a browser, in seconds.", "web", buckets=PAGE_BUCKETS),
    Family("web_vital_seconds", "histogram", "seconds", ("vital", "route"),
           "Web vitals of pages, by vital and route template, in seconds.", "web", buckets=VITAL_BUCKETS,
           allowed=(("vital", WEB_VITALS),)),
    Family("web_beacons_total", "counter", "", ("result",),
           "Reports of page loads by browsers, by what became of them.", "web",
           allowed=(("result", BEACON_RESULTS),)),
    Family("web_error_reports_total", "counter", "", ("result",),
           "Error reports of browsers for Sentry, by what became of them.", "web",
           allowed=(("result", REPORT_RESULTS),)),
)  # fmt: skip

_HTTP_SIZES: Final = (
    Family(HTTP_REQUEST_SIZE, "histogram", "bytes", ("method", "handler"),
           "Size of request bodies, in bytes: as announced, else as received.", "http_sizes",
           buckets=BODY_BUCKETS),
    Family(HTTP_RESPONSE_SIZE, "histogram", "bytes", ("method", "handler"),
           "Size of response bodies as sent, in bytes.", "http_sizes", buckets=BODY_BUCKETS),
)  # fmt: skip

_HTTP_FIRST_BYTE: Final = (
    Family(HTTP_FIRST_BYTE, "histogram", "seconds", ("method", "handler"),
           "Time from a request's arrival to the first byte of its response body, in seconds.",
           "http_first_byte", buckets=LATENCY_BUCKETS),
)  # fmt: skip

FAMILIES: Final[tuple[Family, ...]] = (
    *_HTTP,
    *_SYSTEM,
    *_SANDBOX,
    *_AI,
    *_DATABASE,
    *_TOOL,
    *_OPERATIONS,
    *_CHECKPOINTS,
    *_HEALTH,
    *_BUSINESS,
    *_WEB,
    *_HTTP_SIZES,
    *_HTTP_FIRST_BYTE,
)

_BY_NAME: Final = {each.name: each for each in FAMILIES}


def family(name: str) -> Family | None:
    """Return the family of that exposed name, or None when the contract has none."""
    return _BY_NAME.get(name)


def families(packs: Iterable[str]) -> tuple[Family, ...]:
    """Return the families of the given packs, in the contract's order."""
    wanted = frozenset(packs)
    return tuple(each for each in FAMILIES if each.pack in wanted)


def series_names(family: Family) -> tuple[str, ...]:
    """Return the names of the samples that the family exposes."""
    if family.type != "histogram":
        return (family.name,)
    return tuple(f"{family.name}_{part}" for part in ("bucket", "sum", "count"))


def initial_rows(family: Family) -> tuple[tuple[str, ...], ...]:
    """Return the label rows that are initialized at zero; none for gauges and for open labels.

    The http families are initialized route by route instead, with the status codes above.
    """
    closed = dict(family.allowed)
    if family.type == "gauge" or any(label not in closed for label in family.labels):
        return ()
    return family.rows or tuple(product(*(closed[label] for label in family.labels)))


def le(bound: float) -> str:
    """Return a bucket bound as prometheus-client prints it in the `le` label: "0.5", "1.0", "1e+06"."""
    if bound == float("inf"):
        return "+Inf"
    text = repr(float(bound))
    whole, _, fraction = text.partition(".")
    if bound <= 0 or len(whole) <= 6 or "e" in text:  # as Go does, it writes exponents from 1e6 on
        return text
    digits = (whole + fraction).rstrip("0")
    mantissa = digits[0] if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e+{len(whole) - 1:02d}"
