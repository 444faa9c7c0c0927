"""Reports failing requests to Sentry: only on the error path, a few of each kind, without secrets.

Without the extra `sentry`, or without a DSN, nothing is imported and nothing is reported.
"""

from .reporter import BeforeSend, Reporter, UserId, init

__all__ = ["BeforeSend", "Reporter", "UserId", "init"]
