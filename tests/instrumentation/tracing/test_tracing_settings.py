"""Where spans go: arguments win over OTEL_* variables, those over JAEGER_*; odd values are one warning."""

from __future__ import annotations

from typing import Any

import pytest

from backend_instrumentation.tracing import TracingManager
from backend_instrumentation.tracing.trace_settings import resolve

OTEL = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4318", "OTEL_SERVICE_NAME": "by-otel"}
JAEGER = {"JAEGER_AGENT_HOST": "agent", "JAEGER_ENABLE_TRACING": "true", "SERVICE_NAME": "by-name"}


@pytest.mark.parametrize(
    ("environ", "arguments", "enabled", "endpoint", "protocol"),
    [
        ({}, {}, False, "http://localhost:4318/v1/traces", "http"),
        ({}, {"enable": True}, True, "http://localhost:4318/v1/traces", "http"),
        ({}, {"host": "jaeger"}, True, "http://jaeger:4318/v1/traces", "http"),
        ({}, {"host": "jaeger", "port": 4317}, True, "http://jaeger:4317", "grpc"),
        ({}, {"host": "jaeger", "enable": False}, False, "http://jaeger:4318/v1/traces", "http"),
        ({}, {"host": "::1"}, True, "http://[::1]:4318/v1/traces", "http"),
        ({}, {"host": "https://collector/x"}, True, "https://collector/x", "http"),
        (JAEGER, {}, True, "http://agent:4318/v1/traces", "http"),
        ({**JAEGER, **OTEL}, {}, True, "http://otel:4318/v1/traces", "http"),
        ({**JAEGER, **OTEL}, {"host": "mine"}, True, "http://mine:4318/v1/traces", "http"),
        ({"JAEGER_ENABLE_TRACING": "on"}, {}, True, "http://localhost:4318/v1/traces", "http"),
        ({**OTEL, "JAEGER_ENABLE_TRACING": "No"}, {}, False, "http://otel:4318/v1/traces", "http"),
        ({**JAEGER, "OTEL_SDK_DISABLED": "true"}, {}, False, "http://agent:4318/v1/traces", "http"),
        (
            {**JAEGER, "OTEL_SDK_DISABLED": "true"},
            {"enable": True},
            True,
            "http://agent:4318/v1/traces",
            "http",
        ),
        ({**OTEL, "OTEL_TRACES_EXPORTER": "none"}, {}, False, "http://otel:4318/v1/traces", "http"),
        (
            {**OTEL, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://own/traces"},
            {},
            True,
            "http://own/traces",
            "http",
        ),
        ({**OTEL, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, {}, True, "http://otel:4318", "grpc"),
    ],
)
def test_the_order_of_what_decides(
    environ: dict[str, str], arguments: dict[str, Any], enabled: bool, endpoint: str, protocol: str
) -> None:
    found = resolve(environ, **arguments)
    assert (found.enabled, found.endpoint, found.protocol) == (enabled, endpoint, protocol)
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("environ", "endpoint", "said"),
    [
        ({"JAEGER_AGENT_PORT": "6831"}, "http://agent:4318/v1/traces", "UDP agent"),
        ({"JAEGER_AGENT_PORT": "14268"}, "http://agent:14268/v1/traces", "no usual OTLP port"),
        ({"JAEGER_AGENT_PORT": "seven"}, "http://agent:4318/v1/traces", "no port number"),
        ({"JAEGER_AGENT_PORT": "99999"}, "http://agent:4318/v1/traces", "no port number"),
        ({"JAEGER_ENABLE_TRACING": "maybe"}, "http://agent:4318/v1/traces", "neither true nor false"),
    ],
)
def test_an_odd_value_is_one_warning(environ: dict[str, str], endpoint: str, said: str) -> None:
    found = resolve({"JAEGER_AGENT_HOST": "agent", **environ})
    assert (found.enabled, found.endpoint) == (True, endpoint)
    (warning,) = found.warnings
    assert said in warning


def test_the_dead_agents_port_as_an_argument_is_mapped_too(caplog: pytest.LogCaptureFixture) -> None:
    manager = TracingManager("shop", "127.0.0.1", 6831, False)
    assert manager.get_tracer_info()["endpoint"] == "http://127.0.0.1:4318/v1/traces"
    assert caplog.records == [], "what is off warns of nothing"
    TracingManager("shop", "127.0.0.1", 6831).close(0)
    (record,) = caplog.records
    assert "UDP agent" in record.getMessage()


@pytest.mark.parametrize(
    ("environ", "argument", "name"),
    [
        ({}, "service_executor", "service_executor"),
        ({"SERVICE_NAME": "a"}, "service_executor", "a"),
        ({"SERVICE_NAME": "a", "OTEL_SERVICE_NAME": "b"}, "service_executor", "b"),
        (
            {"SERVICE_NAME": "a", "OTEL_RESOURCE_ATTRIBUTES": "x=1, service.name=c%20d"},
            "service_executor",
            "c d",
        ),
        ({"SERVICE_NAME": "a", "OTEL_SERVICE_NAME": "b"}, "mine", "mine"),
    ],
)
def test_the_services_name(environ: dict[str, str], argument: str, name: str) -> None:
    assert resolve(environ, service_name=argument).service_name == name


def test_a_password_in_the_endpoint_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://me:canary@127.0.0.1:9/v1/traces")
    manager = TracingManager("shop", enable_tracing=False)
    assert manager.get_tracer_info()["endpoint"] == "http://127.0.0.1:9/v1/traces"
