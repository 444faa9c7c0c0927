"""Silences of Alertmanager, compared with the alerts that exist."""
