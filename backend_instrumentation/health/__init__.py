"""Health of a service, seen from inside: checks, probes, metrics, alerts and history on one machine.

Importing this package loads nothing else; each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..lazy_names import lazy_names

if TYPE_CHECKING:
    from .alerts.alert_handlers import AlertmanagerHandler, ConsoleHandler, EmailHandler, WebhookHandler
    from .alerts.alert_manager import AlertManager
    from .alerts.alert_rules import Alert, AlertLevel, AlertRule, anomaly_rule, threshold_rules
    from .checks.check_definition import Check, CheckError
    from .checks.check_result import CheckResult
    from .checks.check_runner import CheckAnswer
    from .checks.dependency_checks import http_get, sql_ping, tcp
    from .checks.event_loop_lag import loop_lag
    from .monitoring.metrics_history import MetricsHistory
    from .monitoring.monitoring_dashboard import MonitoringDashboard
    from .monitoring.monitoring_exporter import MonitoringExporter
    from .monitoring.service_metrics import ServiceMetrics, ServiceMonitor
    from .monitoring.system_metrics import SystemMetrics, SystemMonitor
    from .monitoring.tool_metrics import ToolMetrics, ToolMonitor
    from .monitoring_config import (
        DataCollection,
        MonitoringConfig,
        MonitoringConfigError,
        ServiceMonitoring,
        Thresholds,
        ToolMonitoring,
    )
    from .probes.health_report import HealthReport
    from .probes.rendered_probes import probe_snippets
    from .service_health import Health

_HOMES: Final = {
    "Alert": ".alerts.alert_rules",
    "AlertLevel": ".alerts.alert_rules",
    "AlertManager": ".alerts.alert_manager",
    "AlertRule": ".alerts.alert_rules",
    "AlertmanagerHandler": ".alerts.alert_handlers",
    "Check": ".checks.check_definition",
    "CheckAnswer": ".checks.check_runner",
    "CheckError": ".checks.check_definition",
    "CheckResult": ".checks.check_result",
    "ConsoleHandler": ".alerts.alert_handlers",
    "DataCollection": ".monitoring_config",
    "EmailHandler": ".alerts.alert_handlers",
    "Health": ".service_health",
    "HealthReport": ".probes.health_report",
    "MetricsHistory": ".monitoring.metrics_history",
    "MonitoringConfig": ".monitoring_config",
    "MonitoringConfigError": ".monitoring_config",
    "MonitoringDashboard": ".monitoring.monitoring_dashboard",
    "MonitoringExporter": ".monitoring.monitoring_exporter",
    "ServiceMetrics": ".monitoring.service_metrics",
    "ServiceMonitor": ".monitoring.service_metrics",
    "ServiceMonitoring": ".monitoring_config",
    "SystemMetrics": ".monitoring.system_metrics",
    "SystemMonitor": ".monitoring.system_metrics",
    "Thresholds": ".monitoring_config",
    "ToolMetrics": ".monitoring.tool_metrics",
    "ToolMonitor": ".monitoring.tool_metrics",
    "ToolMonitoring": ".monitoring_config",
    "WebhookHandler": ".alerts.alert_handlers",
    "anomaly_rule": ".alerts.alert_rules",
    "http_get": ".checks.dependency_checks",
    "loop_lag": ".checks.event_loop_lag",
    "probe_snippets": ".probes.rendered_probes",
    "sql_ping": ".checks.dependency_checks",
    "tcp": ".checks.dependency_checks",
    "threshold_rules": ".alerts.alert_rules",
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

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
