"""Reports failing requests to Sentry: on the error path only, a few of each kind, without secrets.

Without the extra `sentry`, or without a DSN, nothing is loaded and nothing is reported.
"""

from .reporter import BeforeSend, Reporter, UserId, init

__all__ = ["BeforeSend", "Reporter", "UserId", "init"]
