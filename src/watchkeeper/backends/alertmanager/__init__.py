"""Alertmanager: its configuration and the texts that people read."""

from watchkeeper.backends.alertmanager.config import render

__all__ = ["render"]
