"""Jaeger v2's configuration and sampling file.

One file serves containers and native processes: addresses, ports and folders come from the environment.
"""

from __future__ import annotations

from watchkeeper.contract import LATENCY_BUCKETS
from watchkeeper.emit import json, yaml
from watchkeeper.emit.header import generated_from
from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import Stack
from watchkeeper.model.stack_access import (
    ACCESS_FOLDER,
    CA_FILE,
    CERT_FILE,
    KEY_FILE,
    OWN_USER,
    PASSWORD_FILE,
    USERS_FILE,
)
from watchkeeper.plan.plan import Plan

CONFIG_PATH = "monitoring/jaeger/jaeger.yaml"
SAMPLING_PATH = "monitoring/jaeger/sampling.json"

_TRACES = "traces"
_USERS, _CLIENT = "basicauth", "basicauth/prometheus"
_SPAN_METRICS = "span_metrics"
_SPAN_METRICS_UNIT = "s"
_TRACES_IN_MEMORY = 50_000
# Traces of health checks would outnumber those of users.
_PROBES = ("/health", "/ready")


def render(plan: Plan) -> dict[str, str]:
    """Return the configuration that `jaeger --config` takes and the sampling file that it reloads."""
    return {
        CONFIG_PATH: yaml.dump(_config(plan), header=generated_from(plan.source)),
        SAMPLING_PATH: json.dump(_sampling(plan)),
    }


def _config(plan: Plan) -> dict[str, yaml.Value]:
    grpc, http = _listen("JAEGER_OTLP_GRPC_PORT", 4317), _listen("JAEGER_OTLP_HTTP_PORT", 4318)
    return {
        "service": _service(plan.stack),
        "extensions": _extensions(plan),
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": grpc}, "http": {"endpoint": http}}}},
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20},
            "batch": {},
        },
        "connectors": {"spanmetrics": _span_metrics(plan)},
        "exporters": _exporters(),
    }


def _service(stack: Stack) -> dict[str, yaml.Value]:
    own_metrics = {"host": _HOST, "port": _env("JAEGER_METRICS_PORT", 8888)}
    return {
        "extensions": [
            *_login_extensions(stack),
            "jaeger_storage",
            "jaeger_query",
            "remote_sampling",
            "healthcheckv2",
        ],
        "pipelines": {
            "traces": {
                "receivers": ["otlp"],
                "processors": ["memory_limiter", "batch"],
                "exporters": ["jaeger_storage_exporter", "spanmetrics"],
            },
            "metrics/spanmetrics": {"receivers": ["spanmetrics"], "exporters": ["prometheus"]},
        },
        "telemetry": {
            "resource": {"service.name": "jaeger"},
            "logs": {"level": "info"},
            "metrics": {
                "level": "normal",
                "readers": [{"pull": {"exporter": {"prometheus": own_metrics}}}],
            },
        },
    }


def _extensions(plan: Plan) -> dict[str, yaml.Value]:
    return {
        **_login_extensions(plan.stack),
        "jaeger_storage": {
            "backends": {_TRACES: _trace_storage(plan)},
            "metric_backends": {_SPAN_METRICS: {"prometheus": _metrics_source(plan.stack)}},
        },
        "jaeger_query": {
            # Jaeger would send its own spans to the standard OTLP port, which may belong to another stack.
            "enable_tracing": False,
            "storage": {"traces": _TRACES, "metrics": _SPAN_METRICS},
            "http": {"endpoint": _query_listen(plan.stack), **_protection(plan.stack)},
            "grpc": {"endpoint": _listen("JAEGER_QUERY_GRPC_PORT", 16685), **_protection(plan.stack)},
        },
        "remote_sampling": {
            "file": {
                "path": _env("JAEGER_SAMPLING_FILE", "/etc/jaeger/sampling.json"),
                "reload_interval": "5s",
                "default_sampling_probability": 1,
            },
            "http": {"endpoint": _listen("JAEGER_SAMPLING_HTTP_PORT", 5778)},
            "grpc": {"endpoint": _listen("JAEGER_SAMPLING_GRPC_PORT", 5779)},
        },
        "healthcheckv2": {"use_v2": True, "http": {"endpoint": _listen("JAEGER_HEALTH_PORT", 13133)}},
    }


def _trace_storage(plan: Plan) -> yaml.Value:
    if plan.stack.trace_storage == "memory":
        return {"memory": {"max_traces": _TRACES_IN_MEMORY}}
    folder = _env("JAEGER_STORAGE_DIR", "/badger")
    return {
        "badger": {
            "ephemeral": False,
            "directories": {"keys": f"{folder}/keys", "values": f"{folder}/values"},
            "ttl": {"spans": _go_duration(plan.stack.trace_retention)},
        }
    }


def _metrics_source(stack: Stack) -> yaml.Value:
    return {
        "endpoint": _env("JAEGER_PROMETHEUS_URL", f"{stack.scheme}://prometheus:9090"),
        **_metrics_login(stack),
        # This must be the unit of the span metrics, or the monitor tab shows no latencies.
        "latency_unit": _SPAN_METRICS_UNIT,
        "normalize_calls": True,
        "normalize_duration": True,
    }


def _login_extensions(stack: Stack) -> dict[str, yaml.Value]:
    """Return the users of the queries, and the user with which Jaeger reads Prometheus."""
    if stack.access is None:
        return {}
    # A password of letters only, so that the file is a text in YAML too.
    client: yaml.Value = {"username": OWN_USER, "password": f"${{file:{_access(PASSWORD_FILE)}}}"}
    return {
        _USERS: {"htpasswd": {"file": _access(USERS_FILE)}},
        _CLIENT: {"client_auth": client},
    }


def _protection(stack: Stack) -> dict[str, yaml.Value]:
    if stack.access is None:
        return {}
    protection: dict[str, yaml.Value] = {"auth": {"authenticator": _USERS}}
    if stack.access.tls is not None:
        files: yaml.Value = {
            "cert_file": _access(CERT_FILE),
            "key_file": _access(KEY_FILE),
            "reload_interval": "10s",
        }
        protection["tls"] = files
    return protection


def _metrics_login(stack: Stack) -> dict[str, yaml.Value]:
    if stack.access is None:
        return {}
    login: dict[str, yaml.Value] = {"auth": {"authenticator": _CLIENT}}
    tls = stack.access.tls
    if tls is not None:
        authority = {"ca_file": _access(CA_FILE)} if tls.authority == "private" else {}
        login["tls"] = {**authority, "server_name_override": tls.server_name}
    return login


def _query_listen(stack: Stack) -> str:
    if stack.access is None:
        return _listen("JAEGER_QUERY_PORT", 16686)
    host = _env("JAEGER_QUERY_HOST", "0.0.0.0")  # noqa: S104 - inside a container
    return f"{host}:{_env('JAEGER_QUERY_PORT', 16686)}"


def _access(file: str) -> str:
    return f"{_env('JAEGER_ACCESS_DIR', ACCESS_FOLDER)}/{file}"


def _exporters() -> yaml.Value:
    return {
        "jaeger_storage_exporter": {"trace_storage": _TRACES},
        "prometheus": {
            "endpoint": _listen("JAEGER_SPAN_METRICS_PORT", 8889),
            # Exemplars exist in OpenMetrics only.
            "enable_open_metrics": True,
            "metric_expiration": "1h",
        },
    }


def _span_metrics(plan: Plan) -> yaml.Value:
    return {
        "histogram": {
            "unit": _SPAN_METRICS_UNIT,
            "explicit": {"buckets": [f"{round(bound * 1000)}ms" for bound in LATENCY_BUCKETS]},
        },
        "exemplars": {"enabled": True, "max_per_data_point": 5},
        # Resources that differ only in attributes without a label would overwrite one another's series.
        "resource_metrics_key_attributes": ["service.name", "service.instance.id"],
        # Span names with unbounded values must not exhaust the memory of Jaeger and Prometheus.
        "aggregation_cardinality_limit": 1000,
        "metrics_flush_interval": _go_duration(plan.stack.scrape_interval),
        "metrics_expiration": "1h",
    }


def _sampling(plan: Plan) -> json.Value:
    paths = sorted({*_PROBES, *(service.metrics_path for service in plan.services)})
    never: list[json.Value] = [
        {"operation": f"GET {path}", "type": "probabilistic", "param": 0} for path in paths
    ]
    return {"default_strategy": {"type": "probabilistic", "param": 1, "operation_strategies": never}}


def _env(name: str, default: str | int) -> str:
    return f"${{env:{name}:-{default}}}"


def _listen(port_name: str, default: int) -> str:
    return f"{_HOST}:{_env(port_name, default)}"


def _go_duration(duration: Duration) -> str:
    """Return the duration as Go writes it, without units above hours."""
    for unit, milliseconds in (("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if duration.milliseconds % milliseconds == 0:
            return f"{duration.milliseconds // milliseconds}{unit}"
    return f"{duration.milliseconds}ms"


_HOST = _env("JAEGER_LISTEN_HOST", "0.0.0.0")  # noqa: S104 - inside a container; natively the loopback address
