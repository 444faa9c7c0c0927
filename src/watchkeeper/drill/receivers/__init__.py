"""Drills of receivers: one marked message to each through the running Alertmanager, and a ledger of the outcomes."""
