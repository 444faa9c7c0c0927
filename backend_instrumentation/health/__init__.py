"""Health of a service, seen from inside: checks, probes, metrics, alerts and history on one machine.

Importing this package loads nothing else; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .alert_handlers import AlertmanagerHandler, ConsoleHandler, EmailHandler, WebhookHandler
    from .alert_manager import AlertManager
    from .alert_rules import Alert, AlertLevel, AlertRule, anomaly_rule, threshold_rules
    from .check_definition import Check, CheckError
    from .check_result import CheckResult
    from .check_runner import CheckAnswer
    from .dependency_checks import http_get, sql_ping, tcp
    from .event_loop_lag import loop_lag
    from .health_report import HealthReport
    from .metrics_history import MetricsHistory
    from .monitoring_config import (
        DataCollection,
        MonitoringConfig,
        MonitoringConfigError,
        ServiceMonitoring,
        Thresholds,
        ToolMonitoring,
    )
    from .monitoring_dashboard import MonitoringDashboard
    from .monitoring_exporter import MonitoringExporter
    from .rendered_probes import probe_snippets
    from .service_health import Health
    from .service_metrics import ServiceMetrics, ServiceMonitor
    from .system_metrics import SystemMetrics, SystemMonitor
    from .tool_metrics import ToolMetrics, ToolMonitor

_HOMES: Final = {
    "Alert": ".alert_rules",
    "AlertLevel": ".alert_rules",
    "AlertManager": ".alert_manager",
    "AlertRule": ".alert_rules",
    "AlertmanagerHandler": ".alert_handlers",
    "Check": ".check_definition",
    "CheckAnswer": ".check_runner",
    "CheckError": ".check_definition",
    "CheckResult": ".check_result",
    "ConsoleHandler": ".alert_handlers",
    "DataCollection": ".monitoring_config",
    "EmailHandler": ".alert_handlers",
    "Health": ".service_health",
    "HealthReport": ".health_report",
    "MetricsHistory": ".metrics_history",
    "MonitoringConfig": ".monitoring_config",
    "MonitoringConfigError": ".monitoring_config",
    "MonitoringDashboard": ".monitoring_dashboard",
    "MonitoringExporter": ".monitoring_exporter",
    "ServiceMetrics": ".service_metrics",
    "ServiceMonitor": ".service_metrics",
    "ServiceMonitoring": ".monitoring_config",
    "SystemMetrics": ".system_metrics",
    "SystemMonitor": ".system_metrics",
    "Thresholds": ".monitoring_config",
    "ToolMetrics": ".tool_metrics",
    "ToolMonitor": ".tool_metrics",
    "ToolMonitoring": ".monitoring_config",
    "WebhookHandler": ".alert_handlers",
    "anomaly_rule": ".alert_rules",
    "http_get": ".dependency_checks",
    "loop_lag": ".event_loop_lag",
    "probe_snippets": ".rendered_probes",
    "sql_ping": ".dependency_checks",
    "tcp": ".dependency_checks",
    "threshold_rules": ".alert_rules",
}

__all__ = [
    "Alert",
    "AlertLevel",
    "AlertManager",
    "AlertRule",
    "AlertmanagerHandler",
    "Check",
    "CheckAnswer",
    "CheckError",
    "CheckResult",
    "ConsoleHandler",
    "DataCollection",
    "EmailHandler",
    "Health",
    "HealthReport",
    "MetricsHistory",
    "MonitoringConfig",
    "MonitoringConfigError",
    "MonitoringDashboard",
    "MonitoringExporter",
    "ServiceMetrics",
    "ServiceMonitor",
    "ServiceMonitoring",
    "SystemMetrics",
    "SystemMonitor",
    "Thresholds",
    "ToolMetrics",
    "ToolMonitor",
    "ToolMonitoring",
    "WebhookHandler",
    "anomaly_rule",
    "http_get",
    "loop_lag",
    "probe_snippets",
    "sql_ping",
    "tcp",
    "threshold_rules",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
