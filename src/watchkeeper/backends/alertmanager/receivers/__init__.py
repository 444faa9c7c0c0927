"""Alertmanager's settings of each kind of receiver, one file a kind."""
