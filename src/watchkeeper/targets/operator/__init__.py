"""The Prometheus operator's objects: rules, scrapes, Alertmanager's configuration, dashboards, and a kustomization."""

from watchkeeper.targets.operator.operator_files import render

__all__ = ["render"]
