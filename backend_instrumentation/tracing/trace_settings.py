"""Decides whether and where traces are sent: arguments first, then OTEL_* variables, then JAEGER_*."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

DEFAULT_SERVICE: Final = "service_executor"
HTTP_PORT: Final = 4318
GRPC_PORT: Final = 4317
_LOCAL: Final = "localhost"
_TRACES_PATH: Final = "/v1/traces"
# The ports of Jaeger's agent, which received spans over UDP and no longer exists.
_AGENT_PORTS: Final = frozenset({5775, 6831, 6832})
_OTEL_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """Where the spans of a service are sent. `warnings` are for the log, one line each.

    `endpoint` is a URL with path for `http`, with host and port only for `grpc`. `from_otel` says that it comes from
    OpenTelemetry's own variables, which other tracing in the process reads too.
    """

    service_name: str
    enabled: bool
    endpoint: str
    protocol: str = "http"
    warnings: tuple[str, ...] = ()
    from_otel: bool = False

    @property
    def shown_endpoint(self) -> str:
        """The endpoint without its user and password."""
        scheme, sign, rest = self.endpoint.partition("://")
        return f"{scheme}{sign}{rest.rpartition('@')[2]}"


def resolve(
    environ: Mapping[str, str],
    *,
    service_name: str = DEFAULT_SERVICE,
    host: str | None = None,
    port: int | None = None,
    enable: bool | None = None,
    fallback: str = DEFAULT_SERVICE,
) -> TraceSettings:
    """Return the settings; never raises. Unless an endpoint or a switch is given, tracing is off."""
    warnings: list[str] = []
    endpoint, protocol, named = _target(environ, host, port, warnings)
    enabled = _enabled(environ, enable, named, warnings)
    return TraceSettings(
        service_name=_service(environ, service_name) or fallback,
        enabled=enabled,
        endpoint=endpoint,
        protocol=protocol,
        warnings=tuple(warnings) if enabled else (),
        from_otel=host is None and port is None and any(_read(environ, name) for name in _OTEL_ENDPOINTS),
    )


def _service(environ: Mapping[str, str], argument: str) -> str:
    if argument and argument != DEFAULT_SERVICE:
        return argument
    pairs = (pair.partition("=") for pair in _read(environ, "OTEL_RESOURCE_ATTRIBUTES").split(","))
    resource = {key.strip(): unquote(value.strip()) for key, _, value in pairs}
    named = _read(environ, "OTEL_SERVICE_NAME") or resource.get("service.name")
    return named or _read(environ, "SERVICE_NAME")


def _enabled(environ: Mapping[str, str], argument: bool | None, named: bool, warnings: list[str]) -> bool:
    if argument is not None:
        return argument
    if (
        _read(environ, "OTEL_SDK_DISABLED").lower() == "true"
        or _read(environ, "OTEL_TRACES_EXPORTER") == "none"
    ):
        return False
    asked = _read(environ, "JAEGER_ENABLE_TRACING").lower()
    if asked in _TRUE or asked in _FALSE:
        return asked in _TRUE
    if asked:
        warnings.append(f"JAEGER_ENABLE_TRACING={asked!r} is neither true nor false; it is ignored")
    return named


def _target(
    environ: Mapping[str, str], host: str | None, port: int | None, warnings: list[str]
) -> tuple[str, str, bool]:
    agent_host, agent_port = _read(environ, "JAEGER_AGENT_HOST"), _read(environ, "JAEGER_AGENT_PORT")
    if host is not None or port is not None:
        return *_jaeger(host or agent_host or _LOCAL, port, "jaeger_port", warnings), True
    otel = _otel(environ, warnings)
    if otel is not None:
        return *otel, True
    number = _number(agent_port, "JAEGER_AGENT_PORT", warnings)
    found = _jaeger(agent_host or _LOCAL, number, "JAEGER_AGENT_PORT", warnings)
    return *found, bool(agent_host or agent_port)


def _otel(environ: Mapping[str, str], warnings: list[str]) -> tuple[str, str] | None:
    own, base = (
        _read(environ, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        _read(environ, "OTEL_EXPORTER_OTLP_ENDPOINT"),
    )
    if not own and not base:
        return None
    asked = _read(environ, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or _read(
        environ, "OTEL_EXPORTER_OTLP_PROTOCOL"
    )
    if asked == "grpc":
        return own or base, "grpc"
    if asked not in ("", "http/protobuf"):
        warnings.append(f"the OTLP protocol {asked!r} is not supported; http/protobuf is used")
    return own or base.rstrip("/") + _TRACES_PATH, "http"


def _jaeger(host: str, port: int | None, name: str, warnings: list[str]) -> tuple[str, str]:
    if "://" in host:
        return (host if urlsplit(host).path.strip("/") else host.rstrip("/") + _TRACES_PATH), "http"
    address = f"[{host}]" if ":" in host and not host.startswith("[") else host
    if port == GRPC_PORT:
        return f"http://{address}:{port}", "grpc"
    return f"http://{address}:{_http_port(port, name, warnings)}{_TRACES_PATH}", "http"


def _http_port(port: int | None, name: str, warnings: list[str]) -> int:
    if port is None or port == HTTP_PORT:
        return HTTP_PORT
    if port in _AGENT_PORTS:
        warnings.append(
            f"{name}={port} is the port of Jaeger's UDP agent, which is gone; OTLP goes to {HTTP_PORT}"
        )
        return HTTP_PORT
    warnings.append(
        f"{name}={port} is no usual OTLP port ({HTTP_PORT} HTTP, {GRPC_PORT} gRPC); OTLP/HTTP is used"
    )
    return port


def _number(text: str, name: str, warnings: list[str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    warnings.append(f"{name}={text!r} is no port number; {HTTP_PORT} is used")
    return None


def _read(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip()
