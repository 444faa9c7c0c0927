"""Health of a service, seen from inside: checks, probes, metrics, alerts and history on one machine.

Importing this package loads nothing else; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .check_definition import Check, CheckError
    from .check_result import CheckResult
    from .check_runner import CheckAnswer
    from .dependency_checks import http_get, sql_ping, tcp
    from .health_report import HealthReport
    from .loop_lag import loop_lag
    from .service_health import Health

_HOMES: Final = {
    "Check": ".check_definition",
    "CheckAnswer": ".check_runner",
    "CheckError": ".check_definition",
    "CheckResult": ".check_result",
    "Health": ".service_health",
    "HealthReport": ".health_report",
    "http_get": ".dependency_checks",
    "loop_lag": ".loop_lag",
    "sql_ping": ".dependency_checks",
    "tcp": ".dependency_checks",
}

__all__ = [
    "Check",
    "CheckAnswer",
    "CheckError",
    "CheckResult",
    "Health",
    "HealthReport",
    "http_get",
    "loop_lag",
    "sql_ping",
    "tcp",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
