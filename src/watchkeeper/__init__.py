"""Monitoring as code: one spec file in, a proven Prometheus, Alertmanager, Grafana and Jaeger stack out."""

__version__ = "0.1.0"
