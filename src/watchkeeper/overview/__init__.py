"""Objectives, alerts, targets and notifications of any Prometheus and Alertmanager, at one moment."""
