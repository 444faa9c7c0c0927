"""Alertmanager: its configuration and the notification texts."""

from watchkeeper.backends.alertmanager.config import render

__all__ = ["render"]
